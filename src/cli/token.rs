//! `saluran token`: makes bearer tokens, and says what is in one.

use std::io::{self, Read, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Map, Value};

use crate::auth::{Claims, Keeper, Tokens, issue, unix_now};
use crate::config::{self, App, Config, Source, nearest};

use super::inspection::report;
use super::serve::fail;

/// As `sysexits.h` has them: a wrong command line or configuration; input that cannot be read; a
/// system that gives no thread.
const USAGE: u8 = 64;
const NO_INPUT: u8 = 66;
const SYSTEM: u8 = 71;

/// Bytes of standard input that are worth reading: more than any token has.
const INPUT: u64 = 64 * 1024;

#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  saluran token --role operator --sub 7 --name \"Zoë\"
  saluran token --role machine --sub rvm-17 --ttl 365d --claim rvm_id=17
  saluran token --role operator --sub 7 --ttl 12h --claim laptop_id=3 --claim 'teams=[\"a\",\"b\"]'
  curl -H \"Authorization: Bearer $(saluran token --role admin --sub 1 --ttl 5m)\" …
  saluran token --sub 7 | saluran token inspect -

The token is all that is printed. It is signed with secret or private_key of [app.tokens] in the
configuration, and says iss and aud as configured there. Whoever has it is who it says, until it
expires: make it short-lived, and hand it on over a safe way."
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    new: New,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Say what is in a token and whether it holds; exit code 1 if it does not
    #[command(after_help = "Examples:
  saluran token inspect eyJhbGciOi…
  pbpaste | saluran token inspect -

A token on the command line can be seen by other users of this machine; one from standard input
cannot. The network is used only where keys or opaque tokens are looked up at a URL.")]
    Inspect {
        /// The token; `-` or nothing reads it from standard input
        token: Option<String>,
        /// Id of the app; needed when several are configured
        #[arg(long, value_name = "ID")]
        app: Option<String>,
    },
}

/// What a new token says.
#[derive(Debug, Args)]
struct New {
    /// Who it is about: the id of a user or a machine
    #[arg(long, value_name = "ID")]
    sub: Option<String>,
    /// A role of the subject, as channels.toml declares it; repeat for more
    #[arg(long, value_name = "ROLE")]
    role: Vec<String>,
    /// How long it lives: 90s, 5m, 12h, 30d
    #[arg(long, value_name = "TIME", default_value = "12h", value_parser = humantime::parse_duration)]
    ttl: Duration,
    /// A further claim, as JSON where it is that and as text otherwise; repeat for more
    #[arg(long = "claim", value_name = "NAME=VALUE")]
    claims: Vec<String>,
    /// What people call the subject
    #[arg(long)]
    name: Option<String>,
    /// Id of the app; needed when several are configured
    #[arg(long, value_name = "ID")]
    app: Option<String>,
}

/// Prints a new token, or what is in one.
pub(super) fn run(arguments: &Arguments, path: Option<&Path>) -> ExitCode {
    let config = match config::load(Source::from(path), config::environment()) {
        Ok(loaded) => loaded.config,
        Err(error) => return fail(USAGE, &error),
    };
    match &arguments.verb {
        None => match make(&arguments.new, &config, unix_now()) {
            Ok(token) => print(&format!("{token}\n"), ExitCode::SUCCESS),
            Err(reason) => fail(USAGE, &reason),
        },
        Some(Verb::Inspect { token, app }) => {
            let tokens = match tokens(&config.apps, app.as_deref()) {
                Ok((_, tokens)) => tokens,
                Err(reason) => return fail(USAGE, &reason),
            };
            match read(token.as_deref()) {
                Ok(token) if token.is_empty() => fail(USAGE, &"no token was given"),
                Ok(token) => inspect(&token, tokens),
                Err(error) => fail(NO_INPUT, &format!("cannot read a token from standard input: {error}")),
            }
        }
    }
}

/// A token as it was asked for; or else what is wrong with that.
fn make(new: &New, config: &Config, now: u64) -> Result<String, String> {
    let (app, tokens) = tokens(&config.apps, new.app.as_deref())?;
    let subject = new.sub.clone().ok_or("say who the token is about, with --sub")?;
    if !(1..=SUBJECT_CHARACTERS).contains(&subject.chars().count()) {
        return Err(format!("--sub takes 1 to {SUBJECT_CHARACTERS} characters"));
    }
    for role in &new.role {
        check_role(role, config)?;
    }
    let claims = Claims {
        subject,
        name: new.name.clone(),
        roles: new.role.clone(),
        lifetime: lifetime(new.ttl)?,
        extra: extra(&new.claims, &tokens.roles_claim)?,
    };
    let token = issue(tokens, &claims, now).map_err(|reason| format!("app {}: {reason}", app.id))?;
    if token.len() > TOKEN_BYTES {
        return Err(format!("a token of {} bytes would be refused; {TOKEN_BYTES} are allowed", token.len()));
    }
    Ok(token)
}

/// What a checker takes: characters of a subject, bytes of a token.
const SUBJECT_CHARACTERS: usize = 200;
const TOKEN_BYTES: usize = 8 * 1024;

