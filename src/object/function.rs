//! Functions, procedures, aggregates and window functions, each by its input types.

use super::ddl::{By, Ddl, Around, Setting, Turn, Unwritable, body, ident, list, literal, signature};
use super::{Form, Holder, Kind, Word, Fact};

pub const KIND: Kind = Kind {
    word: "function",
    query: include_str!("function.sql"),
    ddl: Ddl { turn: |_| Turn::Function, address, create, drop: |fact, _| vec![format!("DROP ROUTINE {}", fact.name)] },
    holder: Holder::Itself,
    properties: &[
        ("kind", Form::Word, By::Again),
        ("arguments", Form::Part("CREATE FUNCTION own(", ") RETURNS int LANGUAGE sql AS ''"), By::Again),
        ("returns", Form::Word, By::Again),
        ("language", Form::Word, By::Replace),
        ("volatility", Form::Word, By::Alter(volatility)),
        ("strict", Form::Flag, By::Alter(strict)),
        ("security definer", Form::Flag, By::Alter(security)),
        ("leakproof", Form::Flag, By::Alter(leakproof)),
        ("parallel", Form::Word, By::Alter(parallel)),
        ("cost", Form::Word, By::Alter(cost)),
        ("rows", Form::Word, By::Alter(rows)),
        ("set", Form::List, By::Alter(settings)),
        ("support", Form::Word, By::Replace),
        ("transforms", Form::List, By::Replace),
        ("source", Form::Word, By::Replace),
        ("body", Form::Part("CREATE FUNCTION own() RETURNS int LANGUAGE sql ", ""), By::Replace),
        ("symbol", Form::Word, By::Replace),
        ("aggregate", Form::List, By::Again),
        ("comment", Form::Word, By::Comment),
        ("owner", Form::Word, By::Owner),
        ("grants", Form::List, By::Grants(|fact| format!("ROUTINE {}", fact.name))),
    ],
    words: &[
        Word { name: "{sql_body}", since: 14, then: "CASE WHEN f.prosqlbody IS NOT NULL THEN pg_get_function_sqlbody(f.oid) END", before: "NULL::text" },
    ],
};

fn address(fact: &Fact, _: &Around<'_>) -> String {
    format!("ROUTINE {}", fact.name)
}

fn create(fact: &Fact, _: &Around<'_>) -> Result<Vec<String>, Unwritable> {
    let name = signature(&fact.name).0;
    let arguments = fact.text("arguments").unwrap_or_default();
    if let Some(aggregate) = fact.get("aggregate") {
        return Ok(vec![format!("CREATE AGGREGATE {name}({arguments}) ({})", made_of(aggregate, fact).join(", "))]);
    }
    let word = if fact.text("kind") == Some("procedure") { "PROCEDURE" } else { "FUNCTION" };
    let returns = fact.text("returns").map(|it| format!(" RETURNS {it}")).unwrap_or_default();
    let language = ident(fact.text("language").unwrap_or("sql"));
    let options: String = options(fact).iter().map(|it| format!(" {it}")).collect();
    let body = match (fact.text("body"), fact.text("symbol")) {
        (Some(parsed), _) => parsed.to_owned(),
        (None, Some(file)) => format!("AS {}, {}", literal(file), literal(fact.text("source").unwrap_or_default())),
        (None, None) => format!("AS {}", body(fact.text("source").unwrap_or_default())),
    };
    Ok(vec![format!("CREATE {word} {name}({arguments}){returns} LANGUAGE {language}{options} {body}")])
}

fn options(fact: &Fact) -> Vec<String> {
    let text = |property: &str| fact.text(property);
    let is = |property: &str| fact.get(property).is_some();
    let transforms: Vec<String> = list(fact.get("transforms")).iter().map(|it| format!("FOR TYPE {it}")).collect();
    let mut words = Vec::new();
    words.extend((!transforms.is_empty()).then(|| format!("TRANSFORM {}", transforms.join(", "))));
    words.extend((text("kind") == Some("window")).then(|| "WINDOW".to_owned()));
    words.extend(text("volatility").map(str::to_uppercase));
    words.extend(is("strict").then(|| "STRICT".to_owned()));
    words.extend(is("security definer").then(|| "SECURITY DEFINER".to_owned()));
    words.extend(is("leakproof").then(|| "LEAKPROOF".to_owned()));
    words.extend(text("parallel").map(|it| format!("PARALLEL {}", it.to_uppercase())));
    words.extend(text("cost").map(|it| format!("COST {it}")));
    words.extend(text("rows").map(|it| format!("ROWS {it}")));
    words.extend(text("support").map(|it| format!("SUPPORT {it}")));
    words.extend(list(fact.get("set")).iter().map(|it| setting_of(it)));
    words
}

