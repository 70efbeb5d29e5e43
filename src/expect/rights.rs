//! Comments, owners, privileges.

use super::model::Model;
use super::state::Expected;
use crate::catalog::{Definition, Key};
use crate::sql::change::{Act, Object};

impl Model<'_> {
    pub(super) fn rights(&mut self, act: &Act) {
        match act {
            Act::Owner { object, to } => {
                let Some(key) = self.object(object) else { return };
                self.need(key.clone());
                self.need(Key::Role(to.clone()));
                self.set(Key::Owner(Box::new(key)), Definition::Word(Some(to.clone())));
            }
            Act::Comment { object, text } => {
                let Some(key) = self.object(object) else { return };
                self.need(key.clone());
                let text = text.clone().filter(|text| !text.is_empty());
                self.set(Key::Comment(Box::new(key)), Definition::Word(text));
            }
            Act::Grant { grant, object, privileges, columns, grantees, .. } => {
                self.grant(*grant, object, privileges, columns, grantees);
            }
            Act::GrantRole { grant, roles, grantees } => {
                for role in roles {
                    for grantee in grantees {
                        self.need(Key::Role(role.clone()));
                        self.need(Key::Role(grantee.clone()));
                        self.set(Key::Member(role.clone(), grantee.clone()), Definition::Flag(*grant));
                    }
                }
            }
            _ => {}
        }
    }

    fn grant(&mut self, grant: bool, object: &Object, privileges: &[String], columns: &[String], grantees: &[String]) {
        let Some(key) = self.object(object) else { return };
        self.need(key.clone());
        let all;
        let privileges = if privileges.is_empty() {
            all = all_privileges(&key);
            &all
        } else {
            privileges
        };
        let objects: Vec<Key> = match (&key, columns) {
            (Key::Relation(table), [_, ..]) => {
                columns.iter().map(|column| Key::Column(table.clone(), column.clone())).collect()
            }
            _ => vec![key],
        };
        for object in objects {
            for grantee in grantees {
                if grantee != "public" {
                    self.need(Key::Role(grantee.clone()));
                }
                if privileges.is_empty() {
                    self.value(
                        Key::Grant(Box::new(object.clone()), grantee.clone(), "ALL".to_owned()),
                        Expected::Unknown,
                    );
                }
                for privilege in privileges {
                    let key = Key::Grant(Box::new(object.clone()), grantee.clone(), privilege.to_uppercase());
                    self.set(key, Definition::Flag(grant));
                }
            }
        }
    }
}

/// What ALL stands for, on every version alike; MAINTAIN came with 17.
fn all_privileges(key: &Key) -> Vec<String> {
    let words: &[&str] = match key {
        Key::Relation(_) => &["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"],
        Key::Schema(_) => &["USAGE", "CREATE"],
        Key::Function(..) => &["EXECUTE"],
        Key::Type(_) => &["USAGE"],
        _ => &[],
    };
    words.iter().map(|&word| word.to_owned()).collect()
}
