//! Types: enum, composite, domain, range, collation.

use super::model::Model;
use super::state::Expected;
use crate::catalog::{Definition, Key};
use crate::sql::Template;
use crate::statement::change::{Act, AttributeAct, DomainAct, Neighbour};

impl Model<'_> {
    pub(super) fn type_act(&mut self, act: &Act) {
        let path = self.path.clone();
        match act {
            Act::CreateEnum { name, labels } => {
                let name = self.new_name(name);
                self.need_schema(&name);
                self.create(Key::Type(name), Definition::Enum { labels: labels.clone() });
            }
            Act::AddLabel { name, label, if_not_exists, neighbour } => {
                let key = Key::Type(self.type_(name));
                self.change_labels(key, |labels| {
                    if labels.contains(label) {
                        return *if_not_exists;
                    }
                    let place = Neighbour::place(neighbour.as_ref(), labels);
                    place.map(|at| labels.insert(at, label.clone())).is_some()
                });
            }
            Act::RenameLabel { name, from, to } => {
                let type_ = self.type_(name);
                self.blur_labels(from);
                self.change_labels(Key::Type(type_), |labels| {
                    let found = labels.iter_mut().find(|label| *label == from);
                    found.map(|label| label.clone_from(to)).is_some()
                });
            }
            Act::CreateComposite { name, attributes } => {
                let attributes = attributes.iter().map(|one| (one.name.clone(), self.resolved(&one.type_))).collect();
                self.create(Key::Type(self.new_name(name)), Definition::Composite { attributes });
            }
            Act::AlterComposite { name, act } => self.alter_composite(Key::Type(self.type_(name)), act),
            Act::CreateDomain(domain) => {
                self.need_type(&self.resolved(&domain.base));
                let key = Key::Type(self.new_name(&domain.name));
                self.create(key, Definition::Domain { build: domain.build.clone(), path, not_valid: Vec::new() });
            }
            Act::AlterDomain { name, act, build } => self.alter_domain(Key::Type(self.type_(name)), act, build),
            Act::CreateRange { name, build } => {
                let key = Key::Type(self.new_name(name));
                self.create(key, Definition::Range { build: build.clone(), path });
            }
            Act::CreateCollation { name, if_not_exists, build } => {
                let key = Key::Collation(self.new_name(name));
                if !self.is_there_already(&key, *if_not_exists) {
                    self.create(key, Definition::Collation { build: build.clone() });
                }
            }
            _ => {}
        }
    }

    /// `change` returns true if the labels could be changed.
    fn change_labels(&mut self, key: Key, change: impl Fn(&mut Vec<String>) -> bool) {
        self.need(key.clone());
        if let Some(Definition::Enum { labels }) = self.state.definition(&key) {
            let before = labels.clone();
            let mut labels = before.clone();
            if !change(&mut labels) {
                return self.unstate(key);
            }
            if labels == before {
                return self.idle(&key);
            }
            return self.set(key, Definition::Enum { labels });
        }
        self.value(key, Expected::Unknown);
    }

    fn alter_domain(&mut self, key: Key, act: &DomainAct, alter: &Template) {
        self.change_domain(key, alter, |not_valid| match act {
            DomainAct::AddConstraint { name: Some(name), not_valid: true, .. } => not_valid.push(name.clone()),
            DomainAct::DropConstraint { name, .. } | DomainAct::ValidateConstraint { name } => {
                not_valid.retain(|other| other != name);
            }
            DomainAct::AddConstraint { .. }
            | DomainAct::SetDefault(_)
            | DomainAct::DropDefault
            | DomainAct::SetNotNull
            | DomainAct::DropNotNull => {}
        });
    }

    /// Applies one more statement to a domain, which is the result of all its statements.
    pub(super) fn change_domain(&mut self, key: Key, alter: &Template, change: impl Fn(&mut Vec<String>)) {
        self.need(key.clone());
        match self.state.definition(&key).cloned() {
            Some(Definition::Domain { build, path, mut not_valid }) if path == self.path => {
                change(&mut not_valid);
                self.set(key, Definition::Domain { build: build.then(alter), path, not_valid });
            }
            _ => self.unstate(key),
        }
    }

    fn alter_composite(&mut self, key: Key, act: &AttributeAct) {
        self.need(key.clone());
        let Some(Definition::Composite { mut attributes }) = self.state.definition(&key).cloned() else {
            return self.unstate(key);
        };
        match act {
            AttributeAct::Add(one) => attributes.push((one.name.clone(), self.resolved(&one.type_))),
            AttributeAct::Drop { name, .. } => attributes.retain(|(other, _)| other != name),
            AttributeAct::SetType(one) => {
                let type_ = self.resolved(&one.type_);
                attributes.iter_mut().filter(|(name, _)| *name == one.name).for_each(|(_, old)| old.clone_from(&type_));
            }
        }
        self.set(key, Definition::Composite { attributes });
    }
}
