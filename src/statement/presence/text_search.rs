//! Text search: configurations and their mappings, dictionaries, parsers, templates.

use super::asked::Asked;
use super::compared::{altered, made, name_in, none, others, quoted};
use super::question::Question;
use super::row::{self, Place};
use crate::sql::Named;
use crate::sql::nodes::{listed, option, strings};
use crate::sql::parse::{Node, tree};
use tree::ObjectType as Type;

pub(super) fn defined(s: &tree::DefineStmt) -> Option<Asked> {
    let row = row::within(s.kind(), &listed(&s.defnames)?, None, Place::Home)?;
    let function = |column: &str, name: &str| {
        let function = match name_in(&s.definition, name) {
            Some(named) => Question::resolved("to_regproc", &quoted(&named)),
            None => none(),
        };
        Question::of(&format!("o.{column} = {{}}"), [function])
    };
    let same = match s.kind() {
        Type::ObjectTsconfiguration => configuration(&s.definition)?,
        Type::ObjectTsdictionary => {
            let template = name_in(&s.definition, "template")?;
            let is_template = Question::of("o.dicttemplate = {}", [object("pg_ts_template", "tmpl", &template)]);
            Question::all(vec![is_template, initial_options(&s.definition)])
        }
        Type::ObjectTstemplate => Question::all(vec![function("tmplinit", "init"), function("tmpllexize", "lexize")]),
        Type::ObjectTsparser => Question::all(vec![
            function("prsstart", "start"),
            function("prstoken", "gettoken"),
            function("prsend", "end"),
            function("prslextype", "lextypes"),
            function("prsheadline", "headline"),
        ]),
        _ => return None,
    };
    Some(made(&row, Some(same)))
}

/// The oid of an object that a statement names: in pg_catalog, else in a schema of the path, as the server looks for it.
fn object(catalog: &str, prefix: &str, named: &Named) -> Question {
    let schemas = match &named.schema {
        Some(schema) => Question::array(std::slice::from_ref(schema)),
        None => Question::of("pg_catalog.array_cat('{pg_catalog}'::pg_catalog.text[], {})", [Question::path()]),
    };
    let template = format!(
        "(SELECT x.oid FROM pg_catalog.{catalog} x JOIN pg_catalog.pg_namespace s ON s.oid = x.{prefix}namespace \
         WHERE x.{prefix}name = {{}} AND s.nspname::text = ANY ({{}}) \
         ORDER BY pg_catalog.array_position({{}}, s.nspname::text) LIMIT 1)"
    );
    Question::of(&template, [Question::literal(&named.name), schemas.clone(), schemas])
}

/// The parser, and the mappings of the copied configuration or none, apart from those that a later statement sets.
fn configuration(definition: &[tree::Node]) -> Option<Question> {
    let mappings = |config: Question| {
        let template = "ARRAY(SELECT pg_catalog.concat_ws(' ', m.maptokentype, m.mapseqno, m.mapdict) \
            FROM pg_catalog.pg_ts_config_map m JOIN pg_catalog.pg_ts_config c ON c.oid = m.mapcfg \
            CROSS JOIN LATERAL pg_catalog.ts_token_type(c.cfgparser) t \
            WHERE m.mapcfg = {} AND t.tokid = m.maptokentype AND t.alias <> ALL ({}) \
            ORDER BY m.maptokentype, m.mapseqno)";
        Question::of(template, [config, Question::later()])
    };
    let own = mappings(Question::of("o.oid", []));
    Some(match (name_in(definition, "copy"), name_in(definition, "parser")) {
        (Some(source), _) => {
            let source = object("pg_ts_config", "cfg", &source);
            let parser = Question::of(
                "o.cfgparser = (SELECT x.cfgparser FROM pg_catalog.pg_ts_config x WHERE x.oid = {})",
                [source.clone()],
            );
            Question::all(vec![parser, Question::of("{} = {}", [own, mappings(source)])])
        }
        (None, Some(parser)) => Question::all(vec![
            Question::of("o.cfgparser = {}", [object("pg_ts_parser", "prs", &parser)]),
            Question::of("pg_catalog.cardinality({}) = 0", [own]),
        ]),
        (None, None) => return None,
    })
}

