//! Which process listens on a port, as far as Linux lets us see.

use std::fs;
use std::path::Path;

/// State of a listening socket in `/proc/net/tcp`.
const LISTENING: &str = "0A";

/// Name and number of the process that listens on a port: `php (pid 4711)`.
///
/// `None` when nobody does, or when the process is another user's.
#[must_use]
pub fn holder(port: u16) -> Option<String> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| fs::read_to_string(path).unwrap_or_default());
    let socket = tables.iter().find_map(|table| inode(table, port))?;
    let target = format!("socket:[{socket}]");
    fs::read_dir("/proc").ok()?.flatten().find_map(|process| {
        let folder = process.path();
        let pid = process.file_name().to_str()?.parse::<u32>().ok()?;
        has(&folder, &target).then(|| {
            let name = fs::read_to_string(folder.join("comm")).unwrap_or_default();
            format!("{} (pid {pid})", name.trim())
        })
    })
}

/// The number of the socket that listens on a port.
///
/// Shape: `sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode …`, the address as
/// hexadecimal digits, a colon and the port.
///
/// Source: proc_net_tcp.txt of the Linux kernel's documentation.
fn inode(table: &str, port: u16) -> Option<&str> {
    let ending = format!(":{port:04X}");
    table.lines().skip(1).find_map(|line| {
        let mut columns = line.split_whitespace();
        let local = columns.nth(1)?;
        let state = columns.nth(1)?;
        (local.ends_with(&ending) && state == LISTENING).then(|| columns.nth(5)).flatten()
    })
}

fn has(process: &Path, target: &str) -> bool {
    let Ok(descriptors) = fs::read_dir(process.join("fd")) else { return false };
    let is_it = |link: &Path| fs::read_link(link).is_ok_and(|found| found.as_os_str() == target);
    descriptors.flatten().any(|descriptor| is_it(&descriptor.path()))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn the_process_that_has_a_port_is_named() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let pid = format!("(pid {})", std::process::id());
        assert!(holder(port).is_some_and(|found| found.ends_with(&pid)), "{:?}", holder(port));
        drop(listener);
        assert_eq!(holder(port), None);
    }
}
