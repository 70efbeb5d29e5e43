//! INSERTs of one revision into one table, queried together: each query alone costs a round trip and reads the whole table.

use std::ops::Range;

use super::Case;
use super::target::target;
use crate::assess::reason::Reason;
use crate::assess::ruling::Ruling;
use crate::assess::verdict::Decision;
use crate::catalog::CatalogError;
use crate::expect::UnitKind;
use crate::statement::change::{Data, DataAct, question};
use crate::statement::{self, Abridged};

/// The most statements in one query: its parts cost the server memory while it plans.
const STATEMENTS: usize = 128;

/// The most bytes of rows in one query.
const BYTES: usize = 256 << 10;

/// The most following units that are considered: statements on other tables may be between them.
const LOOKED_AT: usize = 4 * STATEMENTS;

impl Case<'_> {
    /// Several INSERTs that were read as one are judged again, each separately.
    pub(super) fn one_by_one() -> Ruling {
        Ruling::new(Decision::Run, Reason::OneByOne)
    }

    pub(super) fn stands_for_several(&self) -> bool {
        self.pending[self.unit.revision].statements[self.unit.statement].count > 1
    }

    /// True if one of several INSERTs that were read as one may have run, by a unique key.
    pub(super) async fn is_any_there(&self) -> Result<bool, CatalogError> {
        let script = &self.pending[self.unit.revision];
        let several = (&script.statements[self.unit.statement], script.text);
        // A file that changed is noticed when its INSERTs are read one by one.
        let Ok((several, text)) = Abridged::whole(script.abridged, several) else { return Ok(true) };
        let alone = |range: Range<usize>| {
            let data = statement::data_of(&text[range])?;
            Some(self.with(Data { as_text: self.data.as_text.clone(), ..data }))
        };
        let Some(all) = several.parts(&text).into_iter().map(alone).collect::<Option<Vec<_>>>() else {
            return Ok(true);
        };
        let missing = |whole: Self| question::missing_by_key(&whole.data, &whole.unique_key()?);
        let questions: Vec<String> = all.iter().filter_map(Self::lasting).filter_map(missing).collect();
        if questions.is_empty() || self.is_in_motion().await? {
            return Ok(false);
        }
        let evenly = questions.len().div_ceil(questions.len().div_ceil(STATEMENTS));
        for questions in questions.chunks(evenly) {
            let Some(sql) = question::all_of(questions) else { return Ok(true) };
            let counts = self.probe.numbers_together(&sql, &self.unit.path, questions.len()).await?;
            if counts.is_none_or(|counts| counts.iter().flatten().any(|&missing| missing == 0)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Compares the rows of this INSERT and of similar ones with the table's.
    pub(super) async fn compare_together(&self) -> Result<(), CatalogError> {
        let all = self.alike(question::would_change);
        let Some(sql) = question::compared_together(&all) else { return Ok(()) };
        let Some(counts) = self.probe.numbers_together(&sql, &self.unit.path, all.len()).await? else { return Ok(()) };
        for (data, counts) in all.iter().zip(counts) {
            let questions = [question::would_change(data), question::row_count(data), question::rows_present(data)];
            for (question, count) in questions.into_iter().flatten().zip(counts) {
                self.probe.knows(question, &self.unit.path, count);
            }
        }
        Ok(())
    }

    /// Asks a question about this INSERT, and the same about similar ones.
    pub(super) async fn ask_together(&self, ask: impl Fn(&Data) -> Option<String>) -> Result<(), CatalogError> {
        let questions: Vec<String> = self.alike(&ask).iter().filter_map(&ask).collect();
        let Some(sql) = question::all_of(&questions) else { return Ok(()) };
        let counts = self.probe.numbers_together(&sql, &self.unit.path, questions.len()).await?;
        for (question, counts) in questions.into_iter().zip(counts.into_iter().flatten()) {
            counts.into_iter().for_each(|count| self.probe.knows(question.clone(), &self.unit.path, count));
        }
        Ok(())
    }

    /// This INSERT with its rows, and the following ones that can be queried with it; empty if its own answer is known, or no
    /// query is to be made.
    fn alike(&self, ask: impl Fn(&Data) -> Option<String>) -> Vec<Data> {
        let is_new = |question: &String| self.probe.is_to_ask_together(question, &self.unit.path);
        if !matches!(self.data.act, DataAct::Insert { .. }) || !ask(&self.data).as_ref().is_some_and(is_new) {
            return Vec::new();
        }
        let mut all = vec![self.data.clone().into_owned()];
        let mut bytes = 0;
        let units = self.judge.timeline.units.iter().enumerate();
        let behind =
            units.skip(self.at + 1).take(LOOKED_AT).take_while(|(_, unit)| unit.revision == self.unit.revision);
        for (at, unit) in behind {
            let UnitKind::Data(data) = unit.kind else { continue };
            let is_like = matches!(data.act, DataAct::Insert { .. })
                && data.writes == self.data.writes
                && unit.path == self.unit.path
                && target(unit, data) == self.target();
            if !is_like {
                continue;
            }
            let other = Case::new(self.judge, (self.probe, self.pending_writes), self.pending, at, data);
            let is_asked = |other: &Self| other.data.columns == self.data.columns && ask(&other.data).is_some();
            let Some(other) =
                Some(other).filter(|it| !it.stands_for_several()).and_then(|it| it.lasting()).filter(is_asked)
            else {
                continue;
            };
            bytes += rows_of(&other.data).len();
            if bytes > BYTES {
                break;
            }
            all.push(other.data.into_owned());
            if all.len() == STATEMENTS {
                break;
            }
        }
        all
    }
}

fn rows_of(data: &Data) -> &str {
    match &data.act {
        DataAct::Insert { rows, .. } => rows,
        _ => "",
    }
}
