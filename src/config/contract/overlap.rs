//! Whether it is clear for every name which declaration it belongs to.

use super::channels::ChannelDraft;
use super::meeting::Meeting;
use super::pattern::{Pattern, Relation};
use crate::config::problem::Problem;
use crate::config::reader::{Reader, Spot};
use crate::protocol::AppId;

/// A name or a twin's name of a channel.
struct Name<'d> {
    pattern: &'d Pattern,
    app: Option<&'d AppId>,
    spot: Spot,
}

impl Name<'_> {
    /// Whether some app has both; a channel without an app is every app's.
    fn meets(&self, other: &Self) -> bool {
        self.app.is_none() || other.app.is_none() || self.app == other.app
    }
}

/// Nobody reads more of these at once, and there may be as many as pairs.
const MAX_SAID: usize = 100;

/// Reports names that are declared twice, and patterns that cross.
pub(super) fn check_overlaps(drafts: &[ChannelDraft], reader: &mut Reader<'_>) {
    let names = names(drafts);
    let mut said = 0;
    for (number, later) in names.iter().enumerate() {
        for earlier in names.iter().take(number).filter(|earlier| earlier.meets(later)) {
            match later.pattern.compare(earlier.pattern) {
                Relation::Same => {
                    let first = place(earlier, reader);
                    let advice = "Put all of it into one [[channel]], or give each an app of its own.".to_owned();
                    reader.refuse(&later.spot, Problem::Twice { first }, advice);
                    break;
                }
                Relation::Crossing => said += usize::from(report_crossing(earlier, later, &names, reader)),
                Relation::Apart | Relation::Narrower | Relation::Wider => {}
            }
            if said == MAX_SAID {
                return;
            }
        }
    }
}

fn names(drafts: &[ChannelDraft]) -> Vec<Name<'_>> {
    let mut names = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let app = draft.app.as_ref().map(|app| &app.value);
        let twin = draft.twin.as_ref().and_then(|twin| twin.name.as_ref());
        for (held, key) in [(draft.name.as_ref(), "name"), (twin, "twin")] {
            let Some(held) = held else { continue };
            let spot = Spot { path: format!("{}.{key}", draft.path), part: String::new(), offset: held.offset };
            names.push(Name { pattern: &held.value, app, spot });
        }
    }
    names
}

/// Crossing patterns are in order where what both stand for is declared itself; else they are reported.
fn report_crossing(earlier: &Name<'_>, later: &Name<'_>, names: &[Name<'_>], reader: &mut Reader<'_>) -> bool {
    let Some(Meeting { common, whole }) = earlier.pattern.meet(later.pattern) else { return false };
    let decides = |name: &Name<'_>| {
        // It must be there wherever the two meet.
        let everywhere = name.app.is_none() || name.app == earlier.app.or(later.app);
        everywhere && name.pattern.compare(&common) == Relation::Same
    };
    if whole && names.iter().any(decides) {
        return false;
    }
    let advice = if whole {
        format!("Neither is narrower: declare {common} too, or change one of them.")
    } else {
        "Neither is narrower: change one of them.".to_owned()
    };
    let problem = Problem::Crossing {
        other: format!("{} ({})", earlier.pattern, place(earlier, reader)),
        name: common.example(),
    };
    reader.refuse(&later.spot, problem, advice);
    true
}

fn place(name: &Name<'_>, reader: &Reader<'_>) -> String {
    format!("{} at {}", name.spot.path, reader.place_of(&name.spot))
}
