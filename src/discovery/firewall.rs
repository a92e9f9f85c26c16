//! What can be known of this machine's firewall, and the command that opens it.
//!
//! Most of it is for the administrator's eyes only; then all that is said is that there is one.

use std::fmt;
use std::fs;
use std::path::Path;

use super::asked::ask;

/// A port that others should reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Port {
    /// Its number.
    pub number: u16,
    /// `tcp` or `udp`.
    pub transport: &'static str,
}

/// A firewall that seems to be on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Firewall {
    /// Ubuntu's.
    Ufw,
    /// Fedora's and others'.
    Firewalld,
    /// Rules of the administrator's own: the chain that drops what nothing lets in.
    Nftables {
        /// Family, table and chain, with a space between.
        chain: String,
    },
    /// That of Windows, around the Linux that runs in it.
    Windows,
}

/// Whether it lets others in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Its rules name every port.
    Open,
    /// Its rules lack a port.
    Closed,
    /// Its rules cannot be read here.
    Unknown,
}

/// A firewall and what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// Which one.
    pub firewall: Firewall,
    /// Whether it lets others in.
    pub verdict: Verdict,
}

impl Survey {
    /// Looks at this machine; `None` when no firewall shows. Asks other programs, and gives up on each
    /// after two seconds.
    #[must_use]
    pub fn take(ports: &[Port]) -> Option<Self> {
        Self::of(Path::new("/"), ports)
    }

    /// The same of a machine whose files are below `root`.
    fn of(root: &Path, ports: &[Port]) -> Option<Self> {
        let read = |path: &str| fs::read_to_string(root.join(path));
        let is_running = |unit: &str| {
            // A link to nowhere, whose name says that the unit is active.
            fs::symlink_metadata(root.join("run/systemd/units").join(format!("invocation:{unit}.service"))).is_ok()
        };
        if read("proc/sys/kernel/osrelease").is_ok_and(|text| text.to_ascii_lowercase().contains("microsoft")) {
            return Some(Self { firewall: Firewall::Windows, verdict: Verdict::Unknown });
        }
        let is_enabled = |text: String| text.lines().any(|line| line.trim() == "ENABLED=yes");
        if read("etc/ufw/ufw.conf").is_ok_and(is_enabled) {
            let verdict = read("etc/ufw/user.rules").map_or(Verdict::Unknown, |rules| by_ufw(&rules, ports));
            return Some(Self { firewall: Firewall::Ufw, verdict });
        }
        if is_running("firewalld") {
            let zone = ask("firewall-cmd", &["--list-all"]);
            let verdict = zone.map_or(Verdict::Unknown, |zone| by_firewalld(&zone, ports));
            return Some(Self { firewall: Firewall::Firewalld, verdict });
        }
        by_nftables(&ask("nft", &["list", "ruleset"])?, ports)
    }

    /// The command that lets others in.
    #[must_use]
    pub fn remedy(&self, ports: &[Port]) -> String {
        let by_transport = ["tcp", "udp"].map(|transport| {
            let numbers = ports.iter().filter(|port| port.transport == transport);
            (transport, numbers.map(|port| port.number.to_string()).collect::<Vec<_>>())
        });
        let each = by_transport.iter().filter(|(_, numbers)| !numbers.is_empty());
        let commands = |command: &dyn Fn(&str, &[String]) -> String| {
            each.clone().map(|(transport, numbers)| command(transport, numbers)).collect::<Vec<_>>().join(" && ")
        };
        match &self.firewall {
            Firewall::Ufw => {
                commands(&|transport, numbers| format!("sudo ufw allow {}/{transport}", numbers.join(",")))
            }
            Firewall::Firewalld => {
                let ports: Vec<_> = ports.iter().map(|port| format!("--add-port={port}")).collect();
                let ports = ports.join(" ");
                format!("sudo firewall-cmd {ports} && sudo firewall-cmd --permanent {ports}")
            }
            Firewall::Nftables { chain } => commands(&|transport, numbers| {
                let numbers = numbers.join(", ");
                format!("sudo nft insert rule {chain} {transport} dport '{{ {numbers} }}' accept")
            }),
            Firewall::Windows => commands(&|transport, numbers| {
                format!(
                    "netsh advfirewall firewall add rule name=\"Saluran {transport}\" dir=in action=allow protocol={} \
                     localport={}",
                    transport.to_uppercase(),
                    numbers.join(",")
                )
            }),
        }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.transport)
    }
}

impl fmt::Display for Firewall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ufw => "ufw",
            Self::Firewalld => "firewalld",
            Self::Nftables { .. } => "nftables",
            Self::Windows => "Windows",
        })
    }
}

