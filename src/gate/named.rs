//! Scripts that use the history of their own tool, which lockgate keeps only if a setting says so.

use crate::chain::{self, Chain};
use crate::config::{Config, Migrator};
use crate::failure::{Code, Failure};
use crate::history::beside;

/// Adds advice to a failure over a missing object if a script names the tool's own history, and no setting keeps it.
pub(super) fn advised(failure: Failure, chain: &Chain, config: &Config) -> Failure {
    let lacks = [Code::MISSING, Code::STATEMENT].contains(&failure.code);
    match chain.layout().filter(|_| lacks && config.chain.coexist.is_none()) {
        Some(tool) => with_advice(failure, chain, Migrator::Tool(tool)),
        None => failure,
    }
}

fn with_advice(mut failure: Failure, chain: &Chain, tool: Migrator) -> Failure {
    let Some(table) = beside::usual(tool) else { return failure };
    let Some(file) = chain::mentions(chain, table) else { return failure };
    failure.details.push(format!("{file} names {} own history, {table}, which nothing keeps here", tool.names()));
    let keeps = format!("LOCKGATE_COEXIST={} keeps it as {} does", tool.word(), tool.name());
    failure.next = format!("{keeps}; where that is not it: {}", failure.next);
    failure
}