/// The options as the server keeps them (PostgreSQL sources, src/backend/commands/tsearchcmds.c: serialize_deflist).
fn initial_options(definition: &[tree::Node]) -> Question {
    let all = others(definition, "template");
    if all.is_empty() {
        return Question::of("o.dictinitoption IS NULL", []);
    }
    let one = |(name, value): (String, String)| {
        let given = option(definition, &name).and_then(|it| it.arg.as_deref());
        let is_number = given.is_some_and(|given| matches!(given.node, Some(Node::Integer(_) | Node::Float(_))));
        let escape = if value.contains('\\') { "E" } else { "" };
        let value = match is_number {
            true => value,
            false => format!("{escape}'{}'", value.replace('\\', "\\\\").replace('\'', "''")),
        };
        let parts = [Question::literal(&name), Question::literal(&format!(" = {value}"))];
        Question::of("pg_catalog.concat(pg_catalog.quote_ident({}), {})", parts)
    };
    let template = format!("o.dictinitoption = pg_catalog.concat_ws(', ', {})", vec!["{}"; all.len()].join(", "));
    Question::of(&template, all.into_iter().map(one))
}

/// ALTER TEXT SEARCH CONFIGURATION: mappings of kinds of token.
pub(super) fn mapping(s: &tree::AlterTsConfigurationStmt) -> Option<Asked> {
    use tree::AlterTsConfigType as Kind;
    let row = row::within(Type::ObjectTsconfiguration, &listed(&s.cfgname)?, None, Place::Path)?;
    let tokens = strings(&s.tokentype);
    let dictionaries: Vec<Named> = s.dicts.iter().filter_map(crate::sql::nodes::listed_in).collect();
    // The dictionaries of one kind of token, in order.
    let found = "ARRAY(SELECT m.mapdict FROM pg_catalog.pg_ts_config_map m \
        CROSS JOIN LATERAL pg_catalog.ts_token_type(o.cfgparser) t \
        WHERE m.mapcfg = o.oid AND t.tokid = m.maptokentype AND t.alias = {} ORDER BY m.mapseqno)";
    let of = |token: &String| Question::of(found, [Question::literal(token)]);
    let is_empty = |token: &String| Question::of("pg_catalog.cardinality({}) = 0", [of(token)]);
    let is_mapped = |token: &String| Question::of("pg_catalog.cardinality({}) > 0", [of(token)]);
    let is_wanted = |token: &String| {
        let oids = dictionaries.iter().map(|named| object("pg_ts_dict", "dict", named)).collect::<Vec<_>>();
        let list = vec!["{}"; oids.len()].join(", ");
        let template = format!(
            "({{}} = ANY ({{}}) AND pg_catalog.cardinality({{}}) > 0 OR {{}} = ARRAY[{list}]::pg_catalog.oid[])"
        );
        let parts = vec![Question::literal(token), Question::later(), of(token), of(token)];
        Question::of(&template, parts.into_iter().chain(oids))
    };
    let (done, fails) = match s.kind() {
        Kind::AlterTsconfigAddMapping => {
            let fails = Question::any(tokens.iter().map(is_mapped).collect());
            (tokens.iter().map(is_wanted).collect(), fails)
        }
        Kind::AlterTsconfigAlterMappingForToken => (tokens.iter().map(is_wanted).collect(), Question::of("false", [])),
        Kind::AlterTsconfigDropMapping => {
            let fails = if s.missing_ok { Vec::new() } else { tokens.iter().map(is_empty).collect() };
            (tokens.iter().map(is_empty).collect(), Question::any(fails))
        }
        Kind::AlterTsconfigReplaceDict | Kind::AlterTsconfigReplaceDictForToken | Kind::AlterTsconfigTypeUndefined => {
            return None;
        }
    };
    Some(altered(&row, Question::all(done), fails, tokens))
}
