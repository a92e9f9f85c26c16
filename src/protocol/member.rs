//! Who somebody is: `channel_data` of presence subscriptions and `user_data` of sign-ins.

use std::borrow::Cow;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::escapes::is_unicode;
use super::name::UserId;
use super::object::object;

/// Characters of a signed-in user's id; the user channel's name holds as many.
const USER_ID_CHARACTERS: usize = 200;

/// What others learn of a user: a JSON object as the app wrote it, or nothing.
pub type UserInfo = Option<Arc<str>>;

/// A user on a presence channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Counted once, however many connections.
    pub id: UserId,
    /// Shown to the other members.
    pub info: UserInfo,
}

/// Bounds for a presence member, from the app's limits.
#[derive(Debug, Clone, Copy)]
pub struct MemberLimits {
    /// Characters of the id.
    pub id_characters: usize,
    /// Bytes of the info.
    pub info_bytes: usize,
}

/// Why `channel_data` names no member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMember {
    /// Absent, not JSON, not an object, or without a usable `user_id`.
    #[error("it must be a JSON object whose user_id is a non-empty string or an integer")]
    Unusable,
    /// An id with more characters than allowed.
    #[error("user_id is longer than {allowed} characters")]
    IdTooLong {
        /// Characters allowed.
        allowed: usize,
    },
    /// `user_info` is neither an object nor null.
    #[error("user_info supplied to presence subscription is invalid - if supplied it must be a type of hash")]
    InfoType,
    /// `user_info` with half a surrogate pair, on which other members' clients fail.
    #[error("user_info contains an unpaired surrogate escape; send valid Unicode")]
    InfoNotUnicode,
    /// More bytes than allowed.
    #[error("user_info is larger than {allowed} bytes")]
    InfoTooLong {
        /// Bytes allowed.
        allowed: usize,
    },
}

#[derive(Deserialize)]
struct ChannelData<'a> {
    #[serde(borrow)]
    user_id: Option<&'a RawValue>,
    #[serde(borrow)]
    user_info: Option<&'a RawValue>,
}

impl Member {
    /// Reads `channel_data`.
    ///
    /// `7` and `"7"` are the same member; integers keep all their digits.
    ///
    /// # Errors
    /// When there is no usable id, or the info has the wrong type or size.
    ///
    /// Source: protocol reference, section 2.9.
    pub fn parse(channel_data: &str, limits: MemberLimits) -> Result<Self, InvalidMember> {
        let data: ChannelData<'_> = object(channel_data).map_err(|_| InvalidMember::Unusable)?;
        let id = data.user_id.and_then(|raw| id_text(raw.get())).ok_or(InvalidMember::Unusable)?;
        let id = UserId::parse(&id, usize::MAX).map_err(|_| InvalidMember::Unusable)?;
        let info = match data.user_info.map(RawValue::get) {
            Some(text) if !text.starts_with('{') => return Err(InvalidMember::InfoType),
            Some(text) if !is_unicode(text) => return Err(InvalidMember::InfoNotUnicode),
            info => info.map(Arc::from),
        };
        Self { id, info }.within(limits)
    }

    /// Somebody who signed in, as a member; the bounds are those of `parse`.
    ///
    /// # Errors
    /// When the id or the info is too long for a member.
    pub fn of(user: &User, limits: MemberLimits) -> Result<Self, InvalidMember> {
        Self { id: user.id.clone(), info: user.info.clone() }.within(limits)
    }

    fn within(self, limits: MemberLimits) -> Result<Self, InvalidMember> {
        let MemberLimits { id_characters, info_bytes } = limits;
        if UserId::parse(self.id.as_str(), id_characters).is_err() {
            return Err(InvalidMember::IdTooLong { allowed: id_characters });
        }
        if self.info.as_deref().is_some_and(|text| text.len() > info_bytes) {
            return Err(InvalidMember::InfoTooLong { allowed: info_bytes });
        }
        Ok(self)
    }
}

/// The canonical text of an id: a non-empty string's content or an integer's digits.
fn id_text(raw: &str) -> Option<Cow<'_, str>> {
    if raw.starts_with('"') {
        return serde_json::from_str::<Cow<'_, str>>(raw).ok().filter(|id| !id.is_empty());
    }
    let digits = raw.strip_prefix('-').unwrap_or(raw);
    (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then_some(Cow::Borrowed(raw))
}

/// Somebody who signed in on a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Who it is.
    pub id: UserId,
    /// Becomes the member's info on presence channels without `channel_data`.
    pub info: UserInfo,
    /// Whose coming and going this user is told of, as sent; the caller applies the bound.
    pub watchlist: Vec<UserId>,
}

/// Why `user_data` is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUser {
    /// Not JSON or not an object.
    #[error("user_data must be a JSON object")]
    NotAnObject,
    /// `id` is absent, empty, too long or not a string.
    #[error("user_data.id must be a string of 1 to 200 characters")]
    Id,
    /// `user_info` is neither an object nor null.
    #[error("user_data.user_info must be a JSON object")]
    Info,
    /// `user_info` with half a surrogate pair, on which other members' clients fail.
    #[error("user_data.user_info contains an unpaired surrogate escape; send valid Unicode")]
    InfoNotUnicode,
    /// `watchlist` is not a list of non-empty strings.
    #[error("user_data.watchlist must be a list of user ids")]
    Watchlist,
}

