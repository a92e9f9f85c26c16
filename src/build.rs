//! Names the commit in `--version`, and rebuilds when the pages change.

#![expect(clippy::disallowed_methods, reason = "cargo hands its facts over as variables")]

use std::path::Path;
use std::process::Command;

fn main() {
    let package = std::env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let version = commit().map_or_else(|| package.clone(), |commit| format!("{package} ({commit})"));
    println!("cargo:rustc-env=BUILD_VERSION={version}");
    println!("cargo:rerun-if-changed=examples/dashboards/dist");
    for reference in [".git/HEAD", ".git/refs/heads", ".git/packed-refs"] {
        if Path::new(reference).exists() {
            println!("cargo:rerun-if-changed={reference}");
        }
    }
}

/// The commit that is checked out; `None` outside a repository, as in a source archive.
fn commit() -> Option<String> {
    let output = Command::new("git").args(["rev-parse", "--short=12", "HEAD"]).output().ok()?;
    let commit = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !commit.is_empty()).then_some(commit)
}
