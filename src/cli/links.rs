//! `saluran links`: who signs in where, as links and QR codes.

use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use awc::http::Uri;
use clap::{Args, ValueEnum};
use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};
use serde_json::{Map, Value};

use crate::auth::{Claims, issue, unix_now};
use crate::config::{self, App, Config, Source};
use crate::discovery::addresses;

use super::client::reachable;
use super::nearby::gateway;
use super::serve::fail;
use super::token::check_role;

/// As `sysexits.h` has it: a wrong command line or configuration.
const USAGE: u8 = 64;

/// Lanes of the contest.
const LANES: u8 = 8;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  saluran links                        judge, viewers and all eight cameras
  saluran links --qr --role viewer     a QR code for the audience's phones
  saluran links --role judge --ttl 4h --base http://192.168.43.7:6001

A link signs in whoever has it until it expires. It is printed on standard output and nowhere else;
what stands behind the # is never sent to a server by a browser. Tokens are signed with the secret
of [app.tokens]; cameras that send to the gateway need the key of their lane where [gateway] keys
has any.")]
pub(super) struct Arguments {
    /// Whose links; repeat for more [default: all]
    #[arg(long, value_enum)]
    role: Vec<Role>,
    /// How long they sign in: 90m, 12h, 2d
    #[arg(long, value_name = "TIME", default_value = "12h", value_parser = humantime::parse_duration)]
    ttl: Duration,
    /// Where others reach the broker [default: the likeliest address of this machine]
    #[arg(long, value_name = "URL")]
    base: Option<String>,
    /// Show the links of judge and viewers as QR codes too
    #[arg(long)]
    qr: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Role {
    /// Starts and stops runs
    Judge,
    /// Watches
    Viewer,
    /// Sends the points of one lane
    Camera,
}

impl Role {
    const fn name(self) -> &'static str {
        match self {
            Self::Judge => "judge",
            Self::Viewer => "viewer",
            Self::Camera => "camera",
        }
    }
}

/// Prints the links.
pub(super) fn run(arguments: &Arguments, path: Option<&Path>) -> ExitCode {
    let config = match config::load(Source::from(path), config::environment()) {
        Ok(loaded) => loaded.config,
        Err(error) => return fail(USAGE, &error),
    };
    match text(arguments, &config, unix_now()) {
        // Whoever closed our output has seen enough, but must not take it for the whole.
        Ok(text) if io::stdout().write_all(text.as_bytes()).is_ok() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(reason) => fail(USAGE, &reason),
    }
}

fn text(arguments: &Arguments, config: &Config, now: u64) -> Result<String, String> {
    let bases = Bases::new(arguments.base.as_deref(), config)?;
    let roles: &[Role] =
        if arguments.role.is_empty() { &[Role::Judge, Role::Viewer, Role::Camera] } else { &arguments.role };
    let mut text = String::new();
    for role in roles {
        check_role(role.name(), config)?;
        match role {
            Role::Judge | Role::Viewer => {
                let page = if *role == Role::Judge { "judge" } else { "contest" };
                let token = token(config, *role, None, arguments.ttl, now)?;
                let link = format!("{}/{page}/#token={token}", bases.main);
                text += &format!("{:<9}{link}\n", role.name());
                if arguments.qr {
                    text += &code(&link, io::stdout().is_terminal())?;
                }
            }
            Role::Camera => {
                for lane in 1..=LANES {
                    let token = token(config, *role, Some(lane), arguments.ttl, now)?;
                    text += &camera(&bases, config, lane, &token);
                }
            }
        }
    }
    Ok(text)
}

/// Where the gateway takes the lane's points, and the token with which they may be published instead.
fn camera(bases: &Bases, config: &Config, lane: u8, token: &str) -> String {
    let mut text = String::new();
    if let Some(gateway) = &bases.gateway {
        let key = config.gateway.keys.get(usize::from(lane) - 1);
        let query = key.map(|key| {
            let mut query = form_urlencoded::Serializer::new(String::new());
            format!("/?{}", query.append_pair("key", key.expose()).finish())
        });
        let query = query.unwrap_or_else(|| "/".to_owned());
        text += &format!("lane {lane}   {gateway}{query}\n");
    }
    text + &format!("lane {lane}   token {token}\n")
}

/// A new token; of a camera it is for one lane.
fn token(config: &Config, role: Role, lane: Option<u8>, ttl: Duration, now: u64) -> Result<String, String> {
    let app: &App = config.apps.first().ok_or("no app is configured")?;
    let tokens = app.tokens.as_ref().ok_or_else(|| {
        format!("app {} takes no tokens: add an [app.tokens] table to it. `saluran token --help` says more.", app.id)
    })?;
    if ttl.as_secs() == 0 {
        return Err("--ttl takes a second or more".to_owned());
    }
    let name = role.name();
    let claims = Claims {
        subject: lane.map_or_else(|| name.to_owned(), |lane| format!("{name}-{lane}")),
        name: None,
        roles: vec![name.to_owned()],
        lifetime: ttl.as_secs(),
        extra: lane.map(|lane| ("laptop_id".to_owned(), Value::from(lane))).into_iter().collect::<Map<_, _>>(),
    };
    issue(tokens, &claims, now).map_err(|reason| format!("app {}: {reason}", app.id))
}

/// Beginnings of links, without a slash at the end.
#[derive(Debug, PartialEq, Eq)]
struct Bases {
    main: String,
    gateway: Option<String>,
}

