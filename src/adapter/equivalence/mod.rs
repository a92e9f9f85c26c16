//! The model of the shared truth and the scripts on a real Redis do the same.
//!
//! Random steps are carried out on both. Redis gives positions by its clock, so positions are compared by their order.

mod pair;
mod steps;

use std::cell::RefCell;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::server::Server;
use pair::{Mode, Pair};
use steps::{Step, any_step};

/// Steps of one history.
const STEPS: usize = 300;

fn compare(mode: Mode, arguments: &[&str]) {
    let server = Server::start(arguments);
    let pair = RefCell::new(Pair::new(&server, mode));
    let histories = prop::collection::vec(any_step(), STEPS);
    let config = ProptestConfig { cases: 10, failure_persistence: None, ..ProptestConfig::default() };
    let history = |steps: Vec<Step>| {
        let mut pair = pair.borrow_mut();
        pair.restart();
        for step in &steps {
            pair.carry_out(step);
        }
        pair.finish();
        Ok(())
    };
    TestRunner::new(config).run(&histories, history).unwrap();
}

#[test]
fn scripts_do_as_the_model_does() {
    compare(Mode { query: "", is_cluster: false }, &[]);
}

#[test]
fn scripts_do_the_same_under_resp3() {
    compare(Mode { query: "?protocol=resp3", is_cluster: false }, &[]);
}

/// With sharded topics; a key outside the slot would be refused.
#[test]
fn scripts_do_the_same_in_a_cluster() {
    compare(Mode { query: "", is_cluster: true }, &["--cluster-enabled", "yes"]);
}
