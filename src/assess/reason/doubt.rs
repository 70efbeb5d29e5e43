//! The doubts about a statement whose revision has begun.

use super::line::reasons;
use super::parts::Rows;
use crate::catalog::{Key, Stray};

reasons! {
    /// The reason why it is unknown if a statement of a begun revision ran.
    Doubt, "cannot tell whether it ran: its revision has begun, and ";
    Unread "unknown-code-not-read" "its code is not read";
    NotInCatalog "unknown-not-in-catalog" "the catalog is not asked for it";
    LaterObject { key: Key } "unknown-reaches-later-object" "now it would reach {key} too, which a later statement made";
    LaterTrigger { trigger: Key } "unknown-later-trigger" "{trigger}, which a later statement made, would run with it";
    Unaskable { why: String } "unknown-not-comparable" "{why}";
    Volatile { function: String } "unknown-volatile" "{function} is volatile";
    Temporary { relation: String } "unknown-temporary-input" "{relation} goes with its session";
    Untrusted { stray: Stray } "unknown-untrusted-call" "to ask would run {stray}, a role that is not trusted";
    UntrustedCode { stray: Stray } "unknown-untrusted-code" "to ask would run code of a role that is not trusted ({stray})";
    UntrustedData { stray: Stray } "unknown-untrusted-data" "to ask the data would run {stray}, a role that is not trusted";
    NoAnswer "unknown-no-answer" "the data cannot be asked";
    InMotion "unknown-input-changes" "a statement before it, still to run, writes what it reads";
    MayBeOlder "unknown-equal-rows"
        "rows equal to its own may have been there before it: no unique key is among its columns";
    SomePresent { missing: i64, present: i64 } "unknown-some-rows" "{missing} of its rows are not in the table, {present} are";
    WouldChange { rows: Rows } "unknown-would-change" "it would change {rows}";
    PositionPassed "unknown-position-passed" "the sequence is past its position";
    PositionMoves "unknown-position-moves" "a statement before it, still to run, may move the sequence";
    WouldOverwrite { rows: Rows } "unknown-would-overwrite" "it would change {rows}, some of which hold written values";
}

impl Doubt {
    pub fn code(&self) -> &'static str {
        self.own_code()
    }
}
