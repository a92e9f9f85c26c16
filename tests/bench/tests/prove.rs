//! The bench must find out a server that does not deliver as it should.

use std::process::Command;

#[test]
fn a_server_that_spoils_deliveries_is_found_out() {
    let output = Command::new(env!("CARGO_BIN_EXE_bench")).arg("prove").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