/// Shape: `-A ufw-user-input -p tcp --dport 6001 -j ACCEPT`, or `--dports 6001,8080`, without `-p` for both.
fn by_ufw(rules: &str, ports: &[Port]) -> Verdict {
    let lets_in = |port: &Port| {
        rules.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).any(|words| {
            let after = |name: &str| words.iter().zip(words.iter().skip(1)).find(|(word, _)| **word == name);
            let value = |name: &str| after(name).map(|(_, value)| *value);
            let numbers = value("--dport").or_else(|| value("--dports")).unwrap_or_default();
            value("-A") == Some("ufw-user-input")
                && value("-j") == Some("ACCEPT")
                // A rule for one sender is none for the others.
                && value("-s").is_none()
                && value("-p").is_none_or(|transport| transport == port.transport)
                && numbers.split(',').any(|range| spans(range, ':', port.number))
        })
    };
    by_each(ports, lets_in)
}

/// Shape: lines such as `  target: default` and `  ports: 6001/tcp 1025-65535/udp`.
fn by_firewalld(zone: &str, ports: &[Port]) -> Verdict {
    let value = |name: &str| zone.lines().find_map(|line| line.trim().strip_prefix(name)).unwrap_or_default();
    if value("target:").trim() == "ACCEPT" {
        return Verdict::Open;
    }
    let open = value("ports:");
    let lets_in = |port: &Port| {
        open.split_whitespace()
            .filter_map(|item| item.split_once('/'))
            .any(|(range, transport)| transport == port.transport && spans(range, '-', port.number))
    };
    by_each(ports, lets_in)
}

fn by_each(ports: &[Port], lets_in: impl Fn(&Port) -> bool) -> Verdict {
    if ports.iter().all(lets_in) { Verdict::Open } else { Verdict::Closed }
}

/// Whether `range`, one number or two with `between` in between, has `number` in it.
fn spans(range: &str, between: char, number: u16) -> bool {
    let (first, last) = range.split_once(between).unwrap_or((range, range));
    matches!((first.parse::<u16>(), last.parse::<u16>()), (Ok(first), Ok(last)) if (first..=last).contains(&number))
}

/// A chain at the input whose policy or last word is to drop; `None` when there is none.
///
/// Rules can let peers in by much else than their port, so without one that names it all is unknown.
fn by_nftables(ruleset: &str, ports: &[Port]) -> Option<Survey> {
    let (mut table, mut chain, mut is_input) = (String::new(), String::new(), false);
    let mut closed = None;
    for line in ruleset.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix("table ") {
            table = name.trim_end_matches([' ', '{']).to_owned();
        } else if let Some(name) = line.strip_prefix("chain ") {
            chain = format!("{table} {}", name.trim_end_matches([' ', '{']));
            is_input = false;
        } else if line.contains(" hook input ") {
            is_input = true;
        }
        let drops = line.contains("policy drop") || is_last_word(line);
        if is_input && drops && closed.is_none() {
            closed = Some(chain.clone());
        }
    }
    let accepts = |port: &Port| {
        let begin = format!("{} dport ", port.transport);
        ruleset.lines().filter(|line| line.trim_end().ends_with("accept")).any(|line| {
            let numbers = line.split_once(&begin).map_or("", |(_, rest)| rest);
            numbers.split([' ', ',', '{', '}']).any(|range| spans(range, '-', port.number))
        })
    };
    let verdict = if ports.iter().all(accepts) { Verdict::Open } else { Verdict::Unknown };
    Some(Survey { firewall: Firewall::Nftables { chain: closed? }, verdict })
}

