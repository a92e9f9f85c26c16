//! What channels are: who may publish and subscribe, what the data looks like, what newcomers see.
//!
//! Owns `[[channel]]` and `[[role]]`, from their text to checked values. Read [`model`] first, then
//! [`pattern`] and [`rule`], the two small languages in it.

pub mod model;
pub mod pattern;
pub mod rule;