impl Bases {
    fn new(given: Option<&str>, config: &Config) -> Result<Self, String> {
        let server = &config.server;
        let likeliest = |listener: SocketAddr| {
            let ip = addresses(listener.ip()).first().map_or_else(|| reachable(listener.ip()), |address| address.ip);
            SocketAddr::new(ip, listener.port())
        };
        let Some(given) = given else {
            let main = likeliest(SocketAddr::new(server.host, server.port));
            let gateway = gateway(config).map(|gateway| format!("ws://{}", likeliest(gateway)));
            return Ok(Self { main: format!("http://{main}{}", server.path_prefix), gateway });
        };
        let uri: Option<Uri> = given.parse().ok();
        let is_web = |uri: &Uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.query().is_none();
        let uri =
            uri.filter(is_web).ok_or_else(|| format!("--base takes http://HOST:PORT or https://…, not {given:?}"))?;
        let host = uri.host().ok_or_else(|| format!("--base takes a URL with a host, not {given:?}"))?;
        let gateway = gateway(config).map(|gateway| format!("ws://{host}:{}", gateway.port()));
        Ok(Self { main: given.trim_end_matches('/').to_owned(), gateway })
    }
}

/// The link for a phone's camera, two dots to a character. On a terminal it is black on white, whatever
/// colours that has.
fn code(link: &str, is_terminal: bool) -> Result<String, String> {
    let code = QrCode::with_error_correction_level(link, EcLevel::L)
        .map_err(|error| format!("the link does not fit a QR code: {error}"))?;
    let image = code.render::<Dense1x2>().build();
    let paint = |line: &str| if is_terminal { format!("\x1b[30;107m{line}\x1b[0m\n") } else { format!("{line}\n") };
    Ok(image.lines().map(paint).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;
    use crate::config::contract::model::Role as Declared;
    use crate::config::{TokenKeys, Tokens};
    use crate::protocol::AppId;

    fn config() -> Config {
        let mut app = App::new(AppId::parse("1001").unwrap(), "key", "secret");
        app.tokens = Some(Tokens {
            keys: Some(TokenKeys::Secret(Secret::new("a secret of the tests, long enough"))),
            private_key: None,
            issuer: None,
            audience: None,
            leeway: Duration::ZERO,
            roles_claim: "roles".to_owned(),
            user_info: Vec::new(),
            watchlist_claim: "watchlist".to_owned(),
            introspection: None,
            timeout: Duration::from_secs(5),
            revoke: Vec::new(),
        });
        let roles = ["judge", "viewer", "camera"].map(|name| Declared { name: name.to_owned(), includes: Vec::new() });
        let mut config = Config { apps: vec![app], roles: roles.into(), ..Config::default() };
        config.contest.enabled = true;
        config.server.path_prefix = "/rt".to_owned();
        config
    }

    fn arguments(role: &[Role]) -> Arguments {
        Arguments { role: role.to_vec(), ttl: Duration::from_secs(60), base: None, qr: false }
    }

    #[test]
    fn each_role_has_its_page_and_each_lane_its_key() {
        let mut config = config();
        config.gateway.keys = (1..=8).map(|lane| Secret::new(format!("kunci {lane}"))).collect();
        let given = Arguments { base: Some("https://lomba.example/rt/".to_owned()), ..arguments(&[]) };
        let said = text(&given, &config, 1000).unwrap();
        let lines: Vec<&str> = said.lines().collect();
        assert!(lines[0].starts_with("judge    https://lomba.example/rt/judge/#token=ey"), "{said}");
        assert!(lines[1].starts_with("viewer   https://lomba.example/rt/contest/#token=ey"), "{said}");
        assert_eq!(lines[2], "lane 1   ws://lomba.example:8080/?key=kunci+1");
        assert!(lines[17].starts_with("lane 8   token ey"), "{said}");
        assert_eq!(lines.len(), 18);
    }

    #[test]
    fn a_link_leads_to_an_address_of_this_machine() {
        let bases = Bases::new(None, &config()).unwrap();
        assert!(bases.main.starts_with("http://") && bases.main.ends_with(":6001/rt"), "{bases:?}");
        assert!(!bases.main.contains("[::]"), "{bases:?}");
        let mut local = config();
        local.server.host = "127.0.0.1".parse().unwrap();
        local.contest.enabled = false;
        let expected = Bases { main: "http://127.0.0.1:6001/rt".to_owned(), gateway: None };
        assert_eq!(Bases::new(None, &local), Ok(expected));
    }

    #[test]
    fn a_code_is_as_wide_as_high_and_fits_a_terminal() {
        let given = Arguments { qr: true, ..arguments(&[Role::Viewer]) };
        let said = text(&given, &config(), 1_800_000_000).unwrap();
        let rows: Vec<&str> = said.lines().skip(1).collect();
        let width = rows[0].chars().count();
        assert!(rows.iter().all(|row| row.chars().count() == width), "{said}");
        assert_eq!(rows.len(), width.div_ceil(2), "{said}");
        assert!(width <= 80, "{width} columns");
        assert!(
            code("x", true).unwrap().lines().all(|row| row.starts_with("\x1b[30;107m") && row.ends_with("\x1b[0m"))
        );
    }

    #[test]
    fn mistakes_are_said_with_what_to_do() {
        let says = |given: &Arguments, config: &Config, part: &str| {
            let said = text(given, config, 0).unwrap_err();
            assert!(said.contains(part), "{said}");
        };
        let base = |base: &str| Arguments { base: Some(base.to_owned()), ..arguments(&[]) };
        for wrong in ["lomba", "ftp://a/", "http://a/?b", ""] {
            says(&base(wrong), &config(), "--base");
        }
        says(&Arguments { ttl: Duration::from_millis(1), ..arguments(&[]) }, &config(), "--ttl");
        let mut none = config();
        none.apps[0].tokens = None;
        says(&arguments(&[]), &none, "[app.tokens]");
        none.roles.remove(0);
        says(&arguments(&[]), &none, "\"judge\"");
    }
}
