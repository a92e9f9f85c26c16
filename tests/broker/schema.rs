//! `saluran schema`, as a person types it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

const FORMS: [&str; 2] = ["asyncapi", "typescript"];

/// A configuration file of these apps, for the test of this name.
fn file(name: &str, ids: &[&str]) -> PathBuf {
    let app = |id: &&str| format!("[[app]]\nid = \"{id}\"\nkey = \"key-{id}\"\nsecret = \"very-secret\"\n");
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("schema-{name}.toml"));
    fs::write(&path, ids.iter().map(app).collect::<String>()).unwrap();
    path
}

/// Runs a command to its end; exit code, standard output, standard error.
fn schema(config: &PathBuf, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_saluran"));
    let Output { status, stdout, stderr } =
        command.env_clear().arg("schema").arg("--config").arg(config).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

#[test]
fn each_form_is_printed_the_same_each_time_and_without_the_secret() {
    let config = file("print", &["1001"]);
    for (form, sign) in FORMS.into_iter().zip(["\"asyncapi\": \"3.0.0\"", "export type ChannelName ="]) {
        let (code, printed, complaint) = schema(&config, &[form]);
        assert_eq!((code, complaint.as_str()), (0, ""));
        assert!(printed.contains(sign) && printed.contains("app 1001"), "{printed}");
        assert!(!printed.contains("very-secret") && printed.ends_with('\n'), "{printed}");
        assert_eq!(schema(&config, &[form]).1, printed);
    }
}

#[test]
fn a_document_goes_to_the_file_that_is_named() {
    let config = file("out", &["1001"]);
    let out = config.with_extension("out");
    for form in FORMS {
        let (code, printed, complaint) = schema(&config, &[form, "--out", out.to_str().unwrap()]);
        assert_eq!((code, printed.as_str(), complaint.as_str()), (0, "", ""));
        assert_eq!(fs::read_to_string(&out).unwrap(), schema(&config, &[form]).1);
    }
    let nowhere = config.with_file_name("no-such-folder").join("out");
    let (code, _, complaint) = schema(&config, &["asyncapi", "--out", nowhere.to_str().unwrap()]);
    assert_eq!(code, 73);
    assert!(complaint.contains(nowhere.to_str().unwrap()), "{complaint}");
}

#[test]
fn one_of_several_apps_has_to_be_named() {
    let config = file("several", &["1001", "1002"]);
    let (code, printed, complaint) = schema(&config, &["typescript"]);
    assert_eq!((code, printed.as_str()), (64, ""));
    assert!(complaint.contains("--app") && complaint.contains("1001, 1002"), "{complaint}");
    let (code, printed, _) = schema(&config, &["typescript", "--app", "1002"]);
    assert_eq!(code, 0);
    assert!(printed.contains("the app 1002"), "{printed}");
    let (code, _, complaint) = schema(&config, &["typescript", "--app", "7"]);
    assert_eq!(code, 64);
    assert!(complaint.contains("\"7\"") && complaint.contains("1001, 1002"), "{complaint}");
}

#[test]
fn a_wrong_file_is_explained_and_help_teaches() {
    let config = file("wrong", &["no app"]);
    let (code, printed, complaint) = schema(&config, &["asyncapi"]);
    assert_eq!((code, printed.as_str()), (64, ""));
    assert!(complaint.contains("mistake"), "{complaint}");
    let (code, help, _) = schema(&config, &["--help"]);
    assert_eq!(code, 0);
    for part in ["asyncapi.json", "TypedPusher", "--app", "--out"] {
        assert!(help.contains(part), "{help}");
    }
}
