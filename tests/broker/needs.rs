//! What the tests ask a machine for.

use std::process::Command;

/// `deploy/needs test` on a machine that has a shell and nothing else; what it says and whether it is content.
fn needs(form: &[&str]) -> (String, bool) {
    let bare = std::env::temp_dir().join(format!("saluran-needs-{:016x}", rand::random::<u64>()));
    std::fs::create_dir_all(&bare).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/needs");
    let output = Command::new("/bin/bash").arg(script).arg("test").args(form).env("PATH", &bare).output().unwrap();
    std::fs::remove_dir_all(&bare).unwrap();
    (String::from_utf8(output.stdout).unwrap(), output.status.success())
}

#[test]
fn a_machine_without_redis_or_openssl_is_told_the_packages() {
    let (said, is_content) = needs(&[]);
    assert!(!is_content, "{said}");
    for (program, package) in [("redis-server", "redis-server"), ("redis-cli", "redis-tools"), ("openssl", "openssl")] {
        let line = said.lines().find(|line| line.trim_start().starts_with(&format!("{program},")));
        let line = line.unwrap_or_else(|| panic!("{program} is not asked for: {said}"));
        assert!(line.ends_with(&format!("apt-get install {package}")), "{line}");
        let (packages, _) = needs(&["--packages"]);
        assert!(packages.lines().any(|line| line == package), "{packages}");
    }
}
