//! A statement of which it is unknown if it ran.

use crate::assess::advice::ways_on;
use crate::assess::reason::{Doubt, Reason};
use crate::assess::ruling::Ruling;

pub fn cannot_tell(doubt: Doubt) -> Ruling {
    Ruling::conflict(Reason::Unknown { doubt }, None).offering(ways_on())
}
