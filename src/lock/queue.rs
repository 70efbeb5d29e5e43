//! The number of gates that wait for one lock, although none of them keeps a connection.
//!
//! A waiter shows itself for a moment: it holds a second key, shared, inside a transaction, and counts the other holders. The key
//! belongs to this history alone, and nothing outlives the connection, even behind a transaction pooler. In a crowd that returns
//! every `period`, a waiter that stays for `stay` meets the fraction `stay / period` (Little's law), so the number met tells the
//! crowd's size. Only the first pause, before any other was met, depends on the sessions of this database with a gate's name.

use std::time::Duration;

use crate::connect::{jittered, jittered_by, pause_beside};

/// The minimum time for which a waiter is visible: at 25 per second, one connection in total.
pub(super) const STAY: Duration = Duration::from_millis(50);

/// New connections per second from all waiters for one key.
const A_SECOND: f64 = 25.0;
/// The weight of the first look, as that of a later one that meets this fraction of the crowd. It meets all that started at the
/// same time.
const FIRST: f64 = 0.2;
/// The weight of an older look relative to a newer one.
const FADING: f64 = 0.9;

/// The estimate of the crowd from the looks so far.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    met: f64,
    looked: f64,
    /// True after more than the first look.
    is_known: bool,
}

impl Crowd {
    /// Records the first look, which meets the waiters that just started. A crowd arrives over some seconds, so a few that are
    /// visible at once stand for more; the first pause stays below 1.3 s for them.
    pub fn began(&mut self, others: usize) {
        let coming = (4 * others).min(31).max(others);
        self.add(FIRST * coming as f64, FIRST);
    }

    /// Records a later look: the others that were visible at some moment of `stay`, and the time since the previous look.
    pub fn met(&mut self, others: usize, stay: Duration, period: Duration) {
        self.is_known = true;
        self.add(others as f64, (stay.as_secs_f64() / period.as_secs_f64()).min(1.0));
    }

    fn add(&mut self, met: f64, looked: f64) {
        self.met = FADING * self.met + met;
        self.looked = FADING * self.looked + looked;
    }

    /// The next pause of a waiter, with the time for which the lock has been held. Simultaneous starters are spread widely; later
    /// they are out of step, and a wide jitter would only add connections.
    pub fn next_pause(&self, held: Duration) -> Duration {
        let part = if self.is_known { 0.25 } else { 0.5 };
        jittered(pause_beside(held)).max(jittered_by(part, self.pause()))
    }

    /// The pause with which a crowd of this size makes as many connections as the server should bear.
    fn pause(&self) -> Duration {
        let others = if self.looked > 0.0 { self.met / self.looked } else { 0.0 };
        Duration::from_secs_f64((1.0 + others) / A_SECOND)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The times at which each of some waiters polls, in seconds, while the lock is held; `spread`: they start within that time.
    fn asked(waiters: usize, spread: f64, until: f64, seed: u64) -> Vec<Vec<f64>> {
        fastrand::seed(seed);
        println!("{waiters} waiters within {spread} s, seed {seed}");
        let stay = STAY.as_secs_f64();
        let mut asked: Vec<Vec<f64>> = (0..waiters).map(|_| vec![fastrand::f64() * spread]).collect();
        let mut crowds: Vec<Crowd> = (0..waiters).map(|_| Crowd::default()).collect();
        loop {
            let next = |one: &usize| asked[*one].last().copied().unwrap_or_default();
            let Some(one) = (0..waiters).min_by(|a, b| next(a).total_cmp(&next(b))) else { return asked };
            let now = next(&one);
            if now >= until {
                return asked;
            }
            let is_there = |times: &Vec<f64>| times.iter().rev().take(2).any(|time| *time <= now && now < time + stay);
            let others = asked.iter().enumerate().filter(|(at, times)| *at != one && is_there(times)).count();
            match asked[one].len().checked_sub(2).map(|at| asked[one][at]) {
                None => crowds[one].began(others),
                Some(before) => crowds[one].met(others, STAY, Duration::from_secs_f64(now - before)),
            }
            let held = Duration::from_secs_f64(now - asked[one][0]);
            let pause = crowds[one].next_pause(held);
            asked[one].push(now + stay + pause.as_secs_f64());
        }
    }

    #[test]
    fn a_crowd_asks_as_often_as_the_server_bears() {
        for (waiters, spread, seed) in [(30, 1.0, 1), (100, 0.0, 2), (100, 5.0, 3), (300, 1.0, 4)] {
            let times: Vec<f64> = asked(waiters, spread, 40.0, seed).into_iter().flatten().collect();
            let a_second = times.iter().filter(|time| **time >= 20.0 && **time < 40.0).count() as f64 / 20.0;
            // Half of each pause is jitter, and the estimate of the crowd varies around its size.
            assert!((15.0..=75.0).contains(&a_second), "{waiters}: {a_second} a second");
        }
    }

    #[test]
    fn a_few_are_held_up_by_nobody() {
        for seed in 0..50 {
            for times in asked(3, 0.1, 60.0, seed) {
                let pauses = times.windows(2).map(|pair| pair[1] - pair[0] - STAY.as_secs_f64());
                for (pause, asked_at) in pauses.zip(&times) {
                    let most = if *asked_at < 1.0 { 0.7 } else { 2.0 };
                    assert!((0.1 - 1e-6..=most + 1e-6).contains(&pause), "{pause} at {asked_at}");
                }
            }
        }
    }

    #[test]
    fn of_twenty_the_last_asks_soon_after_the_work_is_done() {
        for seed in 0..50 {
            let done = 0.3 + fastrand::Rng::with_seed(seed).f64();
            for times in asked(20, 0.3, done, seed) {
                let last = times.last().copied().unwrap_or_default();
                assert!(last - done < 1.5, "{last} for {done}");
            }
        }
    }

    #[test]
    fn who_is_alone_is_not_held_up_by_a_crowd() {
        let mut crowd = Crowd::default();
        crowd.began(0);
        assert_eq!(crowd.pause(), Duration::from_millis(40));
    }
}
