//! `saluran token`, as a person types it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const CHANNELS: &str = r#"
[[app]]
id = "1001"
key = "key"
secret = "very-secret"

[app.tokens]
secret = "another secret, long enough for tokens"

[[role]]
name = "operator"

[[role]]
name = "technician"
"#;

/// A configuration file of this text, for the test of this name.
fn file(name: &str, text: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("token-{name}.toml"));
    fs::write(&path, text).unwrap();
    path
}

/// Runs a command to its end, with this on standard input; exit code, standard output, standard error.
fn token(config: &Path, arguments: &[&str], input: &str) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_saluran"));
    command.env_clear().env("SALURAN_CONFIG", config).arg("token").args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Whoever does not read has ended already.
    drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

#[test]
fn a_new_token_is_all_that_is_printed_and_inspect_believes_it() {
    let config = file("new", CHANNELS);
    let asked = [
        "--role",
        "operator",
        "--role",
        "technician",
        "--sub",
        "7",
        "--ttl",
        "12h",
        "--claim",
        "laptop_id=3",
        "--claim",
        r#"x={"a":1}"#,
        "--name",
        "Zoë",
        "--app",
        "1001",
    ];
    let (code, printed, complaint) = token(&config, &asked, "");
    assert_eq!((code, complaint.as_str()), (0, ""));
    let made = printed.strip_suffix('\n').unwrap();
    assert_eq!(made.split('.').count(), 3);
    assert!(!made.contains(char::is_whitespace), "{printed:?}");

    let (code, shown, complaint) = token(&config, &["inspect", made], "");
    assert_eq!((code, complaint.as_str()), (0, ""));
    for part in ["\"alg\": \"HS256\"", "\"sub\": \"7\"", "\"laptop_id\": 3", "\"a\": 1", "Zoë", "technician"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let verdict = shown.lines().last().unwrap();
    assert!(verdict.starts_with("valid until 20") && verdict.contains("(in 1"), "{verdict}");
    // How long it still holds is another from second to second.
    let lasting = |text: &str| text.split_once(" (in 1").map(|(lasting, _)| lasting.to_owned());
    for input in [&["inspect", "-"][..], &["inspect"], &["inspect", "--app", "1001", "-"]] {
        let (code, again, complaint) = token(&config, input, &printed);
        assert_eq!((code, complaint.as_str()), (0, ""), "{input:?}");
        assert!(lasting(&again).is_some() && lasting(&again) == lasting(&shown), "{input:?}: {again}");
    }
}

#[test]
fn a_token_that_does_not_hold_is_shown_and_ends_with_1() {
    let config = file("forged", CHANNELS);
    let (_, printed, _) = token(&config, &["--sub", "7", "--role", "operator"], "");
    let (code, shown, complaint) = token(&config, &["inspect", "-"], &format!("{}A", printed.trim()));
    assert_eq!((code, complaint.as_str()), (1, ""));
    assert!(
        shown.contains("operator") && shown.ends_with("\nnot valid: the token's signature does not hold\n"),
        "{shown}"
    );
    let (code, shown, _) = token(&config, &["inspect", "rubbish"], "");
    assert_eq!((code, shown.as_str()), (1, "not valid: the token is not a JSON Web Token\n"));
}

#[test]
fn mistakes_end_with_64_and_say_what_to_do() {
    let config = file("mistakes", CHANNELS);
    let several =
        file("several", &format!("{CHANNELS}\n[[app]]\nid = \"1002\"\nkey = \"k\"\nsecret = \"s-e-c-r-e-t\"\n"));
    let none =
        file("none", &CHANNELS.replace("[app.tokens]\nsecret = \"another secret, long enough for tokens\"\n", ""));
    let rows: [(&Path, &[&str], &[&str]); 8] = [
        (&config, &["--sub", "7", "--role", "operater"], &["\"operater\"", "did you mean \"operator\"?"]),
        (&config, &["--sub", "7", "--claim", "exp=1"], &["exp", "--ttl"]),
        (&config, &["--sub", "7", "--claim", "roles=[\"operator\"]"], &["--role"]),
        (&config, &["--role", "operator"], &["--sub"]),
        (&config, &["inspect"], &["no token"]),
        (&several, &["--sub", "7"], &["--app", "1001, 1002"]),
        (&none, &["--sub", "7"], &["[app.tokens]", "secret"]),
        (&none, &["inspect", "x"], &["[app.tokens]"]),
    ];
    for (config, arguments, parts) in rows {
        let (code, printed, complaint) = token(config, arguments, "");
        assert_eq!((code, printed.as_str()), (64, ""), "{arguments:?}: {complaint}");
        for part in parts {
            assert!(complaint.contains(part), "{arguments:?}: {complaint}");
        }
        assert!(!complaint.contains("secret, long enough"), "{complaint}");
    }
}

#[test]
fn help_teaches_both() {
    let config = file("help", CHANNELS);
    for (arguments, parts) in [
        (&["--help"][..], ["--claim", "--ttl", "inspect", "Examples:"]),
        (&["inspect", "--help"], ["exit code 1", "standard input", "--app", "Examples:"]),
    ] {
        let (code, help, _) = token(&config, arguments, "");
        assert_eq!(code, 0);
        for part in parts {
            assert!(help.contains(part), "{help}");
        }
    }
}
