//! The pauses between attempts: they grow within bounds, and differ between processes.

use std::time::Duration;

/// A random pause between half of this length and all of it: a crowd of simultaneous attempts does not return at once. The random
/// generator is seeded per thread.
pub fn jittered(longest: Duration) -> Duration {
    jittered_by(0.5, longest)
}

/// As [`jittered`], but shorter by at most this fraction.
pub fn jittered_by(part: f64, longest: Duration) -> Duration {
    longest.mul_f64(1.0 - part * fastrand::f64())
}

/// The pause of a process that waits for another's work: a fraction of the work's time so far, from 0.1 s to 2 s.
pub fn pause_beside(work: Duration) -> Duration {
    (work / 4).clamp(Duration::from_millis(200), Duration::from_secs(2))
}

/// Pauses that grow from one length to another.
#[derive(Debug)]
pub struct Pauses {
    next: Duration,
    longest: Duration,
}

impl Pauses {
    pub fn new(shortest: Duration, longest: Duration) -> Self {
        Self { next: shortest, longest }
    }

    /// The next pause, with jitter; the one after it is twice as long.
    pub fn grow(&mut self) -> Duration {
        let pause = jittered(self.next);
        self.next = (self.next * 2).min(self.longest);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_within_their_bounds() {
        let (shortest, longest) = (Duration::from_millis(100), Duration::from_secs(1));
        let mut pauses = Pauses::new(shortest, longest);
        let all: Vec<Duration> = (0..100).map(|_| pauses.grow()).collect();
        assert!(all[0] >= shortest / 2 && all[0] <= shortest, "{all:?}");
        assert!(all[10..].iter().all(|pause| *pause >= longest / 2 && *pause <= longest), "{all:?}");
    }

    #[test]
    fn two_that_pause_at_once_do_not_come_back_at_once() {
        let mut two = [(); 2].map(|()| Pauses::new(Duration::from_millis(100), Duration::from_secs(1)));
        let [one, other] = [(); 2].map(|()| two.each_mut().map(Pauses::grow));
        assert!(one[0] != one[1] && other[0] != other[1], "{one:?} {other:?}");
    }

    #[test]
    fn who_waits_for_work_asks_more_rarely_the_longer_it_takes() {
        for (work, longest) in [(0, 200), (400, 200), (4_000, 1_000), (8_000, 2_000), (3_600_000, 2_000)] {
            let pause = pause_beside(Duration::from_millis(work));
            assert_eq!(pause, Duration::from_millis(longest), "{work}");
        }
    }
}
