//! Operators, their classes and families.

use super::asked::Asked;
use super::compared::{altered, function_with, made, name_in, none, quoted};
use super::question::Question;
use super::row::{self, Place, type_of, type_oid};
use crate::sql::nodes::{is_on, listed, option};
use crate::sql::parse::{Node, tree};
use tree::ObjectType as Type;

pub(super) fn operator(s: &tree::DefineStmt) -> Option<Asked> {
    let list = &s.definition;
    let side = |name: &str| match option(list, name) {
        Some(given) => type_of(given.arg.as_deref()?).map(Some),
        None => Some(None),
    };
    let row = row::operator(&listed(&s.defnames)?, [side("leftarg")?, side("rightarg")?], Place::Home)?;
    let function = |column: &str, name: &str| {
        let function = name_in(list, name).map_or_else(none, |named| Question::resolved("to_regproc", &quoted(&named)));
        Question::of(&format!("o.{column} = {{}}"), [function])
    };
    let flag = |column: &str, name: &str| match is_on(option(list, name)) {
        true => Question::of(&format!("o.{column}"), []),
        false => Question::of(&format!("NOT o.{column}"), []),
    };
    // Another operator sets these too.
    let partner = |column: &str, name: &str| match name_in(list, name) {
        Some(named) => Question::of(
            &format!("o.{column} IN (SELECT p.oid FROM pg_catalog.pg_operator p WHERE p.oprname = {{}})"),
            [Question::literal(&named.name)],
        ),
        None => Question::of("true", []),
    };
    let named = name_in(list, "function").or_else(|| name_in(list, "procedure"))?;
    let code = called(&named, [side("leftarg")?, side("rightarg")?])?;
    let same = vec![
        Question::of("o.oprcode = {}", [code]),
        function("oprrest", "restrict"),
        function("oprjoin", "join"),
        flag("oprcanmerge", "merges"),
        flag("oprcanhash", "hashes"),
        partner("oprcom", "commutator"),
        partner("oprnegate", "negator"),
    ];
    Some(made(&row, Some(Question::all(same))))
}

/// The function of a name for these arguments.
fn called(named: &crate::sql::Named, sides: [Option<&tree::TypeName>; 2]) -> Option<Question> {
    let sides: Option<Vec<String>> = sides.into_iter().flatten().map(crate::sql::nodes::type_text).collect();
    Some(Question::resolved("to_regprocedure", &format!("{}({})", quoted(named), sides?.join(", "))))
}

pub(super) fn family(s: &tree::CreateOpFamilyStmt) -> Option<Asked> {
    let row = row::within(Type::ObjectOpfamily, &listed(&s.opfamilyname)?, Some(&s.amname), Place::Home)?;
    // Its members come later.
    Some(made(&row, Some(Question::of("true", []))))
}

/// The kinds of an item (PostgreSQL sources, src/include/nodes/parsenodes.h).
const OPERATOR: i32 = 1;
const FUNCTION: i32 = 2;
const STORAGE: i32 = 3;

pub(super) fn class(s: &tree::CreateOpClassStmt) -> Option<Asked> {
    let named = listed(&s.opclassname)?;
    let row = row::within(Type::ObjectOpclass, &named, Some(&s.amname), Place::Home)?;
    let family = if s.opfamilyname.is_empty() { named } else { listed(&s.opfamilyname)? };
    let input = s.datatype.as_ref()?;
    let items: Vec<&tree::CreateOpClassItem> = items(&s.items).collect();
    let stored = items.iter().find(|item| item.itemtype == STORAGE).and_then(|item| item.storedtype.as_ref());
    let mut same = vec![
        Question::of("o.opcintype = {}", [type_oid(input)?]),
        Question::of(if s.is_default { "o.opcdefault" } else { "NOT o.opcdefault" }, []),
        Question::of(
            "o.opcfamily IN (SELECT f.oid FROM pg_catalog.pg_opfamily f WHERE f.opfname = {})",
            [Question::literal(&family.name)],
        ),
        match stored {
            // The input type itself is kept as none.
            Some(type_) => Question::of("o.opckeytype IN ({}, 0)", [type_oid(type_)?]),
            None => Question::of("o.opckeytype = 0", []),
        },
    ];
    for (kind, catalog, prefix, number) in
        [(OPERATOR, "pg_amop", "amop", "amopstrategy"), (FUNCTION, "pg_amproc", "amproc", "amprocnum")]
    {
        let of_kind = items.iter().filter(|item| item.itemtype == kind);
        let numbers: Vec<String> = of_kind.clone().map(|item| item.number.to_string()).collect();
        let numbers = format!("'{{{}}}'::pg_catalog.int2[]", numbers.join(","));
        same.push(Question::of(
            &format!(
                "NOT EXISTS (SELECT FROM pg_catalog.{catalog} p WHERE p.{prefix}family = o.opcfamily AND p.{prefix}lefttype = \
                 o.opcintype AND p.{prefix}righttype = o.opcintype AND p.{number} <> ALL ({numbers}))"
            ),
            [],
        ));
        for item in of_kind {
            same.push(member(item, "o.opcfamily", Some(input))?.is_there);
        }
    }
    Some(made(&row, Some(Question::all(same))))
}

