//! A missing object and another one of the same definition: it was renamed, or it was dropped and the other is new. The repair
//! has to be right in both cases.

use crate::object::{Around, Fact, has_word, last_part, split_last};
use crate::verify::Renamed;

/// The way to restore the object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// These statements rename the other one back, with its content.
    Rename(Vec<String>),
    /// It has no content of its own: a new one is created, and the other stays as an unexpected object.
    Beside,
    Unknown {
        why: String,
        sql: Vec<String>,
    },
}

/// The way to restore a missing object. `strangers`: objects that are not in the snapshot.
pub fn way(renamed: &Renamed, found: &Around<'_>, strangers: &[Fact]) -> Way {
    let Renamed { wanted, found: there, .. } = renamed;
    let Some(sql) = statements(wanted, there, found) else {
        let why = format!("{} has its definition in another schema, and the home has no name in a chain", there.name);
        return Way::Unknown { why, sql: Vec::new() };
    };
    if let Some(user) = strangers.iter().find(|fact| speaks_of(fact, there)) {
        let why = format!("{} has its definition, and {} speaks of it by that name", there.name, user.shown());
        return Way::Unknown { why, sql };
    }
    match (holds(wanted), is_proved(renamed)) {
        (Holds::Name, _) | (_, true) => Way::Rename(sql),
        (Holds::Users, false) => Way::Beside,
        (Holds::Rows, false) => Way::Unknown {
            why: format!(
                "it is gone, and {} has its definition: it was renamed, and goes back by its name; or it was dropped, and the other is new",
                there.name
            ),
            sql,
        },
    }
}

/// The content that a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    /// Only a definition, of which a second one is unwanted.
    Name,
    /// A definition to which others refer.
    Users,
    Rows,
}

fn holds(fact: &Fact) -> Holds {
    match fact.kind.word {
        "table" | "column" | "sequence" => Holds::Rows,
        "view" | "type" => Holds::Users,
        _ => Holds::Name,
    }
}

/// True if references followed the object to its new name: the server updates them on a rename, and a new object has none. A copy
/// of a table (CREATE TABLE … LIKE) proves nothing.
fn is_proved(renamed: &Renamed) -> bool {
    let Renamed { wanted, found, witnesses } = renamed;
    let is_moved = split_last(&wanted.name).0 != split_last(&found.name).0;
    let is_copied = |fact: &Fact| match (wanted.kind.word, fact.kind.word) {
        ("table" | "view", "column") => true,
        ("table", "constraint") => fact.get("check").is_some() || is_moved,
        ("table", _) => is_moved && fact.holder() == found.name,
        _ => false,
    };
    witnesses.iter().any(|fact| !is_copied(fact))
}

/// True if an unexpected object refers to it. A function body is read only when it runs, so it does not follow a rename.
fn speaks_of(stranger: &Fact, there: &Fact) -> bool {
    let names_others = matches!(holds(there), Holds::Rows | Holds::Users);
    names_others && stranger.text("source").is_some_and(|source| has_word(source, last_part(there.own_name())))
}