/// The words of CREATE AGGREGATE.
fn made_of(aggregate: &serde_json::Value, fact: &Fact) -> Vec<String> {
    let get = |name: &str| aggregate.get(name).filter(|value| !value.is_null());
    let plain = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let modify = |value: &serde_json::Value| match value.as_str() {
        Some("s") => "SHAREABLE",
        Some("w") => "READ_WRITE",
        _ => "READ_ONLY",
    };
    let mut words = Vec::new();
    for (word, name) in [
        ("SFUNC", "transition"),
        ("STYPE", "state"),
        ("SSPACE", "space"),
        ("FINALFUNC", "final"),
        ("COMBINEFUNC", "combine"),
        ("SERIALFUNC", "serialise"),
        ("DESERIALFUNC", "deserialise"),
        ("MSFUNC", "moving"),
        ("MINVFUNC", "inverse"),
        ("MSTYPE", "moving_state"),
        ("MSSPACE", "moving_space"),
        ("MFINALFUNC", "moving_final"),
    ] {
        words.extend(get(name).map(|value| format!("{word} = {}", plain(value))));
    }
    for (word, name) in [("INITCOND", "initial"), ("MINITCOND", "moving_initial")] {
        words.extend(get(name).map(|value| format!("{word} = {}", literal(&plain(value)))));
    }
    for (word, name) in [("FINALFUNC_MODIFY", "modify"), ("MFINALFUNC_MODIFY", "moving_modify")] {
        words.extend(get(name).map(|value| format!("{word} = {}", modify(value))));
    }
    words.extend(get("final_extra").map(|_| "FINALFUNC_EXTRA".to_owned()));
    words.extend(get("moving_extra").map(|_| "MFINALFUNC_EXTRA".to_owned()));
    words.extend(get("sort").map(|value| format!("SORTOP = OPERATOR({})", signature(&plain(value)).0)));
    words.extend(fact.text("parallel").map(|it| format!("PARALLEL = {}", it.to_uppercase())));
    words.extend((get("kind").and_then(serde_json::Value::as_str) == Some("h")).then(|| "HYPOTHETICAL".to_owned()));
    words
}

/// Settings that are lists are kept as SQL writes them (PostgreSQL's GUC_LIST_QUOTE).
const LISTS: &[&str] = &[
    "search_path",
    "temp_tablespaces",
    "session_preload_libraries",
    "local_preload_libraries",
    "shared_preload_libraries",
];

fn setting_of(line: &str) -> String {
    let (name, value) = line.split_once('=').unwrap_or((line, ""));
    match LISTS.contains(&name) {
        true => format!("SET {name} TO {value}"),
        false => format!("SET {name} TO {}", literal(value)),
    }
}

fn alter(setting: &Setting<'_>, act: &str) -> Result<Vec<String>, Unwritable> {
    let word = if setting.fact.text("kind") == Some("procedure") { "PROCEDURE" } else { "FUNCTION" };
    Ok(vec![format!("ALTER {word} {} {act}", setting.fact.name)])
}

fn volatility(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    alter(setting, &setting.text().unwrap_or("volatile").to_uppercase())
}

fn strict(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    alter(setting, if setting.is_set() { "STRICT" } else { "CALLED ON NULL INPUT" })
}

fn security(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    alter(setting, if setting.is_set() { "SECURITY DEFINER" } else { "SECURITY INVOKER" })
}

fn leakproof(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    alter(setting, if setting.is_set() { "LEAKPROOF" } else { "NOT LEAKPROOF" })
}

fn parallel(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    if setting.fact.get("aggregate").is_some() {
        return Err("ALTER AGGREGATE has no word for it".into());
    }
    alter(setting, &format!("PARALLEL {}", setting.text().unwrap_or("unsafe").to_uppercase()))
}

fn cost(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let is_of_machine = matches!(setting.fact.text("language"), Some("c" | "internal"));
    alter(setting, &format!("COST {}", setting.text().unwrap_or(if is_of_machine { "1" } else { "100" })))
}

fn rows(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    alter(setting, &format!("ROWS {}", setting.text().unwrap_or("1000")))
}

fn settings(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let (wanted, old) = (list(setting.wanted), list(setting.old));
    let name = |line: &String| line.split('=').next().unwrap_or_default().to_owned();
    let gone = old.iter().map(name).filter(|it| !wanted.iter().any(|line| name(line) == *it));
    let acts: Vec<String> = gone
        .map(|name| format!("RESET {name}"))
        .chain(wanted.iter().filter(|line| !old.contains(line)).map(|line| setting_of(line)))
        .collect();
    acts.iter().map(|act| alter(setting, act)).collect::<Result<Vec<_>, _>>().map(|all| all.concat())
}