/// An item of a class or family.
struct Member {
    is_there: Question,
    /// True if its number is taken for its types; none if the statement does not name them.
    is_taken: Option<Question>,
}

fn member(item: &tree::CreateOpClassItem, family: &str, input: Option<&tree::TypeName>) -> Option<Member> {
    let (catalog, prefix, number) = match item.itemtype {
        OPERATOR => ("pg_amop", "amop", "amopstrategy"),
        FUNCTION => ("pg_amproc", "amproc", "amprocnum"),
        _ => return None,
    };
    let name = item.name.as_ref();
    let is_operator = item.itemtype == OPERATOR;
    let named = if is_operator { name.map_or(&[][..], |name| &name.objargs) } else { &item.class_args };
    let types = match (named, input) {
        ([left, right], _) => Some([type_of(left)?, type_of(right)?]),
        ([one], _) => Some([type_of(one)?; 2]),
        (_, Some(input)) if is_operator => Some([input; 2]),
        _ => None,
    };
    let slot = format!(
        "EXISTS (SELECT FROM pg_catalog.{catalog} p WHERE p.{prefix}family = {family} AND p.{number} = {}",
        item.number
    );
    let of_types = match types {
        Some([left, right]) => Some(Question::of(
            &format!(" AND p.{prefix}lefttype = {{}} AND p.{prefix}righttype = {{}}"),
            [type_oid(left)?, type_oid(right)?],
        )),
        None => None,
    };
    let value = match name {
        Some(name) if is_operator => Question::of(
            " AND p.amopopr IN (SELECT q.oid FROM pg_catalog.pg_operator q WHERE q.oprname = {})",
            [Question::literal(&listed(&name.objname)?.name)],
        ),
        Some(name) => Question::of(" AND p.amproc = {}", [function_with(name)?]),
        None => Question::of("", []),
    };
    let slot = |parts: [Question; 2]| Question::of(&format!("{slot}{{}}{{}})"), parts);
    Some(Member {
        is_there: slot([of_types.clone().unwrap_or_else(|| Question::of("", [])), value]),
        is_taken: of_types.map(|types| slot([types, Question::of("", [])])),
    })
}

/// ALTER OPERATOR FAMILY … ADD and DROP.
pub(super) fn members(s: &tree::AlterOpFamilyStmt) -> Option<Asked> {
    let row = row::within(Type::ObjectOpfamily, &listed(&s.opfamilyname)?, Some(&s.amname), Place::Path)?;
    let all: Option<Vec<Member>> = items(&s.items).map(|item| member(item, "o.oid", None)).collect();
    let (there, taken): (Vec<_>, Vec<_>) = all?.into_iter().map(|it| (it.is_there, it.is_taken)).unzip();
    let taken: Vec<Question> = taken.into_iter().collect::<Option<_>>()?;
    let not = |all: &[Question]| all.iter().map(|one| Question::of("NOT {}", [one.clone()])).collect::<Vec<_>>();
    let (done, fails) = match s.is_drop {
        true => (not(&taken), Question::any(not(&taken))),
        false => (there, Question::any(taken)),
    };
    Some(altered(&row, Question::all(done), fails, Vec::new()))
}

fn items(list: &[tree::Node]) -> impl Iterator<Item = &tree::CreateOpClassItem> {
    list.iter().filter_map(|item| match &item.node {
        Some(Node::CreateOpClassItem(item)) => Some(item),
        _ => None,
    })
}
