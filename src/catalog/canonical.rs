//! A found object as one text, without its own name and its table's: equal texts mean equal objects.

use super::found::{
    DomainConstraint, Found, FoundConstraint, FoundFunction, FoundPolicy, FoundRule, FoundTrigger, FoundView,
};
use crate::pg::name::{quote_ident, quote_literal};

/// The text that is the same for any two objects of one definition.
pub(super) fn text(found: &Found) -> String {
    match found {
        Found::Default(None) => "no default".to_owned(),
        Found::Default(Some(default)) => format!("DEFAULT {}", default.expression),
        Found::Column(column) => match &column.generated {
            Some((expression, stored)) => {
                let kind = if *stored { "STORED" } else { "VIRTUAL" };
                format!("{} GENERATED ALWAYS AS ({expression}) {kind}", column.format)
            }
            None => column.format.clone(),
        },
        Found::Constraint(constraint) => constraint_text(constraint).to_owned(),
        Found::Index(index) => {
            let unique = if index.unique { "UNIQUE INDEX" } else { "INDEX" };
            format!("{unique} {}", index.definition)
        }
        Found::View(view) => view_text(view),
        Found::Function(function) => function_text(function),
        Found::Trigger(trigger) => trigger_text(trigger, "own", "t"),
        Found::Policy(policy) => policy_text(policy, "own", "t"),
        Found::Rule(rule) => rule_text(rule, "own", "t"),
        Found::Domain(domain) => {
            let constraint = |it: &DomainConstraint| {
                format!("CONSTRAINT {} {}", quote_ident(&it.name), it.definition.trim_end_matches(" NOT VALID"))
            };
            let mut constraints: Vec<String> = domain.constraints.iter().map(constraint).collect();
            constraints.sort_unstable();
            let mut text = domain.base.clone();
            text += &domain.collation.as_ref().map(|it| format!(" COLLATE {it}")).unwrap_or_default();
            text += &domain.default.as_ref().map(|it| format!(" DEFAULT {it}")).unwrap_or_default();
            text += if domain.not_null { " NOT NULL" } else { "" };
            for constraint in constraints {
                text = format!("{text} {constraint}");
            }
            text
        }
        Found::Statistics(statistics) => {
            let mut expressions = statistics.expressions.clone();
            expressions.sort();
            let kinds: String = statistics.kinds.iter().collect();
            format!("({kinds}) ON {}", [statistics.columns.clone(), expressions].concat().join(", "))
        }
        Found::Collation(it) => format!(
            "provider {}, deterministic {}, collate {}, ctype {}, locale {}, rules {}",
            it.provider,
            it.deterministic,
            quoted(&it.collate),
            quoted(&it.ctype),
            quoted(&it.locale),
            quoted(&it.rules)
        ),
        Found::Sequence(sequence) => sequence.options(),
        Found::Range(it) => format!(
            "RANGE (subtype {}, collation {}, operator class {}, canonical {}, difference {})",
            it.subtype,
            quoted(&it.collation),
            quoted(&it.operator_class),
            it.canonical,
            it.difference
        ),
        other => format!("{other:?}"),
    }
}

/// The statement that creates an existing trigger, policy or rule under a quoted name and on a quoted table.
pub fn statement_of(found: &Found, own: &str, target: &str) -> Option<String> {
    match found {
        Found::Trigger(trigger) => Some(trigger_text(trigger, own, target)),
        Found::Policy(policy) => Some(policy_text(policy, own, target)),
        Found::Rule(rule) => Some(rule_text(rule, own, target)),
        _ => None,
    }
}

fn quoted(text: &Option<String>) -> String {
    text.as_deref().map_or_else(|| "none".to_owned(), quote_literal)
}

/// The definition without the mark that a later VALIDATE removes.
pub(super) fn constraint_text(constraint: &FoundConstraint) -> &str {
    constraint.definition.trim_end_matches(" NOT VALID")
}