/// None if the object would have to move into the home, which has a different name in each database.
fn statements(wanted: &Fact, there: &Fact, found: &Around<'_>) -> Option<Vec<String>> {
    let to = last_part(wanted.own_name());
    let of_table =
        |act: &str| vec![format!("ALTER TABLE {} RENAME {act} {} TO {to}", there.holder(), there.own_name())];
    match wanted.kind.word {
        "column" => return Some(of_table("COLUMN")),
        "constraint" => return Some(of_table("CONSTRAINT")),
        "index" | "trigger" | "policy" => {
            return Some(vec![format!("ALTER {} RENAME TO {to}", (there.kind.ddl.address)(there, found))]);
        }
        _ => {}
    }
    let mut sql = Vec::new();
    let mut now = there.clone();
    let (schema, of) = split_last(&wanted.name);
    if split_last(&there.name).0 != schema {
        let schema = schema?;
        sql.push(format!("ALTER {} SET SCHEMA {schema}", (now.kind.ddl.address)(&now, found)));
        now.name = format!("{schema}.{}", last_part(&now.name));
    }
    if last_part(&now.name) != of {
        sql.push(format!("ALTER {} RENAME TO {of}", (now.kind.ddl.address)(&now, found)));
    }
    Some(sql)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(line: &str) -> Fact {
        let (identity, set): (String, serde_json::Map<String, serde_json::Value>) = serde_json::from_str(line).unwrap();
        Fact::of_line(&identity, set).unwrap()
    }

    fn renamed(wanted: &str, found: &str, witnesses: &[&str]) -> Renamed {
        Renamed { wanted: fact(wanted), found: fact(found), witnesses: witnesses.iter().map(|it| fact(it)).collect() }
    }

    fn way_of(renamed: &Renamed, strangers: &[&str]) -> Way {
        let strangers: Vec<Fact> = strangers.iter().map(|it| fact(it)).collect();
        way(renamed, &Around::new(&[], 15), &strangers)
    }

    #[test]
    fn a_table_goes_back_where_what_hangs_on_it_followed_it_and_a_copy_has_none_of_that() {
        let (wanted, found) = (r#"["table orders",{}]"#, r#"["table purchases",{}]"#);
        let back = Way::Rename(vec!["ALTER TABLE purchases RENAME TO orders".to_owned()]);
        for (witness, is_proof) in [
            (r#"["index orders_placed",{"on":"purchases","keys":["placed"]}]"#, true),
            (r#"["constraint bills.bills_order_fkey",{"foreign key":["o"],"references":"purchases"}]"#, true),
            (r#"["view big",{"as":"SELECT id FROM purchases"}]"#, true),
            (r#"["constraint purchases.amount_range",{"check":"(amount > 0)"}]"#, false),
            (r#"["column purchases.id",{"type":"integer"}]"#, false),
        ] {
            let way = way_of(&renamed(wanted, found, &[witness]), &[]);
            assert_eq!(way == back, is_proof, "{witness}: {way:?}");
            assert_eq!(matches!(way, Way::Unknown { .. }), !is_proof, "{witness}");
        }
    }

    #[test]
    fn a_copy_in_another_schema_has_its_keys_and_no_reference_to_it() {
        let pair = |witness| renamed(r#"["table side.orders",{}]"#, r#"["table old.orders",{}]"#, &[witness]);
        let own = way_of(&pair(r#"["constraint old.orders.orders_pkey",{"primary key":["id"]}]"#), &[]);
        assert!(matches!(own, Way::Unknown { .. }), "{own:?}");
        let other = way_of(&pair(r#"["view big",{"as":"SELECT id FROM old.orders"}]"#), &[]);
        assert_eq!(other, Way::Rename(vec!["ALTER TABLE old.orders SET SCHEMA side".to_owned()]));
    }

    #[test]
    fn what_holds_no_rows_goes_back_or_is_made_beside() {
        let index = renamed(r#"["index a",{"on":"t"}]"#, r#"["index b",{"on":"t"}]"#, &[]);
        assert_eq!(way_of(&index, &[]), Way::Rename(vec!["ALTER INDEX b RENAME TO a".to_owned()]));
        let view = renamed(r#"["view a",{"as":"SELECT 1"}]"#, r#"["view b",{"as":"SELECT 1"}]"#, &[]);
        assert_eq!(way_of(&view, &[]), Way::Beside);
    }

    #[test]
    fn a_strangers_body_that_says_the_new_name_would_break() {
        let pair = renamed(
            r#"["column t.a",{"type":"int"}]"#,
            r#"["column t.b",{"type":"int"}]"#,
            &[r#"["index i",{"on":"t"}]"#],
        );
        let body = r#"["function f()",{"source":"SELECT b FROM t"}]"#;
        assert!(matches!(way_of(&pair, &[body]), Way::Unknown { .. }));
        assert!(matches!(way_of(&pair, &[]), Way::Rename(_)));
    }
}
