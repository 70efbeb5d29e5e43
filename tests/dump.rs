//! Everything that the pure modules say of every script of the tests and examples, as one text: a change that moves code and keeps
//! its behaviour leaves it byte-equal. `LOCKGATE_TEST_DUMP=FILE cargo test --test it dump::` writes it; compare two with `cmp`.

use std::fmt::Write as _;

use lockgate::catalog::Surroundings;
use lockgate::chain::directive::{self, Directives};
use lockgate::expect::Timeline;
use lockgate::sql;
use lockgate::statement;
use lockgate::statement::impact::impact;
use lockgate::statement::{Passes, demands, excerpt, losing};

use crate::support::below;

#[test]
fn everything_that_is_said_of_scripts_can_be_written_down() {
    let Ok(file) = std::env::var("LOCKGATE_TEST_DUMP") else { return };
    let mut dump = String::new();
    for script in below(&["tests", "examples"], "sql") {
        let text = std::fs::read_to_string(&script).expect("a script");
        writeln!(dump, "==== {}", script.display()).expect("a string takes it");
        sql::with_room(|| said_of(&text, &mut dump));
    }
    std::fs::write(file, dump).expect("a file to write to");
}

fn said_of(text: &str, dump: &mut String) {
    let mut line =
        |what: &str, said: &dyn std::fmt::Debug| writeln!(dump, "{what}: {said:#?}").expect("a string takes it");
    let directives = directive::read(text);
    line("directives", &directives);
    line("definitions", &statement::read_definitions(text, Passes::Rows));
    let script = match statement::read(text, &directives.unwrap_or_else(|_| Directives::default())) {
        Ok(script) => script,
        Err(errors) => return line("refused", &errors),
    };
    line("notes", &script.notes);
    for statement in &script.statements {
        let own = statement.sql(text);
        line("statement", statement);
        line("shown", &statement.shown(text));
        line("excerpt", &excerpt("a.sql", text, statement, None));
        line("impact", &impact(own, &|_| false));
        line("demands", &demands(own));
        line("takings", &losing::takings(own));
    }
    let effects: Vec<_> = script.statements.iter().map(|statement| &statement.effect).collect();
    let surroundings =
        Surroundings { path: vec!["public".to_owned()], user: "app".to_owned(), ..Surroundings::default() };
    let half = effects.len() / 2;
    for (applied, pending) in [(&effects[..0], &effects[..]), (&effects[..half], &effects[half..])] {
        let timeline = Timeline::build(&[applied.to_vec()], &[pending.to_vec()], &surroundings);
        line("units", &timeline.units);
        line("base", &timeline.base);
        line("end", &timeline.end);
    }
}
