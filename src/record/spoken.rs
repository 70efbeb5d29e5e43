//! A trace as separate statements, each with its answer, in the order in which they were sent. Pure.

use super::trace::{Answer, Parameter, Refusal, Sent, Trace};
use crate::sql;
use crate::statement::{Heard, heard};

/// One statement as the server read it.
#[derive(Debug)]
pub struct Spoken {
    pub connection: usize,
    /// The text of this statement only.
    pub text: String,
    /// None if it is not SQL that PostgreSQL accepts.
    pub heard: Option<Heard>,
    pub parameters: Vec<Parameter>,
    pub in_transaction: bool,
    pub answer: Answer,
    pub error: Option<Refusal>,
    /// The data of COPY FROM STDIN.
    pub copied: Vec<u8>,
}

/// Splits a trace into statements.
///
/// # Errors
/// A statement has neither an answer nor an error.
pub fn spoken(trace: Trace) -> Result<Vec<Spoken>, String> {
    sql::with_room(|| {
        let mut all = Vec::with_capacity(trace.sent.len());
        trace.sent.into_iter().try_for_each(|sent| each(sent, &mut all))?;
        Ok(all)
    })
}

fn each(sent: Sent, all: &mut Vec<Spoken>) -> Result<(), String> {
    let Sent { connection, sql, parameters, in_transaction, answers, error, copied } = sent;
    let one = |text: &str, heard: Option<Heard>| Spoken {
        connection,
        text: text.to_owned(),
        heard,
        parameters: parameters.clone(),
        in_transaction,
        answer: Answer::default(),
        error: None,
        copied: Vec::new(),
    };
    let Ok(statements) = heard(&sql) else {
        all.push(Spoken { error, copied, ..one(&sql, None) });
        return Ok(());
    };
    if statements.is_empty() && error.is_some() {
        all.push(Spoken { error, ..one(&sql, None) });
        return Ok(());
    }
    let (count, answered, is_refused) = (statements.len(), answers.len(), error.is_some());
    if !is_refused && answered < count {
        return Err(format!("no answer came to {}", sql::without_literals(&sql)));
    }
    let mut answers = answers.into_iter();
    let (mut error, mut copied) = (error, copied);
    for statement in statements {
        let text = sql[statement.range.clone()].to_owned();
        let answer = answers.next();
        // Statements after a refused one never ran.
        let refused = if answer.is_none() { error.take() } else { None };
        if answer.is_none() && refused.is_none() {
            break;
        }
        let copied = if statement.copy.is_some() { std::mem::take(&mut copied) } else { Vec::new() };
        let answer = answer.unwrap_or_default();
        all.push(Spoken { answer, error: refused, copied, ..one(&text, Some(statement)) });
    }
    // A COMMIT or a deferred constraint may fail at the end of a text.
    if let Some(error) = error {
        all.push(Spoken { error: Some(error), ..one("", None) });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(sql: &str, tags: &[&str], error: bool) -> Result<Vec<(String, String, bool)>, String> {
        let answer = |tag: &&str| Answer { tag: (*tag).to_owned(), ..Answer::default() };
        let error = error.then(|| Refusal { sqlstate: "23505".to_owned(), message: String::new() });
        let sent = Sent { sql: sql.into(), answers: tags.iter().map(answer).collect(), error, ..Sent::default() };
        let mut trace = Trace::default();
        trace.send(sent);
        let spoken = spoken(trace)?;
        Ok(spoken.into_iter().map(|one| (one.text, one.answer.tag, one.error.is_some())).collect())
    }

    #[test]
    fn each_statement_of_a_text_has_its_own_answer() {
        let one = |text: &str, tag: &str, error: bool| (text.to_owned(), tag.to_owned(), error);
        let sql = "-- a\nUPDATE t SET a = 1; DELETE FROM t;";
        let wanted = vec![one("UPDATE t SET a = 1", "UPDATE 3", false), one("DELETE FROM t", "DELETE 2", false)];
        assert_eq!(of(sql, &["UPDATE 3", "DELETE 2"], false), Ok(wanted));
        assert_eq!(of(sql, &["UPDATE 3"], true).unwrap()[1], one("DELETE FROM t", "", true));
        assert_eq!(of(sql, &[], true).unwrap().len(), 1);
        assert_eq!(of(sql, &["UPDATE 3", "DELETE 2"], true).unwrap().len(), 3);
        assert_eq!(of("-- nothing", &[""], false), Ok(Vec::new()));
        assert!(of(sql, &["UPDATE 3"], false).is_err());
    }
}
