//! The meaning of the end of the runner's command: judged by the version table, never by the exit code alone. Pure.

/// The end of the command, and the state of the version table.
pub struct Ending<'a> {
    /// Its exit code, or 128 + the signal that ended it.
    pub code: i32,
    /// True if the version table has changed.
    pub has_moved: bool,
    /// True if the version table is at the target.
    pub is_there: bool,
    /// The last lines of its output.
    pub said: &'a [String],
    /// True if an exit code other than 0 keeps the gate closed even at head.
    pub is_strict: bool,
    /// True if a pending revision may have committed before its end.
    pub may_have_committed: bool,
}

/// The consequence of the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sentence {
    Open,
    /// At head, although the exit code is not 0.
    OpenAllTheSame,
    /// It gave up waiting for a lock, and nothing of it is in force.
    Again,
    Refuse(Why),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// At head, but the command failed.
    FailedAtHead,
    /// The command succeeded, but the table is not at head.
    NothingRecorded,
    Failed,
    /// It failed for a reason that may pass: a lock, a server that shuts down, a deadlock.
    Passing,
}

impl Ending<'_> {
    pub fn sentence(&self) -> Sentence {
        match (self.code, self.is_there) {
            (0, true) => Sentence::Open,
            (_, true) if self.is_strict => Sentence::Refuse(Why::FailedAtHead),
            (_, true) => Sentence::OpenAllTheSame,
            (0, false) => Sentence::Refuse(Why::NothingRecorded),
            (_, false) if self.gave_up_a_lock() && !self.has_moved && !self.may_have_committed => Sentence::Again,
            (_, false) if self.says(PASSING) => Sentence::Refuse(Why::Passing),
            (_, false) => Sentence::Refuse(Why::Failed),
        }
    }

    fn gave_up_a_lock(&self) -> bool {
        self.says(LOCK)
    }

    fn says(&self, names: &[&str]) -> bool {
        self.said.iter().any(|line| names.iter().any(|name| holds_word(line, name)))
    }
}

/// SQLSTATE 55P03, and its names in drivers: psycopg2, psycopg, asyncpg.
const LOCK: &[&str] = &["55P03", "LockNotAvailable", "LockNotAvailableError"];

/// The same for reasons that may pass: 55P03, 57P01, 57P03, 40001, 40P01 and the class 08.
const PASSING: &[&str] = &[
    "55P03",
    "LockNotAvailable",
    "LockNotAvailableError",
    "57P01",
    "AdminShutdown",
    "AdminShutdownError",
    "57P03",
    "CannotConnectNow",
    "CannotConnectNowError",
    "40001",
    "SerializationFailure",
    "SerializationError",
    "40P01",
    "DeadlockDetected",
    "DeadlockDetectedError",
    "08000",
    "08001",
    "08003",
    "08004",
    "08006",
    "ConnectionFailure",
    "ConnectionFailureError",
    "ConnectionDoesNotExistError",
];

/// True if a line contains the name as a whole word; these are names in drivers, not words for people.
fn holds_word(line: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(name)
        .any(|(at, _)| !line[..at].ends_with(is_part) && !line[at + name.len()..].starts_with(is_part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(code: i32, is_there: bool, said: &str, (has_moved, strict, commits): (bool, bool, bool)) -> Sentence {
        let said = [said.to_owned()];
        let ending = Ending { code, has_moved, is_there, said: &said, is_strict: strict, may_have_committed: commits };
        ending.sentence()
    }

    #[test]
    fn the_table_decides_and_the_code_may_only_close() {
        let plain = (false, true, false);
        assert_eq!(sentence(0, true, "", plain), Sentence::Open);
        assert_eq!(sentence(1, true, "", plain), Sentence::Refuse(Why::FailedAtHead));
        assert_eq!(sentence(1, true, "", (false, false, false)), Sentence::OpenAllTheSame);
        assert_eq!(sentence(0, false, "", plain), Sentence::Refuse(Why::NothingRecorded));
        assert_eq!(sentence(1, false, "", plain), Sentence::Refuse(Why::Failed));
    }

    #[test]
    fn only_a_lock_given_up_with_nothing_in_force_is_tried_again() {
        let lock = "sqlalchemy.exc.OperationalError: (psycopg2.errors.LockNotAvailable) canceling statement due to lock timeout";
        assert_eq!(sentence(1, false, lock, (false, true, false)), Sentence::Again);
        assert_eq!(sentence(1, false, lock, (true, true, false)), Sentence::Refuse(Why::Passing));
        assert_eq!(sentence(1, false, lock, (false, true, true)), Sentence::Refuse(Why::Passing));
        let deadlock = "asyncpg.exceptions.DeadlockDetectedError: deadlock detected";
        assert_eq!(sentence(1, false, deadlock, (false, true, false)), Sentence::Refuse(Why::Passing));
        for other in ["x55P03y", "MyLockNotAvailable", "lock not available"] {
            assert_eq!(sentence(1, false, other, (false, true, false)), Sentence::Refuse(Why::Failed), "{other}");
        }
    }
}
