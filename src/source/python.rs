//! Joins the revisions of an Alembic project that were not compiled with those that were.

use super::Problem;
use crate::alembic::Graph;
use crate::chain::compiled::UNREAD;
use crate::chain::{Id, Manner, Revision, checksum};

/// The compiled revisions with those of the project that have no script, which the tool itself has to run. Reports scripts of
/// revisions that the project lacks, or that have other parents there.
pub(super) fn joined(mut revisions: Vec<Revision>, graph: &Graph, problems: &mut Vec<Problem>) -> Vec<Revision> {
    let parents = |at: usize| -> Vec<Id> {
        graph.parents(at).iter().map(|&at| Id::new(graph.revisions()[at].id.as_str())).collect()
    };
    let mut compiled = vec![false; graph.revisions().len()];
    for revision in &revisions {
        let (id, file) = (revision.id.as_str(), revision.file.clone());
        let Some(at) = graph.find(id) else {
            let why =
                format!("the Alembic project has no revision {id}: `lockgate import alembic` writes its folder anew");
            problems.push(Problem::Name { file, why });
            continue;
        };
        compiled[at] = true;
        let (mut wanted, mut said) = (parents(at), revision.after.clone().unwrap_or_default());
        wanted.sort();
        said.sort();
        if wanted != said {
            let names = wanted.iter().map(Id::as_str).collect::<Vec<_>>().join(", ");
            let names = if names.is_empty() { "nothing" } else { &names };
            let why =
                format!("in the Alembic project it stands behind {names}: `lockgate import alembic` compiles it again");
            problems.push(Problem::Name { file, why });
        }
    }
    revisions.extend(graph.revisions().iter().enumerate().filter(|(at, _)| !compiled[*at]).map(|(at, revision)| {
        Revision {
            id: Id::new(revision.id.as_str()),
            description: revision.title.clone().unwrap_or_default(),
            file: revision.file.clone(),
            text: UNREAD.to_owned().into(),
            bytes: checksum::bytes_digest(UNREAD.as_bytes()),
            after: Some(parents(at)),
            down: None,
            manner: Manner::default(),
            moment: None,
        }
    }));
    revisions
}