/// The app that is named, or the only one, and how its tokens are checked.
fn tokens<'a>(apps: &'a [App], id: Option<&str>) -> Result<(&'a App, &'a config::Tokens), String> {
    let known = || apps.iter().map(|app| app.id.as_str()).collect::<Vec<_>>().join(", ");
    let app = match (apps, id) {
        ([only], None) => only,
        (_, None) => return Err(format!("there are several apps: say which with --app ({})", known())),
        (_, Some(id)) => apps
            .iter()
            .find(|app| app.id.as_str() == id)
            .ok_or_else(|| format!("no app {id:?} is configured; there are: {}", known()))?,
    };
    let missing = || {
        format!(
            "app {} takes no tokens: add an [app.tokens] table to it, with secret = \"…\" or secret_file = \"…\" \
             (or algorithm with public_key and private_key). `saluran check --keys` lists its keys.",
            app.id
        )
    };
    Ok((app, app.tokens.as_ref().ok_or_else(missing)?))
}

/// Whether tokens may carry a role; what to do when it is not declared.
pub(super) fn check_role(role: &str, config: &Config) -> Result<(), String> {
    let names = || config.roles.iter().map(|role| role.name.as_str());
    if names().any(|name| name == role) {
        return Ok(());
    }
    let advice = match nearest(role, names()) {
        Some(near) => format!("did you mean {near:?}?"),
        None if config.roles.is_empty() => "declare it with [[role]]".to_owned(),
        None => format!("there are: {}", names().collect::<Vec<_>>().join(", ")),
    };
    Err(format!("no role {role:?} is declared; {advice}"))
}

/// Whole seconds, at least one.
fn lifetime(ttl: Duration) -> Result<u64, String> {
    if ttl.as_secs() == 0 { Err("--ttl takes a second or more".to_owned()) } else { Ok(ttl.as_secs()) }
}

/// Further claims, none of which has a flag of its own.
fn extra(arguments: &[String], roles_claim: &str) -> Result<Map<String, Value>, String> {
    let mut claims = Map::new();
    for argument in arguments {
        let (name, value) = argument
            .split_once('=')
            .filter(|(name, _)| !name.is_empty())
            .ok_or_else(|| format!("--claim takes NAME=VALUE, not {argument:?}"))?;
        if let Some(instead) = reserved(name, roles_claim) {
            return Err(format!("--claim {name}=… is not for that: {instead}"));
        }
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
        if claims.insert(name.to_owned(), value).is_some() {
            return Err(format!("--claim {name}=… was given twice"));
        }
    }
    Ok(claims)
}

/// What to use for a claim that is not free.
fn reserved(name: &str, roles_claim: &str) -> Option<&'static str> {
    match name {
        "sub" => Some("use --sub"),
        "name" => Some("use --name"),
        "exp" => Some("use --ttl"),
        "iat" => Some("it is the time of issuing"),
        "nbf" => Some("a token counts from its issuing on"),
        "iss" => Some("set issuer in [app.tokens]"),
        "aud" => Some("set audience in [app.tokens]"),
        _ if name == roles_claim => Some("use --role"),
        _ => None,
    }
}

/// The token that is given, or the one on standard input.
fn read(token: Option<&str>) -> io::Result<String> {
    match token {
        Some(token) if token != "-" => Ok(token.trim().to_owned()),
        _ => {
            let mut text = String::new();
            io::stdin().take(INPUT).read_to_string(&mut text)?;
            Ok(text.trim().to_owned())
        }
    }
}

fn inspect(token: &str, config: &config::Tokens) -> ExitCode {
    let (keeper, _thread) = match Keeper::start() {
        Ok(started) => started,
        Err(error) => return fail(SYSTEM, &error),
    };
    let tokens = match Tokens::new(config, &keeper, Default::default()) {
        Ok(tokens) => tokens,
        Err(error) => return fail(USAGE, &format!("the keys of [app.tokens] cannot be used: {error}")),
    };
    let inspection = actix_rt::System::new().block_on(tokens.inspect(token));
    let code = if inspection.verdict.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    print(&report(&inspection, unix_now()), code)
}

