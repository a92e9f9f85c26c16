//! How much chaos.

/// What can be chosen, as `--name value`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Options {
    /// Of all that can happen, what begins with one of these; everything when it is empty.
    pub(super) only: Vec<String>,
    /// The plan, and what the load chooses, come from it.
    pub(super) seed: u64,
    /// Rounds begin until then; each breaks everything once.
    pub(super) minutes: f64,
    /// Events a second.
    pub(super) events: u32,
    /// Members who join or leave, a second.
    pub(super) edges: u32,
    /// Connections of those members, on each node.
    pub(super) members: usize,
    pub(super) users: usize,
    pub(super) channels: usize,
    pub(super) rooms: usize,
    /// Watchers on each node.
    pub(super) watchers: usize,
}

pub(super) const HELP: &str = "Chaos: three nodes, and whatever can happen to them and to Redis.
  --seed N      draw this plan again (default: another each time)
  --minutes N   begin rounds until then; each breaks everything once (default: one round)
  --events N    events a second            --edges N     members who join or leave, a second
  --members N   their connections a node   --users N     different ones
  --channels N  channels with events       --rooms N     presence channels
  --watchers N  watchers on each node
  --only A,B    only what begins so in the report, such as `cut` or `Redis empty` (write Redis_empty)";

impl Options {
    /// Little enough for a build without optimization and two cores.
    pub(super) fn small(seed: u64) -> Self {
        Self {
            only: Vec::new(),
            seed,
            minutes: 0.0,
            events: 100,
            edges: 20,
            members: 15,
            users: 15,
            channels: 20,
            rooms: 3,
            watchers: 3,
        }
    }

    pub(super) fn large(seed: u64) -> Self {
        Self {
            events: 1000,
            edges: 200,
            members: 60,
            users: 60,
            channels: 50,
            rooms: 6,
            watchers: 10,
            ..Self::small(seed)
        }
    }

    /// # Errors
    /// What is wrong, or the help.
    pub(super) fn parse(mut self, text: &str) -> Result<Self, String> {
        let mut words = text.split_whitespace();
        while let Some(name) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{name} needs a value\n{HELP}"));
            match name {
                "--only" => self.only = value()?.split(',').map(|only| only.replace('_', " ")).collect(),
                "--seed" => self.seed = number(name, value()?)?,
                "--minutes" => self.minutes = number(name, value()?)?,
                "--events" => self.events = number(name, value()?)?,
                "--edges" => self.edges = number(name, value()?)?,
                "--members" => self.members = number(name, value()?)?,
                "--users" => self.users = number(name, value()?)?,
                "--channels" => self.channels = number(name, value()?)?,
                "--rooms" => self.rooms = number(name, value()?)?,
                "--watchers" => self.watchers = number(name, value()?)?,
                _ => return Err(HELP.to_owned()),
            }
        }
        Ok(self)
    }
}

fn number<T: std::str::FromStr>(name: &str, text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{name} is a number, not {text}"))
}
