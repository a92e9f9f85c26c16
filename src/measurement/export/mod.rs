//! What the contest's files say: rows of points and of statistics, as text. Pure.
//!
//! Owns the columns, the quoting and the numbers of each file; whoever serves one asks [`Csv`] which
//! points it needs and hands them over page by page, so that a file of any size takes the memory of one
//! page. Two of the files are those that the users' spreadsheets have always read, byte for byte. Read
//! `csv`, then `legacy` for those two and `clean` for ours; `ranking` says who won.

mod clean;
mod csv;
mod legacy;
mod number;
mod quote;
mod ranking;
mod team;

pub use csv::Csv;
pub use ranking::{Ranking, Score, Standing, Status};

#[cfg(test)]
mod golden_tests;
#[cfg(test)]
mod ranking_tests;
