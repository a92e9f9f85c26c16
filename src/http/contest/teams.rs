//! The list of teams, read and edited.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::measurement::{Category, Lane, Team};

use super::answer::TeamList;
use super::asked::Asked;
use super::call::{Told, ok};
use super::fault::Fault;

/// Characters of a team's name; the users' own table had room for as many.
const NAME: usize = 255;

/// What spreadsheets put in front of a text to say that it is UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TeamNames {
    teams: Vec<TeamName>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TeamName {
    laptop_id: Lane,
    category: Category,
    nama_tim: String,
}

pub(super) async fn list(asked: &Asked) -> Told {
    ok(&TeamList::new(&*asked.state().await?))
}

pub(super) async fn rename(asked: &Asked) -> Told {
    let names = match asked.csv() {
        Some(text) => from_csv(text)?,
        None => asked.json::<TeamNames>()?.teams,
    };
    let teams = checked(names)?;
    asked.contest.rename(teams).await.map_err(asked.not_done())?;
    list(asked).await
}

/// Rows below a header with the three names in any order; spreadsheets of some countries put semicolons
/// between fields.
fn from_csv(text: &[u8]) -> Result<Vec<TeamName>, Fault> {
    let text = text.strip_prefix(MARK).unwrap_or(text);
    let header = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let delimiter = if header.contains(&b';') && !header.contains(&b',') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).trim(csv::Trim::All).from_reader(text);
    reader
        .deserialize()
        .collect::<Result<_, _>>()
        .map_err(|error| Fault::invalid(format!("Expected CSV with the header laptop_id,category,nama_tim: {error}")))
}

fn checked(names: Vec<TeamName>) -> Result<Vec<Team>, Fault> {
    if names.is_empty() {
        return Err(Fault::invalid("Expected at least one team"));
    }
    let mut seen = BTreeSet::new();
    let check = |TeamName { laptop_id, category, nama_tim }: TeamName| {
        let name = nama_tim.trim();
        if name.is_empty() || name.chars().count() > NAME || name.chars().any(char::is_control) {
            let text = format!(
                "Expected nama_tim of {category} {laptop_id} to be 1 to {NAME} characters without control characters"
            );
            return Err(Fault::invalid(text));
        }
        if !seen.insert((laptop_id, category)) {
            return Err(Fault::invalid(format!("The team {category} {laptop_id} came twice")));
        }
        Ok(Team { laptop_id, category, nama_tim: name.into() })
    };
    names.into_iter().map(check).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Result<Vec<(u8, Category, String)>, Fault> {
        let teams = checked(from_csv(text)?)?;
        Ok(teams.into_iter().map(|team| (team.laptop_id.number(), team.category, team.nama_tim.into())).collect())
    }

    #[test]
    fn spreadsheets_of_all_kinds_are_read() {
        let expected = vec![(3, Category::Baja, "Ä, B".to_owned()), (8, Category::Beton, "=C".to_owned())];
        for text in [
            "laptop_id,category,nama_tim\n3,baja,\"Ä, B\"\n8,beton,=C\n",
            "laptop_id,category,nama_tim\r\n3,baja,\"Ä, B\"\r\n8,beton,=C",
            "\u{feff}laptop_id;category;nama_tim\r\n3;baja;Ä, B\r\n8;beton;=C\r\n",
            "category, nama_tim ,laptop_id\nbaja,\" Ä, B \",3\nbeton,=C, 8\n",
        ] {
            assert_eq!(read(text.as_bytes()).unwrap(), expected, "{text:?}");
        }
    }

    #[test]
    fn what_is_wrong_is_refused_whole() {
        for text in [
            "",
            "laptop_id,category,nama_tim\n",
            "laptop_id,category\n1,baja\n",
            "laptop_id,category,nama_tim,extra\n1,baja,A,x\n",
            "laptop_id,category,nama_tim\n9,baja,A\n",
            "laptop_id,category,nama_tim\n1,kayu,A\n",
            "laptop_id,category,nama_tim\n1,baja,\n",
            "laptop_id,category,nama_tim\n1,baja,A\n1,baja,B\n",
            "laptop_id,category,nama_tim\n1,baja,\"A\nB\"\n",
        ] {
            assert!(read(text.as_bytes()).is_err(), "{text:?}");
        }
        assert!(read(b"laptop_id,category,nama_tim\n1,baja,\xff\n").is_err());
        let long = format!("laptop_id,category,nama_tim\n1,baja,{}\n", "x".repeat(NAME + 1));
        assert!(read(long.as_bytes()).is_err());
    }
}
