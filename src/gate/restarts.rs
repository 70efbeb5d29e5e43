//! Runs that start again, and the limit of that.

use super::error::GateError;
use crate::execute::Interruption;
use crate::failure::Failure;

/// A broken connection restarts the run; this many in a row without progress end it.
pub(super) const BREAKS: usize = 5;
/// A change that occurs with each run would occur again: the run restarts once.
const OUTRUNS: usize = 2;

#[derive(Debug, Default)]
pub(super) struct Setbacks {
    pub breaks: usize,
    outruns: usize,
}

impl Setbacks {
    /// # Errors
    /// Another run would end alike.
    pub fn note(&mut self, because: Interruption, has_progress: bool) -> Result<(), Failure> {
        if has_progress {
            *self = Self::default();
        }
        match because {
            Interruption::Lost(because) => {
                self.breaks += usize::from(!has_progress);
                if self.breaks >= BREAKS { Err(GateError::Broke(self.breaks, because).into()) } else { Ok(()) }
            }
            Interruption::Outrun(because) => {
                self.outruns += 1;
                if self.outruns >= OUTRUNS { Err(GateError::Outrun(because).into()) } else { Ok(()) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Code;

    #[test]
    fn what_is_changed_under_the_run_twice_ends_it_and_a_broken_connection_five_times() {
        let mut setbacks = Setbacks::default();
        let outrun = || Interruption::Outrun("f belongs to mallory".to_owned());
        let lost = || Interruption::Lost("reset".to_owned());
        assert!(setbacks.note(lost(), false).is_ok() && setbacks.note(outrun(), false).is_ok());
        assert!(setbacks.note(outrun(), true).is_ok(), "a revision was committed between");
        assert_eq!(setbacks.note(outrun(), false).map_err(|failure| failure.code), Err(Code::CONFLICT));
        let mut setbacks = Setbacks::default();
        assert!((1..BREAKS).all(|_| setbacks.note(lost(), false).is_ok()));
        assert_eq!(setbacks.note(lost(), false).map_err(|failure| failure.code), Err(Code::CONNECTION_LOST));
    }
}