fn view_text(view: &FoundView) -> String {
    let columns: Vec<String> = view.columns.iter().map(|(name, type_)| format!("{name} {type_}")).collect();
    // The view's options have keys of their own.
    format!("({}) AS{}", columns.join(", "), view.query)
}

fn function_text(it: &FoundFunction) -> String {
    let mut words = vec![format!("({})", it.arguments)];
    words.extend(it.result.as_ref().map(|result| format!("RETURNS {result}")));
    words.extend(it.aggregate.as_ref().map(|aggregate| format!("AGGREGATE {aggregate}")));
    let volatility = match it.volatility {
        'i' => "IMMUTABLE",
        's' => "STABLE",
        _ => "VOLATILE",
    };
    let parallel = match it.parallel {
        's' => "SAFE",
        'r' => "RESTRICTED",
        _ => "UNSAFE",
    };
    words.push(format!("LANGUAGE {} {volatility} PARALLEL {parallel} COST {} ROWS {}", it.language, it.cost, it.rows));
    words.extend((it.kind == 'w').then(|| "WINDOW".to_owned()));
    words.extend(it.strict.then(|| "STRICT".to_owned()));
    words.extend(it.security_definer.then(|| "SECURITY DEFINER".to_owned()));
    words.extend(it.leakproof.then(|| "LEAKPROOF".to_owned()));
    words.extend(it.support.as_ref().map(|support| format!("SUPPORT {support}")));
    words.extend(it.transforms.as_ref().map(|types| format!("TRANSFORM {}", types.join(", "))));
    let mut config = it.config.clone();
    config.sort();
    words.extend(config.iter().map(|setting| format!("SET {setting}")));
    words.extend(it.binary.as_ref().map(|file| format!("AS '{file}'")));
    words.push(match &it.body {
        Some(body) => body.clone(),
        None => format!("AS $${}$$", it.source),
    });
    words.join(" ")
}

/// The trigger on another table, `t` if only the definition counts. The server writes the name after TRIGGER, the table after ON.
pub(super) fn trigger_text(it: &FoundTrigger, own: &str, target: &str) -> String {
    elsewhere(&it.definition, &it.written, (" TRIGGER ", own), (" ON ", target))
}

pub(super) fn rule_text(it: &FoundRule, own: &str, target: &str) -> String {
    elsewhere(&it.definition, &it.written, (" RULE ", own), (" TO ", target))
}

/// The definition under another name and on another table. The server writes the schema of a temporary table as an alias.
fn elsewhere(text: &str, written: &(String, String, String), own: (&str, &str), table: (&str, &str)) -> String {
    let (name, qualified, bare) = written;
    let text = text.replacen(&format!("{}{name} ", own.0), &format!("{}{} ", own.0, own.1), 1);
    let forms = [qualified.clone(), format!("pg_temp.{bare}"), bare.clone()];
    let places = forms.iter().filter_map(|form| {
        let found = format!("{}{form}", table.0);
        Some((text.find(&found)?, found.len()))
    });
    match places.min_by_key(|(at, length)| (*at, std::cmp::Reverse(*length))) {
        Some((at, length)) => format!("{}{}{}{}", &text[..at], table.0, table.1, &text[at + length..]),
        None => text,
    }
}

pub(super) fn policy_text(it: &FoundPolicy, own: &str, target: &str) -> String {
    let command = match it.command {
        'r' => "SELECT",
        'a' => "INSERT",
        'w' => "UPDATE",
        'd' => "DELETE",
        _ => "ALL",
    };
    let roles: Vec<String> =
        it.roles.iter().map(|role| if role == "public" { "PUBLIC".to_owned() } else { quote_ident(role) }).collect();
    let kind = if it.permissive { "PERMISSIVE" } else { "RESTRICTIVE" };
    let mut text = format!("CREATE POLICY {own} ON {target} AS {kind} FOR {command} TO {}", roles.join(", "));
    text += &it.using.as_ref().map(|it| format!(" USING ({it})")).unwrap_or_default();
    text += &it.check.as_ref().map(|it| format!(" WITH CHECK ({it})")).unwrap_or_default();
    text
}
