//! Comments, owners, privileges.

use super::model::Model;
use super::state::Expected;
use crate::catalog::{Definition, Key};
use crate::statement::change::{Act, Object, RelationKind};

const SEQUENCE_RIGHTS: [&str; 3] = ["USAGE", "SELECT", "UPDATE"];

impl Model<'_> {
    pub(super) fn rights(&mut self, act: &Act) {
        match act {
            Act::Owner { object, to } => {
                let Some(key) = self.object(object) else { return };
                self.need(key.clone());
                self.owner(key, to);
            }
            Act::Comment { object, text } => {
                let Some(key) = self.object(object) else { return };
                self.need(key.clone());
                let text = text.clone().filter(|text| !text.is_empty());
                self.set(Key::Comment(Box::new(key)), Definition::Word(text));
            }
            // The grant option is not stated: a privilege matches with or without it.
            Act::Grant { grant: false, option: true, object, .. } => {
                if let Some(key) = self.object(object) {
                    self.need(key);
                }
            }
            Act::Grant { grant, object, privileges, columns, grantees, .. } => {
                self.grant(*grant, object, privileges, columns, grantees);
            }
            Act::GrantRole { grant, roles, grantees } => {
                for role in roles {
                    for grantee in grantees {
                        let grantee = &self.role_of(grantee);
                        self.need(Key::Role(role.clone()));
                        self.need(Key::Role(grantee.clone()));
                        self.set(Key::Member(role.clone(), grantee.clone()), Definition::Flag(*grant));
                    }
                }
            }
            _ => {}
        }
    }

    /// Sets a new owner, who also gets the rights of the old one.
    pub(super) fn owner(&mut self, key: Key, to: &str) {
        let to = self.role_of(to);
        self.need(Key::Role(to.clone()));
        let before = self.owner_of(&key);
        for right in self.about(&key) {
            if matches!(&right, Key::Grant(_, role, _) if *role == to || before.as_ref().is_none_or(|before| before == role))
            {
                self.forget(right);
            }
        }
        if let Key::Relation(table) = &key {
            // A sequence that the table owns changes its owner too.
            let owners = self.state.on(table).into_iter().map(|key| Key::Owner(Box::new(key)));
            let owners: Vec<Key> = owners.filter(|owner| self.state.get(owner).is_some()).collect();
            owners.into_iter().for_each(|owner| self.forget(owner));
        }
        self.set(Key::Owner(Box::new(key)), Definition::Word(Some(to)));
    }

    /// The owner of an object that the chain created; none if the chain does not say.
    fn owner_of(&self, key: &Key) -> Option<String> {
        match self.state.get(&Key::Owner(Box::new(key.clone()))) {
            Some(Expected::Present(word)) => match &**word {
                Definition::Word(owner) => owner.clone(),
                _ => None,
            },
            Some(Expected::Blurred(_) | Expected::Exists | Expected::Unknown) => None,
            Some(Expected::Absent) | None => self.role.clone().or_else(|| Some(self.surroundings.user.clone())),
        }
    }

    /// The role that a word means.
    pub(super) fn role_of(&self, name: &str) -> String {
        match name {
            "current_user" | "current_role" | "user" => {
                self.role.clone().unwrap_or_else(|| self.surroundings.user.clone())
            }
            "session_user" => self.surroundings.session_user.clone(),
            name => name.to_owned(),
        }
    }

    /// The comment, the owner and the rights of an object.
    pub(super) fn about(&self, of: &Key) -> Vec<Key> {
        let said = [Key::Comment(Box::new(of.clone())), Key::Owner(Box::new(of.clone()))];
        let is_there = |key: &Key| !matches!(self.state.get(key), Some(Expected::Absent) | None);
        said.into_iter().chain(self.grants_on(of)).filter(is_there).collect()
    }

    /// Every right on an object that a statement named.
    pub(super) fn grants_on(&self, of: &Key) -> Vec<Key> {
        let first = Key::Grant(Box::new(of.clone()), String::new(), String::new());
        let all = self.state.iter_from(&first).map(|(key, _)| key);
        all.take_while(|key| matches!(key, Key::Grant(on, ..) if **on == *of)).cloned().collect()
    }

    /// The value of a right that no statement granted or revoked.
    pub(super) fn right_by_default(&self, of: &Key, role: &str) -> Expected {
        if self.defaults_changed || self.owner_of(of).as_deref() == Some(role) {
            return Expected::Unknown;
        }
        let is_everybodys = role == "public" && matches!(of, Key::Function(..) | Key::Type(_));
        Expected::present(Definition::Flag(is_everybodys))
    }

    fn grant(&mut self, grant: bool, object: &Object, privileges: &[String], columns: &[String], grantees: &[String]) {
        let Some(key) = self.object(object) else { return };
        self.need(key.clone());
        let all;
        let privileges = if privileges.is_empty() {
            all = self.all_privileges(&key, object, !columns.is_empty());
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
                let grantee = self.role_of(grantee);
                if grantee != "public" {
                    self.need(Key::Role(grantee.clone()));
                }
                if privileges.is_empty() {
                    let key = Key::Grant(Box::new(object.clone()), grantee.clone(), "ALL".to_owned());
                    self.value(key, Expected::Unknown);
                }
                for privilege in privileges {
                    self.right(grant, &object, &grantee, &privilege.to_uppercase());
                }
            }
        }
    }

    fn right(&mut self, grant: bool, object: &Key, grantee: &str, privilege: &str) {
        let key = |of: Key| Key::Grant(Box::new(of), grantee.to_owned(), privilege.to_owned());
        if self.owner_of(object).is_none_or(|owner| owner == grantee) {
            // An owner has its rights without a grant.
            return self.value(key(object.clone()), Expected::Unknown);
        }
        let is_sequence = matches!(self.state.shape_of(object), Some(Definition::Sequence { .. }));
        if is_sequence && !SEQUENCE_RIGHTS.contains(&privilege) {
            // The server warns and grants nothing.
            return self.value(key(object.clone()), Expected::Unknown);
        }
        self.set(key(object.clone()), Definition::Flag(grant));
        let Key::Relation(table) = object else { return };
        if !grant {
            // Revoking a privilege on a table also revokes it on the columns.
            let columns = self.state.on(table).into_iter().filter(|key| matches!(key, Key::Column(..)));
            let rights: Vec<Key> = columns.map(key).filter(|key| self.state.is_present(key)).collect();
            rights.into_iter().for_each(|key| self.set(key, Definition::Flag(false)));
        }
    }

    /// The meaning of ALL on every version; MAINTAIN exists since 17 only.
    fn all_privileges(&self, key: &Key, object: &Object, is_column: bool) -> Vec<String> {
        let is_sequence = matches!(object, Object::Relation { kind: RelationKind::Sequence, .. })
            || matches!(self.state.shape_of(key), Some(Definition::Sequence { .. }));
        let words: &[&str] = match key {
            Key::Relation(_) if is_column => &["SELECT", "INSERT", "UPDATE", "REFERENCES"],
            Key::Relation(_) if is_sequence => &SEQUENCE_RIGHTS,
            // The kind of an unknown relation is unknown too.
            Key::Relation(_) if self.state.expect(key) == Expected::Unknown => &[],
            Key::Relation(_) => &["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"],
            Key::Schema(_) => &["USAGE", "CREATE"],
            Key::Function(..) => &["EXECUTE"],
            Key::Type(_) => &["USAGE"],
            _ => &[],
        };
        words.iter().map(|&word| word.to_owned()).collect()
    }
}
