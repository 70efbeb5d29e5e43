//! ALTER, RENAME and DROP of an object that the model does not hold.

use super::asked::{Asked, Way};
use super::compared::{altered, function_with, quoted};
use super::question::Question;
use super::row::{self, Row};
use super::{operators, options, text_search};
use crate::sql::nodes::{cascades, listed, named, role, roles};
use crate::sql::parse::{Node, tree};
use tree::ObjectType as Type;

pub(super) fn changed(node: &Node) -> Option<Asked> {
    match node {
        Node::AlterForeignServerStmt(s) => server(s),
        Node::AlterFdwStmt(s) if s.func_options.is_empty() => {
            Some(with_options(&row::plain(Type::ObjectFdw, &s.fdwname)?, "o.fdwoptions", &s.options))
        }
        Node::AlterTsconfigurationStmt(s) => text_search::mapping(s),
        Node::AlterOpFamilyStmt(s) => operators::members(s),
        Node::RenameStmt(s) => {
            let node = s.object.as_deref()?;
            let (old, new) =
                (row::of(s.rename_type(), node, None, None)?, row::of(s.rename_type(), node, Some(&s.newname), None)?);
            Some(moved(&old, &new))
        }
        Node::AlterObjectSchemaStmt(s) => {
            let (kind, node) = (s.object_type(), s.object.as_deref()?);
            Some(moved(&row::of(kind, node, None, None)?, &row::of(kind, node, None, Some(&s.newschema))?))
        }
        Node::DropStmt(s) => {
            let [object] = s.objects.as_slice() else { return None };
            Some(removed(&row::of(s.remove_type(), object, None, None)?, s.missing_ok, cascades(s.behavior())))
        }
        Node::DropUserMappingStmt(s) => {
            let row = row::mapping(&s.user.as_ref().map(role).unwrap_or_default(), &s.servername);
            Some(removed(&row, s.missing_ok, false))
        }
        Node::AlterExtensionContentsStmt(s) => member_of_extension(s),
        Node::AlterTableStmt(s) => of_table(s),
        Node::ReassignOwnedStmt(s) => Some(of_roles("d.deptype = 'o'", &s.roles)),
        Node::DropOwnedStmt(s) => Some(of_roles("d.deptype IN ('o', 'a')", &s.roles)),
        _ => None,
    }
}

/// REASSIGN OWNED and DROP OWNED leave nothing in this database that depends on the roles in this way. Later statements may bring
/// such objects again.
fn of_roles(way: &str, list: &[tree::Node]) -> Asked {
    let named: Vec<String> = roles(list);
    let template = format!(
        "NOT EXISTS (SELECT FROM pg_catalog.pg_shdepend d JOIN pg_catalog.pg_roles r ON r.oid = d.refobjid \
         WHERE d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass AND {way} AND d.dbid = (SELECT b.oid \
         FROM pg_catalog.pg_database b WHERE b.datname = pg_catalog.current_database()) AND r.rolname::text = ANY ({{}}))"
    );
    let names: Vec<Question> = named.iter().map(|name| row::role_name(name)).collect();
    let array = format!("ARRAY[{}]::pg_catalog.text[]", vec!["{}"; names.len()].join(", "));
    Asked {
        object: format!("owned by {}", named.join(", ")),
        moved_to: None,
        way: Way::Sweeps,
        done: Some(Question::of(&template, [Question::of(&array, names)])),
        fails: Question::of("false", []),
        owner: None,
        sets: Vec::new(),
    }
}

fn with_options(row: &Row, column: &str, list: &[tree::Node]) -> Asked {
    let (done, fails) = options::changed(column, list);
    altered(row, done, fails, options::names(list))
}

fn server(s: &tree::AlterForeignServerStmt) -> Option<Asked> {
    let row = row::plain(Type::ObjectForeignServer, &s.servername)?;
    let (mut done, fails) = options::changed("o.srvoptions", &s.options);
    if s.has_version {
        let version = Question::of("o.srvversion IS NOT DISTINCT FROM nullif({}, '')", [Question::literal(&s.version)]);
        done = Question::all(vec![done, version]);
    }
    Some(altered(&row, done, fails, options::names(&s.options)))
}