fn print(text: &str, code: ExitCode) -> ExitCode {
    // Whoever closed our output has seen enough, but must not take it for the whole.
    if io::stdout().write_all(text.as_bytes()).is_ok() { code } else { ExitCode::FAILURE }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::auth::Inspection;
    use crate::config::contract::model::Role;
    use crate::config::{Secret, TokenKeys};
    use crate::protocol::AppId;

    /// One app with HS256 tokens, and two roles.
    fn config() -> Config {
        let mut app = App::new(AppId::parse("1001").unwrap(), "key", "secret");
        app.tokens = Some(config::Tokens {
            keys: Some(TokenKeys::Secret(Secret::new("a secret of the tests, long enough"))),
            private_key: None,
            issuer: Some("https://id.test".to_owned()),
            audience: Some("saluran".to_owned()),
            leeway: Duration::ZERO,
            roles_claim: "groups".to_owned(),
            user_info: Vec::new(),
            watchlist_claim: "watchlist".to_owned(),
            introspection: None,
            timeout: Duration::from_secs(5),
            revoke: Vec::new(),
        });
        let role = |name: &str| Role { name: name.to_owned(), includes: Vec::new() };
        Config { apps: vec![app], roles: vec![role("operator"), role("technician")], ..Config::default() }
    }

    fn new() -> New {
        New {
            sub: Some("7".to_owned()),
            role: vec!["operator".to_owned(), "technician".to_owned()],
            ttl: Duration::from_secs(3600),
            claims: vec!["laptop_id=3".to_owned(), r#"x={"a":1}"#.to_owned(), "site=a=b".to_owned()],
            name: Some("Zoë".to_owned()),
            app: None,
        }
    }

    fn inspected(config: &Config, token: &str) -> Inspection {
        let (keeper, _thread) = Keeper::start().unwrap();
        let tokens = Tokens::new(config.apps[0].tokens.as_ref().unwrap(), &keeper, Default::default()).unwrap();
        actix_rt::System::new().block_on(tokens.inspect(token))
    }

    #[test]
    fn a_new_token_says_what_was_asked_for_and_holds() {
        let config = config();
        let now = unix_now();
        let inspection = inspected(&config, &make(&new(), &config, now).unwrap());
        let claims = json!({
            "sub": "7", "name": "Zoë", "groups": ["operator", "technician"], "iss": "https://id.test",
            "aud": "saluran", "iat": now, "exp": now + 3600, "laptop_id": 3, "x": { "a": 1 }, "site": "a=b"
        });
        assert_eq!(inspection.claims, Some(claims));
        let text = report(&inspection, now);
        assert!(text.starts_with("header {") && text.contains("\nclaims {"), "{text}");
        assert!(text.ends_with(" (in 1h)\n") && text.contains("\nvalid until "), "{text}");
    }

    #[test]
    fn a_token_that_is_over_or_forged_is_said_to_be() {
        let config = config();
        let now = unix_now();
        let old = make(&new(), &config, now - 25 * 3600).unwrap();
        let text = report(&inspected(&config, &old), now);
        assert!(text.contains("\nnot valid: the token has expired, 20") && text.ends_with(" (1day ago)\n"), "{text}");
        let forged = format!("{}A", &make(&new(), &config, now).unwrap());
        let text = report(&inspected(&config, &forged), now);
        assert!(text.contains("\"laptop_id\": 3"), "what it says is shown all the same: {text}");
        assert!(text.ends_with("\nnot valid: the token's signature does not hold\n"), "{text}");
        let text = report(&inspected(&config, "rubbish"), now);
        assert_eq!(text, "not valid: the token is not a JSON Web Token\n");
    }

    #[test]
    fn mistakes_are_said_with_what_to_do() {
        let config = config();
        let with = |change: fn(&mut New)| {
            let mut new = new();
            change(&mut new);
            make(&new, &config, 0).unwrap_err()
        };
        let says = |text: String, parts: &[&str]| assert!(parts.iter().all(|part| text.contains(part)), "{text}");
        says(with(|new| new.role.push("operater".to_owned())), &["\"operater\"", "did you mean \"operator\"?"]);
        says(with(|new| new.role.push("pope".to_owned())), &["\"pope\"", "operator, technician"]);
        says(with(|new| new.sub = None), &["--sub"]);
        says(with(|new| new.sub = Some(String::new())), &["--sub", "1 to 200"]);
        says(with(|new| new.ttl = Duration::from_millis(999)), &["--ttl"]);
        says(with(|new| new.claims = vec!["a".to_owned()]), &["NAME=VALUE", "\"a\""]);
        says(with(|new| new.claims = vec!["=a".to_owned()]), &["NAME=VALUE"]);
        says(with(|new| new.claims = vec!["a=1".to_owned(), "a=2".to_owned()]), &["a=…", "twice"]);
        says(with(|new| new.claims = vec![format!("a={}", "x".repeat(8192))]), &["8192 are allowed"]);
        says(with(|new| new.app = Some("7".to_owned())), &["\"7\"", "1001"]);
        for (name, instead) in [
            ("sub", "--sub"),
            ("name", "--name"),
            ("exp", "--ttl"),
            ("iat", "issuing"),
            ("nbf", "issuing"),
            ("iss", "issuer"),
            ("aud", "audience"),
            ("groups", "--role"),
        ] {
            says(extra(&[format!("{name}=1")], "groups").unwrap_err(), &[name, instead]);
        }
        let mut none = config.clone();
        none.apps[0].tokens = None;
        says(make(&new(), &none, 0).unwrap_err(), &["1001", "[app.tokens]", "secret"]);
        let mut others = config.clone();
        others.apps[0].tokens.as_mut().unwrap().keys = None;
        says(make(&new(), &others, 0).unwrap_err(), &["1001", "private_key"]);
        let several = Config { apps: [config.apps.clone(), config.apps.clone()].concat(), ..config.clone() };
        says(make(&new(), &several, 0).unwrap_err(), &["--app", "1001, 1001"]);
    }
}
