//! `saluran plan`, as a person types it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const MILLION: [&str; 6] = ["--connections", "1e6", "--events", "100_000", "--nodes", "3,10,30,100,300"];

/// Runs it to its end; exit code, standard output, standard error.
fn plan(arguments: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_saluran")).env_clear().arg("plan").args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn row<'a>(plan: &'a Value, nodes: u64, routing: &str) -> &'a Value {
    let is_it = |row: &&Value| row["nodes"] == nodes && row["routing"] == routing;
    plan["rows"].as_array().unwrap().iter().find(is_it).unwrap_or_else(|| panic!("no {routing} with {nodes}"))
}

/// After a change of costs, print it anew into both files.
#[test]
fn a_million_connections_come_to_what_was_recorded_and_documented() {
    let (code, printed, complaint) = plan(&MILLION);
    assert_eq!((code, complaint.as_str()), (0, ""));
    let recorded = root().join("tests/plan/million.txt");
    assert_eq!(printed, fs::read_to_string(recorded).unwrap());
    let documented = fs::read_to_string(root().join("deploy/cluster.md")).unwrap();
    assert!(documented.contains(&printed), "deploy/cluster.md shows another table");
}

#[test]
fn json_has_the_same_plan_and_all_that_it_was_made_of() {
    let (code, printed, _) = plan(&[&MILLION[..], &["--json", "--cost", "deliver_us=3", "--seed", "7"]].concat());
    assert_eq!(code, 0);
    let plan: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(plan["costs"]["deliver_us"], 3.0);
    assert_eq!(plan["channels"], 200_000.0);
    assert_eq!(plan["deliveries"], 1e6);
    for nodes in [3, 10, 30, 100, 300] {
        let (interest, all) = (row(&plan, nodes, "interest"), row(&plan, nodes, "broadcast"));
        let number = |row: &Value, name: &str| row[name].as_f64().unwrap();
        assert!((number(interest, "reached_in_trial") / number(interest, "reached") - 1.0).abs() < 0.01, "{interest}");
        assert_eq!(number(all, "reached"), nodes as f64);
        let heard = |row: &Value| row["redis"]["deliveries"].as_f64().unwrap();
        assert!(heard(interest) < heard(all) && heard(interest) <= 1e6);
        assert_eq!(interest["node"]["deliveries"], all["node"]["deliveries"]);
    }
    assert!(plan["interest"]["nodes"].as_u64() < plan["broadcast"]["nodes"].as_u64());
}

#[test]
fn a_load_that_one_node_carries_needs_no_other() {
    let (code, printed, _) = plan(&["--connections", "5000", "--events", "200", "--nodes", "1..3"]);
    assert_eq!(code, 0);
    assert!(printed.contains("interest   1 node; no Redis."), "{printed}");
}

#[test]
fn help_teaches_costs_have_sources_and_mistakes_are_explained() {
    let (code, help, _) = plan(&["--help"]);
    assert_eq!(code, 0);
    for part in ["Examples:", "--audience", "--cost", "1:90,50:9,5000:1", "Broadcast"] {
        assert!(help.contains(part), "{help}");
    }
    let (code, costs, _) = plan(&["--costs"]);
    assert_eq!(code, 0);
    assert!(costs.contains("deliver_us") && costs.contains("(make bench, rows fanout-1"), "{costs}");
    for (arguments, part) in [
        (["--audience", "0"], "1:60"),
        (["--nodes", "0"], "3..300"),
        (["--cost", "x=1"], "--costs"),
        (["--busy", "2"], "0.01 to 1"),
        (["--stay", "0s"], "1s"),
    ] {
        let (code, printed, complaint) = plan(&arguments);
        assert_eq!((code, printed.as_str()), (2, ""), "{arguments:?}");
        assert!(complaint.contains(part), "{complaint}");
    }
}