pub(super) fn mapping(s: &tree::AlterUserMappingStmt) -> Asked {
    let row = row::mapping(&s.user.as_ref().map(role).unwrap_or_default(), &s.servername);
    with_options(&row, "o.umoptions", &s.options)
}

fn moved(old: &Row, new: &Row) -> Asked {
    Asked {
        object: old.words.clone(),
        moved_to: Some(new.words.clone()),
        way: Way::Moves,
        done: Some(Question::all(vec![old.is_missing(), new.exists()])),
        fails: Question::all(vec![old.exists(), new.exists()]),
        owner: new.owner(),
        sets: Vec::new(),
    }
}

fn removed(row: &Row, if_exists: bool, cascades: bool) -> Asked {
    Asked {
        object: row.words.clone(),
        moved_to: None,
        way: Way::Removes { cascades },
        done: Some(row.is_missing()),
        fails: if if_exists { Question::of("false", []) } else { row.is_missing() },
        owner: None,
        sets: Vec::new(),
    }
}

/// ALTER EXTENSION … ADD and DROP of a function or of a relation, the usual members.
fn member_of_extension(s: &tree::AlterExtensionContentsStmt) -> Option<Asked> {
    let object = s.object.as_deref()?.node.as_ref()?;
    let (catalog, oid, shown) = match object {
        Node::ObjectWithArgs(function) => {
            let shown = listed(&function.objname)?.name;
            ("pg_proc", function_with(function)?, shown)
        }
        Node::List(list) if is_relation(s.objtype()) => {
            let named = listed(&list.items)?;
            ("pg_class", Question::resolved("to_regclass", &quoted(&named)), named.name)
        }
        _ => return None,
    };
    let is_member = format!(
        "EXISTS (SELECT FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid \
         WHERE d.classid = 'pg_catalog.{catalog}'::pg_catalog.regclass AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass \
         AND d.deptype = 'e' AND d.objid = {{}} AND e.extname = {{}})"
    );
    let is_member = Question::of(&is_member, [oid, Question::literal(&s.extname)]);
    let is_none = Question::of("NOT {}", [is_member.clone()]);
    let (done, fails) = if s.action > 0 { (is_member.clone(), is_member) } else { (is_none.clone(), is_none) };
    Some(Asked {
        object: format!("member {shown} of extension {}", s.extname),
        moved_to: None,
        way: Way::Changes,
        done: Some(done),
        fails,
        owner: None,
        sets: Vec::new(),
    })
}

fn is_relation(kind: Type) -> bool {
    matches!(kind, Type::ObjectTable | Type::ObjectView | Type::ObjectSequence | Type::ObjectMatview)
}

/// ALTER TABLE with one command that the model does not hold: OPTIONS of a foreign table, OF a type.
fn of_table(s: &tree::AlterTableStmt) -> Option<Asked> {
    let [tree::Node { node: Some(Node::AlterTableCmd(command)) }] = s.cmds.as_slice() else { return None };
    let table = named(s.relation.as_ref()?);
    let oid = Question::resolved("to_regclass", &quoted(&table));
    let (from, column) = match command.subtype() {
        tree::AlterTableType::AtGenericOptions => ("pg_foreign_table o WHERE o.ftrelid = {}", "o.ftoptions"),
        tree::AlterTableType::AtAddOf => ("pg_class o WHERE o.oid = {}", ""),
        _ => return None,
    };
    let words = format!("table {}", table.name);
    let row = Row::new(&format!("pg_catalog.{from}"), vec![oid], None, words);
    if let Some(Node::List(list)) = command.def.as_deref().and_then(|def| def.node.as_ref()) {
        return Some(with_options(&row, column, &list.items));
    }
    let type_ = row::type_of(command.def.as_deref()?)?;
    let of = "o.reloftype IN (SELECT t.oid FROM pg_catalog.pg_type t WHERE t.oid = {})";
    let done = Question::of(of, [row::type_oid(type_)?]);
    Some(altered(&row, done, Question::of("false", []), Vec::new()))
}
