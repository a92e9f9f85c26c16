//! How a model sways: a sine at the table's frequency that dies down, with noise, the same for the same seed.

use std::f64::consts::TAU;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

/// Millimetres at the top of the lane that sways most.
const WIDEST: f64 = 120.0;

/// Share of pictures in which a marker is lost.
const LOST: f64 = 0.01;

/// What one lane's camera sees.
#[derive(Debug)]
pub(super) struct Motion {
    noise: StdRng,
    amplitude: f64,
    phase: f64,
}

/// One picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Picture {
    /// Millimetres at floor 3.
    pub(super) dista: f64,
    /// Millimetres at floor 10.
    pub(super) distb: f64,
    /// Whether the marker at floor 3 was seen.
    pub(super) is_a_detected: bool,
    /// Whether the marker at floor 10 was seen.
    pub(super) is_b_detected: bool,
}

impl Motion {
    pub(super) fn new(seed: u64, lane: u8) -> Self {
        let mut noise = StdRng::seed_from_u64(seed.wrapping_mul(31).wrapping_add(u64::from(lane)));
        let amplitude = WIDEST * noise.random_range(0.2..1.0);
        let phase = noise.random_range(0.0..TAU);
        Self { noise, amplitude, phase }
    }

    /// What is seen so many seconds after the beginning, while the table shakes at `hertz`.
    pub(super) fn at(&mut self, seconds: f64, hertz: f64) -> Picture {
        let sway = self.amplitude * (-seconds / 90.0).exp() * (TAU * hertz * seconds + self.phase).sin();
        let mut noisy = |millimetres: f64| round(millimetres + self.noise.random_range(-1.0..1.0));
        let (dista, distb) = (noisy(sway * 0.3), noisy(sway));
        let is_a_detected = !self.noise.random_bool(LOST);
        let is_b_detected = !self.noise.random_bool(LOST);
        Picture { dista, distb, is_a_detected, is_b_detected }
    }
}

/// To the four decimals that are kept.
fn round(millimetres: f64) -> f64 {
    (millimetres * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_moves_the_same_and_lanes_differ() {
        let run = |seed, lane| {
            let mut motion = Motion::new(seed, lane);
            (0..300).map(|n| motion.at(f64::from(n) / 30.0, 1.5)).collect::<Vec<_>>()
        };
        assert_eq!(run(1, 1), run(1, 1));
        assert_ne!(run(1, 1), run(1, 2));
        assert_ne!(run(1, 1), run(2, 1));
        assert!(run(1, 1).iter().all(|picture| picture.distb.abs() <= WIDEST + 1.0));
    }
}
