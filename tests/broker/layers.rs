//! A module imports only from lower rows, never sideways.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The rows of `src/lib.rs`, from the bottom.
const ROWS: &[&[&str]] = &[
    &["protocol", "telemetry"],
    &["config"],
    &["auth", "hub", "document", "discovery", "measurement"],
    &["rules", "store", "adapter"],
    &["error"],
    &["socket", "contest"],
    &["http", "gateway"],
    &["broker"],
    &["cli"],
];

/// Crates that may be named in these modules only, besides in tests.
const KEPT: &[(&str, &[&str])] = &[
    ("actix_web", &["http", "gateway", "broker"]),
    ("actix_http", &["socket", "broker"]),
    ("actix_ws", &["gateway"]),
    ("awc", &["cli"]),
    ("clap", &["cli"]),
    ("governor", &["rules"]),
    ("if_addrs", &["discovery"]),
    ("jsonschema", &["config", "rules"]),
    ("jiff", &["measurement"]),
    ("jsonwebtoken", &["auth", "config"]),
    ("mdns_sd", &["discovery"]),
    ("moka", &["auth"]),
    ("qrcode", &["cli"]),
    ("redis", &["adapter"]),
    ("reqwest", &["auth", "config"]),
    ("rust_xlsxwriter", &["http"]),
    ("sqlx", &["store"]),
    ("toml", &["config"]),
    ("socket2", &["socket"]),
    ("tokio", &["auth", "hub", "rules", "store", "adapter", "socket", "contest", "http", "gateway", "broker", "cli"]),
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Each file's top module and its text without comments and without tests.
fn modules() -> Vec<(String, PathBuf, String)> {
    let mut found = Vec::new();
    files(&source(), &mut found);
    let read = |path: PathBuf| {
        let inside = path.strip_prefix(source()).unwrap();
        let module = inside.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
        let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        (module, path, code.join("\n"))
    };
    let is_module = |module: &str| !matches!(module, "lib" | "main" | "build");
    found.into_iter().map(read).filter(|(module, _, _)| is_module(module)).collect()
}

fn rows() -> BTreeMap<&'static str, usize> {
    ROWS.iter().enumerate().flat_map(|(row, modules)| modules.iter().map(move |module| (*module, row))).collect()
}

/// The first segment of each path that begins with `crate::`; several in braces count each.
fn imports(code: &str) -> Vec<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(list) => {
                let list = &list[..list.find('}').unwrap()];
                found.extend(list.split(',').map(|item| word(item.trim())).filter(|item| !item.is_empty()));
            }
            None => found.push(word(rest)),
        }
    }
    found
}

#[test]
fn modules_import_only_from_lower_rows() {
    let rows = rows();
    let mut wrong = Vec::new();
    for (module, path, code) in modules() {
        let row = *rows.get(module.as_str()).unwrap_or_else(|| panic!("{module} stands in no row"));
        for import in imports(&code) {
            let is_lower = rows.get(import.as_str()).is_some_and(|other| *other < row);
            if import != module && !is_lower {
                wrong.push(format!("{} imports {import}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "upward or sideways imports:\n{}", wrong.join("\n"));
}

#[test]
fn outside_crates_stay_where_they_belong() {
    let mut wrong = Vec::new();
    for (module, path, code) in modules() {
        for (name, allowed) in KEPT {
            if code.contains(&format!("{name}::")) && !allowed.contains(&module.as_str()) {
                wrong.push(format!("{} names {name}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "crates outside their modules:\n{}", wrong.join("\n"));
}

/// The check itself sees an upward import.
#[test]
fn imports_are_found_in_every_form() {
    let code = "use crate::hub::Hub;\nuse crate::{error, rules::App};\nlet x = crate::http::routes;";
    assert_eq!(imports(code), ["hub", "error", "rules", "http"]);
}
