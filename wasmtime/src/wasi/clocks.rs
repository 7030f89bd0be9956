//! clocks.rs - the time a guest sees.

use super::Settings;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Which {
    Wall,
    Monotonic,
}

pub struct Clocks {
    wall: Option<u64>, // ns since 1970 at which the wall clock stands
    step: u64,         // ns per read; 0 = real time
    shift: u64,        // ns that were stepped, or skipped instead of slept
    start: Instant,
}

fn real_wall() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

impl Clocks {
    pub fn new(settings: &Settings) -> Self {
        let step = settings.step;
        // Stepping clocks begin at the real time unless another is set.
        let wall = settings.clock.or_else(|| (step != 0).then(real_wall));
        Clocks { wall, step, shift: 0, start: Instant::now() }
    }

    /// The time now, without the step of a read.
    pub fn peek(&self, which: Which) -> u64 {
        let real = || u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let base = match (which, self.wall) {
            (Which::Wall, Some(wall)) if self.step == 0 => return wall,
            (Which::Wall, Some(wall)) => wall,
            (Which::Wall, None) => real_wall(),
            (Which::Monotonic, _) if self.step != 0 => 0,
            (Which::Monotonic, _) => real(),
        };
        base.saturating_add(self.shift)
    }

    pub fn read(&mut self, which: Which) -> u64 {
        let now = self.peek(which);
        self.shift = self.shift.saturating_add(self.step);
        now
    }

    pub fn resolution(&self) -> u64 {
        self.step.max(1)
    }

    /// A timer of so many ns has run out, by sleeping or without.
    pub fn passed(&mut self, ns: u64, slept: bool) {
        if !slept || self.step != 0 {
            self.shift = self.shift.saturating_add(ns);
        }
    }
}
