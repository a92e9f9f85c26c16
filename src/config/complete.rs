//! Makes apps of drafts: nothing missing, one form of credentials, no id or key twice.

use std::collections::HashMap;

use super::apps::{AppDraft, path};
use super::contract::roles::RoleNames;
use super::files::Files;
use super::model::{App, Credential};
use super::problem::{Mistake, Place, Problem};
use super::reader::{Position, Reader};
use super::tokens;

/// A credential and where its key was given.
struct Held {
    credential: Credential,
    position: Position,
}

/// The apps, one for each draft; what was missing has been reported.
pub(super) fn complete(
    drafts: Vec<AppDraft>,
    roles: &RoleNames,
    files: &mut Files,
    reader: &mut Reader<'_>,
) -> Vec<App> {
    if drafts.is_empty() {
        report_no_app(reader);
    }
    let mut apps = Vec::with_capacity(drafts.len());
    let (mut ids, mut keys) = (Names::default(), Names::default());
    for (number, mut draft) in drafts.into_iter().enumerate() {
        let path = path(number);
        require(&draft, &path, "id", reader);
        let held = credentials(&mut draft, &path, reader);
        for held in &held {
            keys.note(&held.credential.key, &held.position, reader);
        }
        let id_path = format!("{path}.id");
        if let (Some(id), Some(place)) = (&draft.id, reader.place(&id_path)) {
            ids.note(id.as_str(), &Position { path: id_path, place }, reader);
        }
        let tokens = draft.tokens.map(|(tokens, place)| {
            let path = format!("{path}.tokens");
            tokens::complete(tokens, tokens::Surroundings { path, place, roles, files }, reader)
        });
        let id = draft.id.unwrap_or(draft.app.id);
        let credentials = held.into_iter().map(|held| held.credential).collect();
        apps.push(App { id, credentials, tokens, ..draft.app });
    }
    apps
}

fn report_no_app(reader: &mut Reader<'_>) {
    let place = reader.lines().whole();
    let first = if place == Place::Nowhere {
        "Give a file:       saluran serve --config channels.toml"
    } else {
        "Add to the file:   [[app]], and id, key and secret below it"
    };
    let example = "SALURAN_APP_ID=1001 SALURAN_APP_KEY=my-key SALURAN_APP_SECRET=my-secret saluran serve";
    let advice = format!("{first}\nor set variables:  {example}");
    reader.report(Mistake { place, key: String::new(), problem: Problem::NoApp, advice });
}

/// Reports the key `name` when nobody has given it.
fn require(draft: &AppDraft, path: &str, name: &str, reader: &mut Reader<'_>) {
    let key = format!("{path}.{name}");
    if reader.place(&key).is_some() {
        return;
    }
    let variable = format!("SALURAN_APP_{}", name.to_ascii_uppercase());
    let advice = if let Place::Variable(given) = &draft.place {
        format!("{given} declares the first app, since no file does: set {variable} too.")
    } else if path == "app[0]" {
        format!("Add {name} = \"…\", or set {variable}.")
    } else {
        format!("Add {name} = \"…\".")
    };
    reader.report(Mistake { place: draft.place.clone(), key, problem: Problem::Missing, advice });
}

/// The credentials in the form that was given. A variable's form replaces the file's other one.
fn credentials(draft: &mut AppDraft, path: &str, reader: &mut Reader<'_>) -> Vec<Held> {
    let list_path = format!("{path}.credentials");
    let at = |name: &str| reader.place(&format!("{path}.{name}"));
    let (list, key, secret) = (at("credentials"), at("key"), at("secret"));
    let is_variable = |place: &Option<Place>| matches!(place, Some(Place::Variable(_)));
    let pair_is_given = key.is_some() || secret.is_some();
    let list_wins = is_variable(&list) && !is_variable(&key) && !is_variable(&secret);
    let pair_wins = !is_variable(&list) && is_variable(&key) && is_variable(&secret);
    if list.is_some() && pair_is_given && !list_wins && !pair_wins {
        report_both_forms([secret, key, list], &list_path, reader);
        return Vec::new();
    }
    if let Some(list) = list.filter(|_| !pair_wins) {
        let pairs = draft.credentials.take().unwrap_or_default().into_iter().enumerate();
        return pairs
            .map(|(number, pair)| {
                let path = format!("{list_path}[{number}].key");
                let place = pair.offset.map_or_else(|| list.clone(), |at| reader.lines().place(at));
                Held { credential: pair.credential, position: Position { path, place } }
            })
            .collect();
    }
    require(draft, path, "key", reader);
    require(draft, path, "secret", reader);
    match (draft.key.take(), draft.secret.take(), key) {
        (Some(key), Some(secret), Some(place)) => {
            let position = Position { path: format!("{path}.key"), place };
            vec![Held { credential: Credential { key, secret }, position }]
        }
        _ => Vec::new(),
    }
}

/// `places` of secret, key and credentials; a variable among them is the one to look at.
fn report_both_forms(places: [Option<Place>; 3], path: &str, reader: &mut Reader<'_>) {
    let places: Vec<_> = places.into_iter().flatten().collect();
    let variable = places.iter().find(|place| matches!(place, Place::Variable(_)));
    let advice = match variable {
        Some(_) => {
            "SALURAN_APP_KEY and SALURAN_APP_SECRET together replace the file's credentials; \
             SALURAN_APP_CREDENTIALS replaces its key and secret."
        }
        None => "Move key and secret into credentials, or remove credentials.",
    };
    let Some(place) = variable.or_else(|| places.last()).cloned() else { return };
    let (key, advice) = (path.to_owned(), advice.to_owned());
    reader.report(Mistake { place, key, problem: Problem::BothForms, advice });
}

/// Names that must not occur twice, with where they occurred first.
#[derive(Default)]
struct Names(HashMap<String, String>);

impl Names {
    fn note(&mut self, name: &str, position: &Position, reader: &mut Reader<'_>) {
        let Position { path, place } = position;
        let Some(first) = self.0.get(name) else {
            self.0.insert(name.to_owned(), format!("{path} at {place}"));
            return;
        };
        reader.report(Mistake {
            place: place.clone(),
            key: path.clone(),
            problem: Problem::Twice { first: first.clone() },
            advice: "Ids and keys are unique among all apps; choose another.".to_owned(),
        });
    }
}
