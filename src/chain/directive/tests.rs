use super::*;
use proptest::prelude::*;

fn one_error(text: &str) -> String {
    let errors = read(text).unwrap_err();
    assert_eq!(errors.len(), 1, "{errors:?}");
    errors[0].to_string()
}

#[test]
fn file_directives_are_read_wherever_they_stand() {
    let text = "-- lockgate:after 0003, 9af1\nSELECT 1; --lockgate:requires users(id, \"eMail\"), app.audit_logs\n";
    let file = read(text).unwrap().file;
    assert_eq!(file.after.unwrap(), ["0003", "9af1"]);
    let first = read("-- lockgate:id 2024_a\n-- lockgate:after base\nSELECT 1").unwrap().file;
    assert_eq!((first.id.as_deref(), first.after), (Some("2024_a"), Some(Vec::new())));
    let requirement = |name: &str, columns: &[&str]| Requirement {
        name: name.to_owned(),
        columns: columns.iter().map(|&c| c.to_owned()).collect(),
    };
    assert_eq!(file.requires, [requirement("users", &["id", "eMail"]), requirement("app.audit_logs", &[])]);
}

#[test]
fn an_id_is_one_word_said_once() {
    for text in [
        "-- lockgate:id",
        "-- lockgate:id a b",
        "-- lockgate:id a,b",
        "-- lockgate:id head",
        "-- lockgate:id a\n-- lockgate:id b",
    ] {
        assert!(one_error(text).contains("id"), "{text}");
    }
}

#[test]
fn statement_directives_keep_their_place_and_their_sql() {
    let text = "-- lockgate:optional\r\n-- lockgate:check \"no \"\"dup\"\"\" SELECT true\r\n--   FROM t -- x\r\n-- y\r\nSELECT 1;\n\
                -- lockgate:unless SELECT 1;\n-- lockgate:accept destructive\nDROP TABLE t";
    let found = read(text).unwrap();
    let all: Vec<_> = found.statements.iter().map(|p| (p.line, p.directive.clone())).collect();
    let sql = "SELECT true\nFROM t -- x".to_owned();
    assert_eq!(
        all,
        [
            (1, StatementDirective::Optional),
            (2, StatementDirective::Check { name: "no \"dup\"".to_owned(), sql }),
            (6, StatementDirective::Unless { sql: "SELECT 1".to_owned() }),
            (7, StatementDirective::AcceptDestructive),
        ]
    );
    assert!(text[found.statements[2].offset..].starts_with("-- lockgate:unless"));
}

#[test]
fn run_as_is_speaks_for_the_file_when_a_blank_line_sets_it_apart() {
    let whole = read("\u{feff}-- lockgate:run-as-is\r\n\r\n-- why\r\nSELECT 1").unwrap();
    assert!(whole.file.run_as_is && whole.statements.is_empty());
    let one = read("-- head\n\n-- lockgate:run-as-is\n-- why\nSELECT 1;\n").unwrap();
    assert!(!one.file.run_as_is && one.statements.len() == 1);
    let later = read("SELECT 1;\n-- lockgate:run-as-is\n\nSELECT 2;\n").unwrap();
    assert!(!later.file.run_as_is && later.statements.len() == 1);
}

#[test]
fn ensure_speaks_for_a_statement_or_a_file_and_takes_a_line_of_a_snapshot() {
    assert!(read("-- lockgate:ensure\n\nSELECT 1").unwrap().file.ensure);
    let text = "-- lockgate:ensure [\"table t\",{}]\n\nSELECT 1;\n-- lockgate:ensure\nSELECT 2";
    let found = read(text).unwrap();
    let state = Some("[\"table t\",{}]".to_owned());
    let all: Vec<_> = found.statements.into_iter().map(|placed| placed.directive).collect();
    assert_eq!(all, [StatementDirective::Ensure { state }, StatementDirective::Ensure { state: None }]);
}

#[test]
fn what_a_compiled_script_says_of_itself_is_read() {
    let digest = "0".repeat(64);
    let text = format!(
        "-- lockgate:trace counts\n-- lockgate:from v/a.py sha256:{digest}\n-- lockgate:expect count 3\n-- lockgate:expect rows 0\nSELECT 1"
    );
    let found = read(&text).unwrap();
    let from = Source { path: "v/a.py".to_owned(), sha256: digest };
    assert_eq!((found.file.trace, found.file.from), (Some(Class::Counts), Some(from)));
    let all: Vec<_> = found.statements.into_iter().map(|placed| placed.directive).collect();
    let rows = Expectation::Rows { count: 0, sha256: None };
    assert_eq!(all, [Expectation::Count(3), rows].map(StatementDirective::Expect));
}

#[test]
fn what_cannot_be_read_is_named_with_its_line() {
    let cases = [
        (
            "\n-- lockgate:optinal\nSELECT 1",
            "line 2: unknown directive `lockgate:optinal`; did you mean `lockgate:optional`?",
        ),
        ("SELECT 1;\n-- lockgate:optional\n;", "none follows"),
        ("SELECT 1; -- lockgate:optional\nSELECT 2", "line of its own"),
        ("-- lockgate:after\nSELECT 1", "takes revision ids"),
        ("-- lockgate:requires users(id\nSELECT 1", "not closed"),
        ("-- lockgate:check dup SELECT 1\nSELECT 1", "in double quotes"),
        ("-- lockgate:check \"x\"\nSELECT 1", "a query is missing"),
        ("-- lockgate:unless DELETE FROM t\nSELECT 1", "a query is missing"),
        ("-- lockgate:accept\nSELECT 1", "accept destructive"),
        ("-- lockgate:run-as-is now\nSELECT 1", "takes no argument"),
        ("-- lockgate: optional\nSELECT 1", "not followed by"),
        ("-- lockgate:trace all\nSELECT 1", "`lockgate:trace` takes one of blind, catalog, counts, rows, runner"),
        ("-- lockgate:trace rows\n-- lockgate:trace rows\nSELECT 1", "stands once in a file"),
        ("-- lockgate:from a.py\nSELECT 1", "`lockgate:from` takes the file that it was compiled from"),
        ("-- lockgate:expect 3\nSELECT 1", "`lockgate:expect` takes `count N`"),
    ];
    for (text, want) in cases {
        let error = one_error(text);
        assert!(error.contains(want), "{text}: {error}");
    }
}

#[test]
fn quotes_and_block_comments_hold_no_directive() {
    let text = "/* -- lockgate:nonsense */ SELECT '\n-- lockgate:nonsense', $$\n-- lockgate:nonsense\n$$; -- see lockgate:nonsense";
    assert_eq!(read(text).unwrap(), Directives::default());
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(-- lockgate:(after|requires|check|unless|optional|[a-z]{0,4}) ?[ -~é]{0,12}\n|.{0,9}\n| ;){0,5}") {
        let _ = read(&text);
    }
}