/// Whether a rule drops all that comes to it, whatever it counts.
fn is_last_word(line: &str) -> bool {
    let words: Vec<&str> = line.split(' ').collect();
    let verdict = match words.as_slice() {
        ["counter", "packets", _, "bytes", _, rest @ ..] => rest,
        all => all,
    };
    matches!(verdict.first(), Some(&"drop" | &"reject"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIN: Port = Port { number: 6001, transport: "tcp" };
    const CAMERAS: Port = Port { number: 8080, transport: "tcp" };
    const NAMES: Port = Port { number: 5353, transport: "udp" };

    #[test]
    fn rules_of_ufw_are_read() {
        let rule = |rest: &str| by_ufw(&format!("*filter\n-A ufw-user-input {rest}\nCOMMIT\n"), &[MAIN, CAMERAS]);
        assert_eq!(rule("-p tcp -m multiport --dports 6001,8080 -j ACCEPT"), Verdict::Open);
        assert_eq!(rule("-p tcp --dport 6000:9000 -j ACCEPT"), Verdict::Open);
        assert_eq!(rule("--dport 6001:8080 -j ACCEPT"), Verdict::Open);
        assert_eq!(rule("-p tcp --dport 6001 -j ACCEPT"), Verdict::Closed, "one port of two");
        assert_eq!(rule("-p udp --dport 6000:9000 -j ACCEPT"), Verdict::Closed);
        assert_eq!(rule("-p tcp --dport 6000:9000 -j DROP"), Verdict::Closed);
        assert_eq!(rule("-p tcp --dport 6000:9000 -s 10.0.0.1 -j ACCEPT"), Verdict::Closed);
    }

    #[test]
    fn a_zone_of_firewalld_is_read() {
        let zone = |ports: &str| format!("public (active)\n  target: default\n  services: ssh\n  ports: {ports}\n");
        let ports = [MAIN, NAMES];
        assert_eq!(by_firewalld(&zone("6001/tcp 5353/udp"), &ports), Verdict::Open);
        assert_eq!(by_firewalld(&zone("1025-65535/udp 1025-65535/tcp"), &ports), Verdict::Open);
        assert_eq!(by_firewalld(&zone("6001/tcp"), &ports), Verdict::Closed);
        assert_eq!(by_firewalld(&zone(""), &ports), Verdict::Closed);
        assert_eq!(by_firewalld("trusted\n  target: ACCEPT\n  ports: \n", &ports), Verdict::Open);
    }

    #[test]
    fn a_ruleset_is_closed_where_the_input_drops() {
        let ruleset = |policy: &str, rules: &str| {
            format!(
                "table inet filter {{\n\tchain input {{\n\t\ttype filter hook input priority filter; policy \
                 {policy};\n{rules}\t}}\n\tchain forward {{\n\t\ttype filter hook forward priority filter; policy \
                 drop;\n\t}}\n}}\n"
            )
        };
        let survey = |policy, rules| by_nftables(&ruleset(policy, rules), &[MAIN, CAMERAS]);
        assert_eq!(survey("accept", ""), None);
        assert_eq!(survey("accept", "\t\ttcp dport 25 drop\n"), None, "not for us");
        let firewall = || Firewall::Nftables { chain: "inet filter input".to_owned() };
        let unknown = Some(Survey { firewall: firewall(), verdict: Verdict::Unknown });
        assert_eq!(survey("drop", "\t\ttcp dport 22 accept\n"), unknown);
        assert_eq!(survey("accept", "\t\tcounter packets 1 bytes 2 reject with icmpx admin-prohibited\n"), unknown);
        let open = Some(Survey { firewall: firewall(), verdict: Verdict::Open });
        assert_eq!(survey("drop", "\t\ttcp dport { 22, 6001, 8000-8100 } accept\n"), open);
    }

    #[test]
    fn each_firewall_has_its_command() {
        let ports = [MAIN, CAMERAS, NAMES];
        let remedy = |firewall| Survey { firewall, verdict: Verdict::Closed }.remedy(&ports);
        assert_eq!(remedy(Firewall::Ufw), "sudo ufw allow 6001,8080/tcp && sudo ufw allow 5353/udp");
        let added = "--add-port=6001/tcp --add-port=8080/tcp --add-port=5353/udp";
        assert_eq!(
            remedy(Firewall::Firewalld),
            format!("sudo firewall-cmd {added} && sudo firewall-cmd --permanent {added}")
        );
        assert_eq!(
            remedy(Firewall::Nftables { chain: "inet filter input".to_owned() }),
            "sudo nft insert rule inet filter input tcp dport '{ 6001, 8080 }' accept && sudo nft insert rule inet \
             filter input udp dport '{ 5353 }' accept"
        );
        let windows = remedy(Firewall::Windows);
        let first = "netsh advfirewall firewall add rule name=\"Saluran tcp\" dir=in action=allow protocol=TCP \
                     localport=6001,8080";
        assert!(windows.starts_with(first) && windows.ends_with("protocol=UDP localport=5353"), "{windows}");
    }

    #[test]
    fn a_firewall_is_known_by_the_files_it_leaves() {
        let root = std::env::temp_dir().join(format!("saluran-firewall-{}", std::process::id()));
        fs::create_dir_all(root.join("etc/ufw")).unwrap();
        fs::create_dir_all(root.join("proc/sys/kernel")).unwrap();
        let survey = || Survey::of(&root, &[MAIN]).map(|survey| (survey.firewall, survey.verdict));
        fs::write(root.join("etc/ufw/ufw.conf"), "# x\nENABLED=yes\n").unwrap();
        assert_eq!(survey(), Some((Firewall::Ufw, Verdict::Unknown)), "its rules are not for everybody");
        fs::write(root.join("etc/ufw/user.rules"), "*filter\n").unwrap();
        assert_eq!(survey(), Some((Firewall::Ufw, Verdict::Closed)));
        fs::write(root.join("proc/sys/kernel/osrelease"), "5.15.90.1-microsoft-standard-WSL2\n").unwrap();
        assert_eq!(survey(), Some((Firewall::Windows, Verdict::Unknown)));
        fs::remove_dir_all(&root).unwrap();
    }
}
