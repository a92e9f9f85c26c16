//! `saluran links`: what it prints signs in.

use std::process::{Command, Output};

use serde_json::Value;

fn links(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_saluran"));
    command.args(["links", "--config", "channels.toml"]).args(arguments);
    command.current_dir(env!("CARGO_MANIFEST_DIR")).env_clear().envs(variables.iter().copied()).output().unwrap()
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What `saluran token inspect` says of a token's claims.
fn claims(token: &str) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_saluran"));
    command.args(["token", "inspect", "--config", "channels.toml", token]).env_clear();
    let text = said(&command.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap());
    let (_, claims) = text.split_once("\nclaims ").unwrap();
    let (claims, verdict) = claims.rsplit_once("\nvalid until ").unwrap();
    assert!(verdict.contains("(in "), "{verdict}");
    serde_json::from_str(claims).unwrap()
}

#[test]
fn a_link_carries_a_token_that_holds() {
    let base = "http://192.168.43.7:6001";
    for (role, page) in [("judge", "judge"), ("viewer", "contest")] {
        let text = said(&links(&["--role", role, "--base", base, "--ttl", "1h"], &[]));
        let token = text.trim().split_once(&format!("{base}/{page}/#token=")).unwrap().1;
        let claims = claims(token);
        assert_eq!(claims["roles"], serde_json::json!([role]));
        assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 3600);
    }
}

#[test]
fn a_cameras_token_is_for_its_lane() {
    let text = said(&links(&["--role", "camera"], &[]));
    let tokens: Vec<&str> = text.lines().filter_map(|line| Some(line.split_once(" token ")?.1)).collect();
    assert_eq!(tokens.len(), 8);
    for (number, token) in tokens.iter().enumerate() {
        assert_eq!(claims(token)["laptop_id"], number + 1);
    }
}

#[test]
fn a_code_is_drawn_without_colours_into_a_pipe() {
    let text = said(&links(&["--role", "viewer", "--qr"], &[]));
    assert!(text.contains('█') && !text.contains('\x1b'), "{text}");
}

#[test]
fn without_tokens_it_says_what_to_declare() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_saluran"));
    command.arg("links").current_dir(std::env::temp_dir()).env_clear();
    command.envs([("SALURAN_APP_ID", "1"), ("SALURAN_APP_KEY", "k"), ("SALURAN_APP_SECRET", "s")]);
    let output = command.output().unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(64), 0));
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(complaint.contains("\"judge\""), "{complaint}");
}
