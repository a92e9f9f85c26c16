//! The one list of teams.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::category::Category;
use super::lane::Lane;

/// A team: who stands on a lane in a category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    /// Its lane.
    pub laptop_id: Lane,
    /// Its category.
    pub category: Category,
    /// `Institution_TeamName`.
    pub nama_tim: Box<str>,
}

impl Team {
    /// What it is called for short: A-1 to A-8 (baja), B-1 to B-8 (beton).
    #[must_use]
    pub fn alias(&self) -> String {
        alias(self.category, self.laptop_id)
    }
}

fn alias(category: Category, lane: Lane) -> String {
    format!("{}-{lane}", category.letter())
}

/// All teams, one for each lane and category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Teams(BTreeMap<Category, BTreeMap<Lane, Box<str>>>);

/// The teams of November 2025, lanes 1 to 8.
const BAJA: [&str; 8] = [
    "Universitas Udayana_Abhipraya",
    "Politeknik Negeri Semarang_Tim Seismastha",
    "Universitas Jember_Alvandaru Team",
    "Politeknik Astra_Astura Team",
    "Institut Teknologi Sepuluh Nopember_Askara Team",
    "Institut Teknologi Nasional Malang_TRISHA ABINAWA",
    "Universitas Brawijaya_SRIKANDI",
    "Universitas Negeri Malang_Warock",
];

const BETON: [&str; 8] = [
    "Politeknik Negeri Bandung_Wirajaya Palawiri",
    "Universitas Warmadewa_EL-BADAK Wanskuy",
    "Institut Teknologi Sepuluh Nopember_Indestrukta Team",
    "Universitas Muhammadiyah Malang_AKTARA",
    "universitas Brawijaya_K-300",
    "Universitas Negeri Yogyakarta_Sahakarya",
    "Politeknik Negeri Malang_Akral Baswara",
    "Universitas Negeri Jakarta_Astungkara",
];

impl Default for Teams {
    fn default() -> Self {
        let named = |names: [&'static str; 8]| Lane::all().zip(names.map(Into::into)).collect();
        Self(BTreeMap::from([(Category::Baja, named(BAJA)), (Category::Beton, named(BETON))]))
    }
}

impl Teams {
    /// The name of the team on a lane in a category; `Tim 3` where none is given.
    #[must_use]
    pub fn name(&self, category: Category, lane: Lane) -> Box<str> {
        let found = self.0.get(&category).and_then(|lanes| lanes.get(&lane));
        found.cloned().unwrap_or_else(|| format!("Tim {lane}").into())
    }

    /// All sixteen, baja first.
    #[must_use]
    pub fn list(&self) -> Vec<Team> {
        let of = |category| {
            Lane::all().map(move |lane| Team { laptop_id: lane, category, nama_tim: self.name(category, lane) })
        };
        Category::ALL.into_iter().flat_map(of).collect()
    }

    /// Puts other names in place of some.
    pub(super) fn rename(&mut self, teams: &[Team]) {
        for team in teams {
            self.0.entry(team.category).or_default().insert(team.laptop_id, team.nama_tim.clone());
        }
    }
}
