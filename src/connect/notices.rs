//! Notices of the server, each assigned to its answer.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::error::LONGEST;
use crate::failure::text;

/// A NOTICE or WARNING of the server.
#[derive(Clone, Debug)]
pub struct Notice {
    pub severity: String,
    pub message: String,
    /// The server's function that raised it.
    pub routine: Option<String>,
}

/// The number of notices that are kept of one answer: a loop in a function may raise more than people read.
const MOST: usize = 200;

/// The driver returns notices without their position among the answers, so the messages are counted before it reads them.
#[derive(Clone, Debug, Default)]
pub struct Notices(Arc<Mutex<Heard>>);

#[derive(Debug, Default)]
struct Heard {
    /// The number of complete answers, including the greeting.
    ended: u64,
    /// The answers of the notices that the driver has not read yet.
    announced: VecDeque<u64>,
    kept: VecDeque<OfAnswer>,
}

#[derive(Debug)]
struct OfAnswer {
    number: u64,
    notices: Vec<Notice>,
    more: usize,
}

impl Notices {
    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts the end of an answer among the received bytes.
    pub fn end_answer(&self) {
        self.heard().ended += 1;
    }

    /// Counts a notice among the received bytes.
    pub fn announce(&self) {
        let mut heard = self.heard();
        let number = heard.ended;
        heard.announced.push_back(number);
    }

    /// The number of the next answer, if none is in progress.
    pub fn next_answer(&self) -> u64 {
        self.heard().ended
    }

    /// Adds a notice that the driver returned.
    pub fn push(&self, severity: &str, message: &str, routine: Option<&str>) {
        let mut heard = self.heard();
        let number = heard.announced.pop_front().unwrap_or(heard.ended);
        if heard.kept.back().is_none_or(|last| last.number != number) {
            heard.kept.push_back(OfAnswer { number, notices: Vec::new(), more: 0 });
        }
        let Some(last) = heard.kept.back_mut() else { return };
        if last.notices.len() == MOST {
            last.more += 1;
            return;
        }
        let cut = |text| text::cut(text, LONGEST).into_owned();
        let (severity, routine) = (cut(severity), routine.map(str::to_owned));
        last.notices.push(Notice { severity, message: cut(message), routine });
    }

    /// Takes the notices of an answer and those before it, and the number of notices that were dropped.
    pub fn take(&self, number: u64) -> (Vec<Notice>, usize) {
        let mut heard = self.heard();
        let (mut notices, mut more) = (Vec::new(), 0);
        while heard.kept.front().is_some_and(|first| first.number <= number) {
            let Some(first) = heard.kept.pop_front() else { break };
            notices.extend(first.notices);
            more += first.more;
        }
        (notices, more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_belongs_to_the_answer_in_whose_bytes_it_came() {
        let notices = Notices::default();
        notices.end_answer();
        notices.announce();
        notices.end_answer();
        notices.announce();
        notices.announce();
        notices.end_answer();
        // The driver reads later than the bytes arrive.
        for message in ["one", "two", "three"] {
            notices.push("NOTICE", message, None);
        }
        let taken = |number| notices.take(number).0.into_iter().map(|notice| notice.message).collect::<Vec<_>>();
        assert_eq!(taken(1), ["one"]);
        assert_eq!(taken(2), ["two", "three"]);
        assert_eq!(notices.next_answer(), 3);
    }

    #[test]
    fn of_one_answer_only_so_much_is_kept() {
        let notices = Notices::default();
        for _ in 0..MOST + 5 {
            notices.announce();
            notices.push("NOTICE", "again", None);
        }
        let (kept, more) = notices.take(0);
        assert_eq!((kept.len(), more), (MOST, 5));
    }
}
