//! The history of the tool that applied the chain, and the place that it reached.

use serde::Serialize;

use super::super::Gate;
use crate::chain::Chain;
use crate::config::TheirHistory;
use crate::connect::Session;
use crate::failure::{Code, Coded, Failure};
use crate::history::beside::Place;
use crate::pg::name::QualifiedName;

/// The progress of another tool.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Theirs {
    pub tool: &'static str,
    pub table: String,
    /// The ids of the revisions that it applied, and versions that the chain does not contain.
    pub applied: Vec<String>,
    /// The number of the chain's revisions that are applied, from the first on.
    #[serde(skip)]
    pub depth: usize,
    /// Repeatable scripts that it ran in their current form, by their indexes in the chain.
    #[serde(skip)]
    pub repeated: Vec<usize>,
    /// The reasons why it cannot be this chain's, a sentence each.
    pub problems: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
enum FromError {
    #[error("there is no table {table} here, in which {tool} would say what it applied")]
    Absent { tool: &'static str, table: QualifiedName },
    #[error("the history of {tool} is kept beside lockgate's own already")]
    Kept { tool: &'static str },
}

impl Coded for FromError {
    fn code(&self) -> Code {
        match self {
            Self::Absent { .. } => Code::TOOL_HISTORY,
            Self::Kept { .. } => Code::LAYOUT,
        }
    }

    fn next(&self) -> Option<String> {
        Some(match self {
            Self::Absent { .. } => {
                "name the table: `lockgate adopt --from TOOL:SCHEMA.TABLE`; without --from the catalog alone says \
                                    where the database stands"
                    .to_owned()
            }
            Self::Kept { .. } => {
                "unset LOCKGATE_COEXIST: `lockgate adopt --from TOOL` is the way to go on without the tool".to_owned()
            }
        })
    }
}

impl Theirs {
    fn new((tool, table): (&'static str, String), chain: &Chain, known: &[usize], unknown: &[String]) -> Self {
        let id = |at: usize| chain.revisions()[at].id.to_string();
        let repeats = |at: &usize| chain.revisions()[*at].manner.repeats;
        let depth = known.iter().enumerate().take_while(|(place, at)| place == *at && !repeats(at)).count();
        let (repeated, behind): (Vec<usize>, Vec<usize>) = known[depth..].iter().partition(|at| repeats(at));
        let mut problems: Vec<String> = unknown
            .iter()
            .map(|version| format!("{tool} has applied {version}, which this chain does not have"))
            .collect();
        if let Some(&first) = behind.first() {
            problems.push(format!("{tool} has applied {}, and not {} before it", id(first), id(depth)));
        }
        let applied = known.iter().map(|&at| id(at)).chain(unknown.iter().cloned()).collect();
        Self { tool, table, applied, depth, repeated, problems }
    }
}

impl Gate {
    /// Takes the tool's locks, if it has any.
    pub(super) async fn lock_from(&self, session: &Session, from: Option<&TheirHistory>) -> Result<(), Failure> {
        if let Some(place) = from.and_then(Place::of) {
            let theirs = self.find(session, &place).await?;
            self.lock_theirs(session, &theirs).await?;
        }
        Ok(())
    }

    /// Reads the tool's history, after checking that it can be trusted.
    pub(super) async fn theirs(&self, session: &Session, from: &TheirHistory) -> Result<Theirs, Failure> {
        let tool = from.migrator.name();
        if self.config.chain.coexist.is_some() {
            return Err(FromError::Kept { tool }.into());
        }
        // Every tool that `TheirHistory` accepts has a place.
        let place = Place::of(from);
        let place = place.ok_or_else(|| Failure::new(Code::BUG, format!("{tool} has no history")))?;
        let theirs = self.find(session, &place).await?;
        if !theirs.is_there() {
            return Err(FromError::Absent { tool, table: theirs.table }.into());
        }
        let (known, unknown) = theirs.applied();
        let unknown: Vec<String> = unknown.into_iter().map(str::to_owned).collect();
        Ok(Theirs::new((tool, theirs.table.to_string()), &self.chain, known, &unknown))
    }
}
