//! The reasons, a line each: the variant with its parts, the code, the prose.

use std::fmt;

use super::doubt::Doubt;
use super::line::reasons;
use super::parts::{Harm, InputDoubt, List, Refusing, Rows, Withheld};
use crate::catalog::Key;
use crate::pg::name::QualifiedName;

reasons! {
    /// The reason of a ruling, or the reason why a plan's verdict is provisional.
    Reason, "";
    // In force.
    Equal "equal" "it is there, equal";
    EqualLikely "equal-likely"
        "it is there, likely equal; to be sure, the server builds it once more in pg_temp in a migration and takes it back";
    Uncompared "uncompared"
        "it is there; only a migration can compare it: the server builds it once more in pg_temp and takes it back";
    EqualOtherName "equal-other-name" "it is there, equal, under another name";
    EqualSoFar "equal-so-far" "what can be told of it is there, equal";
    Idle "idle" "a fresh run does nothing here";
    Gone "gone" "it is gone";
    ResultShown "result-shown" "the catalog is as the statement leaves it";
    Renamed "renamed" "it is there under its new name";
    LabelPresent "label-present" "the label is there";
    IsIdentity "identity-present" "it is an identity column";
    IsNoIdentity "identity-absent" "it is no identity column";
    IsNotGenerated "generation-absent" "it is no generated column";
    MadeAgainEmpty "made-again-empty" "it is made again, and holds no rows";
    MadeAndRemoved "made-and-removed" "made and removed again: nothing is lost";
    Committed "committed" "committed by an earlier run";
    // Brought to the wanted definition.
    SetOtherwise "set-otherwise" "it is set otherwise";
    OtherVersion "other-version" "another version is there";
    OtherVersionOrSchema "other-version-or-schema" "it is there in another version or schema";
    OtherOptions "other-options" "it has other options";
    OtherDefault "other-default" "its default is another";
    OtherTables "other-tables" "it is there, with other tables";
    OtherDefinition "other-definition" "another definition is there; OR REPLACE";
    NotValid "not-valid" "it is there, NOT VALID";
    NotWhole "not-whole" "it is there, but not whole";
    InvalidIndex "invalid-index" "an INVALID index is there: it is dropped and built again";
    Differs "differs" "it is there, and differs";
    DiffersBesideName "differs-beside-name" "it differs beside its name";
    RenamedDiffers "renamed-differs" "it is there under its new name, and differs";
    LabelsMissing "labels-missing" "labels are missing";
    LaterLabels "later-labels" "labels that the chain adds later are there";
    MoreThanQuery "more-than-query" "its columns have more than a query gives";
    CameWithParent { index: String, parent: String } "came-with-parent"
        "{index} came with {parent}, which takes it: a second one would be made";
    WithStrangers { said: Said, strangers: List } "with-strangers" "{said}; not the chain's: {strangers}";
    // Definitions that differ in a way that needs a person.
    Different { key: Key } "different" "{key} is there, and different";
    Unlike { key: Key } "unlike" "{key} is different";
    MissingMidway { key: Key } "missing-midway" "{key} is missing, and what comes after it is in force";
    PresentMidway { key: Key } "present-midway" "{key} is there, and what comes after it is in force";
    NameKept { key: Key } "name-kept" "{key} exists, and the statement that was to remove it does not run";
    NoPlace "no-place" "the database stands at no place of the chain here";
    NotOursToDrop { key: Key } "not-ours-to-drop" "{key} is another than the chain's: it is not ours to drop";
    PartGone { key: Key } "part-gone" "{key} is gone, and the chain has one";
    TooEarly { key: Key } "too-early"
        "{key} was changed before statements that stand before it, and they would leave it otherwise";
    OnMismatch { said: Said } "on-mismatch" "{said}; LOCKGATE_ON_MISMATCH=fail refuses every difference";
    NotComparable { key: Key } "not-comparable" "{key} exists, and lockgate cannot tell whether it is the same";
    IdentityNotComparable "identity-not-comparable"
        "it is an identity column, and lockgate cannot tell whether it is the same";
    ObjectDiffers { object: String } "object-differs" "{object} exists, and is not as the statement makes it";
    NeitherState { object: String } "neither-state"
        "{object} is neither as it was before the statement, nor as it is after it";
    NotCompared "not-compared" "its object is there already, and the catalog is not asked whether it is the same";
    EnsuredTwice { key: Key } "ensured-twice"
        "{key} is changed above in the same script: what it ensures cannot be told then";
    // It is unknown whether it ran.
    NoTrace "unknown-no-trace" "nobody can tell whether it ran: the catalog does not show it, and its revision has begun";
    FitsBoth { key: Key } "unknown-fits-both" "nobody can tell whether it ran: {key} fits before and after it";
    MadeAgain { key: Key } "unknown-made-again"
        "nobody can tell whether it ran: the chain makes {key} again, of the same definition";
    CodeMade { key: Key } "unknown-code-made"
        "cannot tell whether it ran: its code is not read, and {key}, which it makes, exists";
    CodeRemoved { key: Key } "unknown-code-removed"
        "cannot tell whether it ran: its code is not read, and {key}, which it may drop or rename, is missing";
    InputGone { key: Key, doubt: InputDoubt } "unknown-input-gone"
        "cannot tell whether it ran: {key} is gone, as the chain has it later, and {doubt}";
    Unknown { doubt: Doubt } "of-doubt" "cannot tell whether it ran: its revision has begun, and {doubt}";
    OtherOrder { table: QualifiedName } "column-order" "it names no columns, and those of {table} stand in another order";
    TraceBegun { class: &'static str } "trace-begun"
        "something of its revision is in force, and under `lockgate:trace {class}` it runs as a whole or not at all";
    // Objects of others.
    Stranger { key: Key, harm: Harm } "stranger" "{key} is not the chain's, and {harm}";
    StrangerOfCode { key: Key, harm: Harm, place: String, table: String } "stranger-of-code"
        "{key} is not one that the chain is known to make, and {harm}; {place} runs code that is not read and names {table}";
    PublishedStranger { key: Key } "published-stranger" "{key} is not the chain's";
    UntrustedExists { object: Key, owner: String } "untrusted-exists"
        "{object} exists, and belongs to {owner}, a role that is not trusted; a fresh run would have failed with \"already exists\", or taken it over";
    UntrustedOwner { object: Key, owner: String, user: String } "untrusted-owner"
        "{object} belongs to {owner}, a role that is not trusted: it may run anything as {user}";
    UntrustedPresent { object: String, owner: String } "untrusted-present"
        "{object} exists, and belongs to {owner}, a role that is not trusted; a fresh run would have made it";
    UntrustedHost { object: String, owner: String } "untrusted-host"
        "{object} exists, and belongs to {owner}, a role that is not trusted; the host of its options would get the password";
    UntrustedEnsured { object: String, owner: String } "untrusted-ensured"
        "{object} belongs to {owner}, a role that is not trusted";
    // Statements on data, and code.
    NotMadeYet "not-made-yet" "what it works on is not made yet";
    NeverWritten "never-written" "nobody ever wrote where it writes";
    AddsNothing "adds-nothing" "running it again adds nothing";
    Repeatable "repeatable" "running it twice is running it once";
    Sets "sets-again" "setting it twice is setting it once";
    OfSession "of-session" "it goes with its session";
    Unneeded "unneeded" "nothing that is to run reads it";
    RowsPresent "rows-present" "its rows are there";
    NoRowsPresent "no-rows-present" "none of its rows is there";
    NoRowToAdd "no-row-to-add" "there is no row left that it would add";
    NoRowToChange "no-row-to-change" "no row is left that it would change";
    ChangesNothing "changes-nothing" "it would change nothing";
    TableEmpty "table-empty" "the table is empty";
    PositionReached "position-reached" "the sequence is at its position";
    SequenceUnused "sequence-unused" "the sequence was never used";
    PositionAhead "position-ahead" "the sequence has not reached its position";
    OneByOne "one-by-one" "its rows have to be asked for one by one";
    AllWritten "all-written" "every row that it would change holds a written value";
    SetAgainLater "set-again-later" "a statement after it, in force, sets the same rows again";
    InputRemoved { key: Key } "input-removed" "{key} is gone, as the chain has it later";
    NotNullOptional "not-null-optional" "NOT NULL without a default, and the table has rows";
    NotNullOverRows { table: QualifiedName } "not-null-over-rows"
        "NOT NULL without a default, and {table} has rows: PostgreSQL would refuse it (23502)";
    NotNullOverData { table: QualifiedName } "not-null-over-data"
        "NOT NULL without a default, and {table} holds data (would ask the data: --check-data): PostgreSQL would refuse it (23502)";
    HoldsNull { key: Key, rows: Rows, table: String, column: String } "holds-null"
        "{key} is to be set, and {rows} of {table} hold NULL in {column}";
    RowsRefuse { rows: Refusing, sqlstate: String } "rows-refuse" "{rows} it ({sqlstate})";
    // Prerequisites and dependents.
    Missing { key: Key } "missing" "{key} is missing";
    NotFound { key: Key } "not-found" "{key} not found";
    Dependents { why: String } "dependents" "{why}";
    // Directives.
    AsIs "run-as-is" "lockgate:run-as-is";
    UnlessTrue "unless-true" "its lockgate:unless is true";
    UnlessFalse "unless-false" "its lockgate:unless is not true";
    Ensured { object: String } "ensured" "{object} is as it has to be";
    EnsuredMissing { object: String } "ensured-missing" "{object} is missing";
    EnsuredDiffers { object: String, property: &'static str, found: String } "ensured-differs"
        "{object}: {property} is {found}";
    ToMake "to-make" "it is missing";
    // Reasons why a plan's verdict is provisional.
    WouldAsk "would-ask" "would ask the data: --check-data";
    UnlessWithheld { why: Withheld } "unless-not-asked" "a plan does not ask its lockgate:unless: {why}";
    InItsTurn "in-its-turn" "it is held against the catalog once the revisions before it are applied";
    MayBeRemoved { key: Key } "may-be-removed"
        "{key} does not exist, and code that lockgate does not read may have removed it";
    MayBeMade { keys: List } "may-be-made" "{keys} is not there; an earlier statement whose code is not read may bring it";
    ToCompare "to-compare"
        "only a migration can compare what is there: the server builds it once more in pg_temp and takes it back";
    ToProve "to-prove" "equal, to be proved by the migration";
    NotLookedAt "not-looked-at" "it is run as it stands: nobody looks at what it needs";
    CheckLater "check-later" "its lockgate:check is asked when it runs";
    DependentsUnknown { error: String } "dependents-unknown" "the dependent objects are unknown: {error}";
    DependentsMayGo { why: String } "dependents-may-go" "{why}, unless an earlier statement of the run changes that";
    RowsMayRefuse { demand: String, because: String } "rows-may-refuse" "rows may refuse {demand}: {because}";
    RowsLeaveOut "rows-leave-out" "rows refuse it, and it is optional: it would be left out";
    RowsNotAsked { demand: String, because: String } "rows-not-asked"
        "rows may refuse {demand}, and are not asked: {because}";
}

/// The code of the line that stands for all doubts, each of which has its own code.
pub const OF_DOUBT: &str = "of-doubt";

impl Reason {
    /// The code for programs, which never changes.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown { doubt } => doubt.code(),
            other => other.own_code(),
        }
    }
}

/// A reason with which another one begins; empty if there is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Said(pub Option<Box<Reason>>);

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |reason| reason.fmt(f))
    }
}