#[derive(Deserialize)]
struct UserData<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    user_info: Option<&'a RawValue>,
    #[serde(borrow)]
    watchlist: Option<&'a RawValue>,
}

impl User {
    /// Reads `user_data`.
    ///
    /// # Errors
    /// Which part is unusable.
    ///
    /// Source: protocol reference, section 2.14.
    pub fn parse(user_data: &str) -> Result<Self, InvalidUser> {
        let data: UserData<'_> = object(user_data).map_err(|_| InvalidUser::NotAnObject)?;
        let id = data.id.and_then(|raw| serde_json::from_str::<Cow<'_, str>>(raw.get()).ok()).ok_or(InvalidUser::Id)?;
        let id = UserId::parse(&id, USER_ID_CHARACTERS).map_err(|_| InvalidUser::Id)?;
        let info = match data.user_info.map(RawValue::get) {
            Some(text) if !text.starts_with('{') => return Err(InvalidUser::Info),
            Some(text) if !is_unicode(text) => return Err(InvalidUser::InfoNotUnicode),
            info => info.map(Arc::from),
        };
        let watched: Vec<Cow<'_, str>> = match data.watchlist {
            Some(raw) => serde_json::from_str(raw.get()).map_err(|_| InvalidUser::Watchlist)?,
            None => Vec::new(),
        };
        let watchlist = watched.iter().map(|id| UserId::parse(id, USER_ID_CHARACTERS)).collect::<Result<_, _>>();
        Ok(Self { id, info, watchlist: watchlist.map_err(|_| InvalidUser::Watchlist)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: MemberLimits = MemberLimits { id_characters: 128, info_bytes: 16 };

    fn id(channel_data: &str) -> Result<String, InvalidMember> {
        Member::parse(channel_data, LIMITS).map(|member| member.id.as_str().to_owned())
    }

    /// C-103, C-104.
    #[test]
    fn integers_are_ids_with_all_their_digits() {
        assert_eq!(id(r#"{"user_id":7}"#).unwrap(), id(r#"{"user_id":"7"}"#).unwrap());
        assert_eq!(id(r#"{"user_id":9007199254740993}"#).unwrap(), "9007199254740993");
    }

    /// C-105, C-106, C-109.
    #[test]
    fn other_ids_are_refused() {
        for odd in ["true", "1.5", "null", "{}", "\"\"", "1e3", "[1]"] {
            assert_eq!(id(&format!(r#"{{"user_id":{odd}}}"#)), Err(InvalidMember::Unusable), "{odd}");
        }
        for odd in ["", "7", "[7]", "{", "{}", "nonsense"] {
            assert_eq!(id(odd), Err(InvalidMember::Unusable), "{odd}");
        }
        assert!(id(&format!(r#"{{"user_id":"{}"}}"#, "a".repeat(128))).is_ok());
        assert!(id(&format!(r#"{{"user_id":"{}"}}"#, "a".repeat(129))).is_err());
    }

    /// C-107, C-108.
    #[test]
    fn info_is_an_object_or_nothing() {
        let info =
            |text: &str| Member::parse(&format!(r#"{{"user_id":"1","user_info":{text}}}"#), LIMITS).map(|m| m.info);
        assert_eq!(info("null"), Ok(None));
        assert_eq!(info(r#"{"a":1}"#), Ok(Some(r#"{"a":1}"#.into())));
        assert_eq!(info("\"x\""), Err(InvalidMember::InfoType));
        assert_eq!(info("[]"), Err(InvalidMember::InfoType));
        assert_eq!(info(r#"{"a":"0123456789"}"#), Err(InvalidMember::InfoTooLong { allowed: 16 }));
    }

    #[test]
    fn half_a_surrogate_pair_would_spoil_the_list_of_members() {
        let half = r#"{"user_id":"1","id":"1","user_info":{"n":"\ud83d"}}"#;
        assert_eq!(Member::parse(half, LIMITS), Err(InvalidMember::InfoNotUnicode));
        assert_eq!(User::parse(half), Err(InvalidUser::InfoNotUnicode));
    }

    #[test]
    fn who_signed_in_is_a_member_within_the_same_bounds() {
        let of = |user_data: &str| Member::of(&User::parse(user_data).unwrap(), LIMITS).map(|member| member.id);
        assert_eq!(of(r#"{"id":"1","user_info":{"a":"01234567"}}"#).unwrap().as_str(), "1");
        assert_eq!(of(r#"{"id":"1","user_info":{"a":"0123456789"}}"#), Err(InvalidMember::InfoTooLong { allowed: 16 }));
        assert_eq!(of(&format!(r#"{{"id":"{}"}}"#, "a".repeat(129))), Err(InvalidMember::IdTooLong { allowed: 128 }));
    }

    /// C-143.
    #[test]
    fn a_user_has_a_string_id() {
        assert!(User::parse(r#"{"id":"ą§¶"}"#).is_ok());
        for odd in [r#"{"id":42}"#, r#"{"id":""}"#, "{}", r#"{"id":null}"#] {
            assert_eq!(User::parse(odd), Err(InvalidUser::Id), "{odd}");
        }
        assert_eq!(User::parse("[]"), Err(InvalidUser::NotAnObject));
        assert_eq!(User::parse(r#"{"id":"1","watchlist":[1]}"#), Err(InvalidUser::Watchlist));
        let user = User::parse(r#"{"id":"1","watchlist":["7","8"]}"#).unwrap();
        assert_eq!(user.watchlist.len(), 2);
    }
}
