//! Parameters of the query, each checked.

use crate::http::parameters::Parameters;
use crate::measurement::{Category, Frequency, Lane, RunId};

use super::endpoint::Endpoint;
use super::fault::Fault;

/// The parameters of a request; names that its endpoint does not know are refused, since a filter with a
/// slip in its name would show everything.
#[derive(Debug)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// # Errors
    /// 422 for an unknown name, a name that comes twice, or a name that must be there.
    pub(super) fn new(endpoint: &Endpoint, parameters: &Parameters) -> Result<Self, Fault> {
        let known = || endpoint.query.iter().map(|name| bare(name));
        let mut found = Vec::new();
        for (name, value) in parameters.own() {
            // Every path of ours takes the app's name; there is one contest, so it says nothing here.
            if name == "app" || value.is_empty() && known().any(|known| known == name) {
                continue;
            }
            if !known().any(|known| known == name) {
                let names = known().collect::<Vec<_>>().join(", ");
                let names = if names.is_empty() { "none".to_owned() } else { names };
                return Err(Fault::invalid(format!("Unknown parameter {name:?}; known are: {names}")));
            }
            if found.iter().any(|(seen, _)| seen == name) {
                return Err(Fault::invalid(format!("The parameter {name} came twice")));
            }
            found.push((name.to_owned(), value.to_owned()));
        }
        let must = endpoint.query.iter().filter_map(|name| name.strip_suffix('!'));
        match must.into_iter().find(|name| !found.iter().any(|(seen, _)| seen == name)) {
            Some(name) => Err(Fault::invalid(format!("The parameter {name} is missing"))),
            None => Ok(Self(found)),
        }
    }

    pub(super) fn category(&self) -> Result<Option<Category>, Fault> {
        self.parse("category", "baja or beton")
    }

    pub(super) fn frequency(&self) -> Result<Option<Frequency>, Fault> {
        self.parse("frequency", "1.5, 2.5, 3.5, 4.5 or 5.5")
    }

    pub(super) fn run(&self) -> Result<Option<RunId>, Fault> {
        Ok(self.number("session_id")?.map(RunId))
    }

    pub(super) fn number(&self, name: &'static str) -> Result<Option<i64>, Fault> {
        self.parse(name, "a whole number")
    }

    pub(super) fn lane(&self) -> Result<Option<Lane>, Fault> {
        self.parse("laptop_id", "1 to 8")
    }

    /// Lanes, separated by commas; none means all.
    pub(super) fn lanes(&self) -> Result<Vec<Lane>, Fault> {
        let wrong = |_| Fault::invalid("Expected laptop_id to be numbers from 1 to 8, separated by commas");
        let Some(text) = self.find("laptop_id") else { return Ok(Vec::new()) };
        let mut lanes =
            text.split(',').map(|one| one.trim().parse().map_err(wrong)).collect::<Result<Vec<Lane>, _>>()?;
        lanes.sort_unstable();
        lanes.dedup();
        Ok(lanes)
    }

    fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn parse<T: std::str::FromStr>(&self, name: &'static str, allowed: &str) -> Result<Option<T>, Fault> {
        let Some(text) = self.find(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| Fault::invalid(format!("Expected {name} to be {allowed}")))
    }
}

/// A parameter's name without the sign that it is a list or must be there.
pub(super) fn bare(name: &str) -> &str {
    name.trim_end_matches(['*', '!'])
}
