//! Resolves names as the server does: through the search_path, over the chain's objects and the existing ones.

use super::model::{Model, is_of_session};
use super::state::Expected;
use crate::catalog::{Definition, Key};
use crate::pg::name::QualifiedName;
use crate::sql::{Named, TypeName};
use crate::statement::change::Object;

fn qualified(schema: &str, name: &str) -> QualifiedName {
    QualifiedName::new(schema, name)
}

impl Model<'_> {
    /// The schema in which an unqualified name is created.
    fn creation_schema(&self) -> String {
        self.path.first().cloned().unwrap_or_else(|| "public".to_owned())
    }

    pub(super) fn new_name(&self, named: &Named) -> QualifiedName {
        qualified(named.schema.as_deref().unwrap_or(&self.creation_schema()), &named.name)
    }

    /// Records a temporary relation, which shadows others of its name.
    pub(super) fn shadows(&mut self, named: &Named, is_temporary: bool) -> bool {
        let is_temporary = is_temporary || is_of_session(&self.new_name(named));
        if is_temporary {
            self.temporaries.insert(named.name.clone(), named.name.clone());
            self.need(Key::Relation(qualified("pg_temp", &named.name)));
        }
        is_temporary
    }

    /// The object that a name in a script means: the chain's first, then an existing one, then the one that would be created.
    fn find(
        &self,
        named: &Named,
        chain: impl Fn(&QualifiedName) -> bool,
        there: impl Fn(&QualifiedName) -> bool,
    ) -> QualifiedName {
        if named.schema.is_some() {
            return self.new_name(named);
        }
        let system = qualified("pg_catalog", &named.name);
        if there(&system) {
            return system;
        }
        let candidates = || self.path.iter().map(|schema| qualified(schema, &named.name));
        let found = candidates().find(|name| chain(name)).or_else(|| candidates().find(|name| there(name)));
        found.unwrap_or_else(|| self.new_name(named))
    }

    pub(super) fn relation(&self, named: &Named) -> QualifiedName {
        if named.schema.is_none() && self.temporaries.contains_key(&named.name) {
            return qualified("pg_temp", &named.name);
        }
        self.find(
            named,
            |name| self.state.is_present(&Key::Relation(name.clone())),
            |name| self.surroundings.relations.contains_key(name),
        )
    }

    pub(super) fn type_(&self, named: &Named) -> QualifiedName {
        self.find(named, |name| self.is_type(name), |name| self.surroundings.types.contains(name))
    }

    fn is_type(&self, name: &QualifiedName) -> bool {
        self.state.is_present(&Key::Type(name.clone()))
            || matches!(
                self.state.definition(&Key::Relation(name.clone())),
                Some(Definition::Table(_) | Definition::View { .. })
            )
    }

    /// A type with its schema, if the chain or the server has it.
    pub(super) fn resolved(&self, type_: &TypeName) -> TypeName {
        let mut type_ = type_.clone();
        if type_.schema.is_none() && !self.is_of_system(&type_.name) {
            let name = self.type_(&Named { schema: None, name: type_.name.clone() });
            if self.is_type(&name) || self.surroundings.types.contains(&name) {
                type_.schema = Some(name.schema.clone());
            }
        }
        type_
    }

    fn is_of_system(&self, type_: &str) -> bool {
        self.surroundings.types.contains(&qualified("pg_catalog", type_))
    }

    pub(super) fn is_built_in(&self, type_: &TypeName) -> bool {
        let schema = type_.schema.as_deref();
        !type_.is_reference && schema.map_or_else(|| self.is_of_system(&type_.name), |schema| schema == "pg_catalog")
    }

    /// True if the chain created the type.
    pub(super) fn is_made_type(&self, type_: &TypeName) -> bool {
        type_.schema.as_ref().is_some_and(|schema| self.is_type(&qualified(schema, &type_.name)))
    }

    /// The type in the form of [`Key::Function`].
    pub(super) fn canonical(&self, type_: &TypeName) -> String {
        let type_ = self.resolved(type_);
        let schema = type_.schema.as_deref().filter(|schema| *schema != "pg_catalog");
        let name = schema.map_or_else(|| type_.name.clone(), |schema| format!("{schema}.{}", type_.name));
        if type_.is_array { name + "[]" } else { name }
    }

    fn functions_named(&self, name: &QualifiedName) -> Vec<Vec<String>> {
        let first = Key::Function(name.clone(), Vec::new());
        let of_chain: Vec<_> = self
            .state
            .iter_from(&first)
            .map_while(|(key, value)| match key {
                Key::Function(other, arguments) if other == name => Some((arguments, value)),
                _ => None,
            })
            .filter(|(_, value)| **value != Expected::Absent)
            .map(|(arguments, _)| arguments.clone())
            .collect();
        if !of_chain.is_empty() {
            return of_chain;
        }
        let facts = self.surroundings.functions.get(name).into_iter().flatten();
        facts.map(|facts| facts.arguments.clone()).collect()
    }

    /// The key of an existing function; none if several share the name and the script does not say which.
    pub(super) fn function(&self, named: &Named, arguments: Option<&[TypeName]>) -> Option<Key> {
        let name = self.find(
            named,
            |name| !self.functions_named(name).is_empty(),
            |name| self.surroundings.functions.contains_key(name),
        );
        if let Some(arguments) = arguments {
            let arguments = arguments.iter().map(|type_| self.canonical(type_)).collect();
            return Some(Key::Function(name, arguments));
        }
        let mut all = self.functions_named(&name);
        if all.len() > 1 {
            return None;
        }
        Some(Key::Function(name, all.pop().unwrap_or_default()))
    }

    pub(super) fn new_function(&self, named: &Named, arguments: &[TypeName]) -> Key {
        let arguments = arguments.iter().map(|type_| self.canonical(type_)).collect();
        Key::Function(self.new_name(named), arguments)
    }

    pub(super) fn collation(&self, named: &Named) -> QualifiedName {
        self.find(
            named,
            |name| self.state.is_present(&Key::Collation(name.clone())),
            |name| self.surroundings.collations.contains(name),
        )
    }

    /// The collation of a column; none if it is the type's own.
    pub(super) fn column_collation(&self, named: Option<&Named>) -> Option<QualifiedName> {
        let found = self.collation(named?);
        (found != qualified("pg_catalog", "default")).then_some(found)
    }

    /// The key of an object that a script names; none for an object that is not judged.
    pub(super) fn object(&self, object: &Object) -> Option<Key> {
        Some(match object {
            Object::Schema(name) => Key::Schema(name.clone()),
            Object::Extension(name) => Key::Extension(name.clone()),
            Object::Role(name) => Key::Role(name.clone()),
            Object::Publication(name) => Key::Publication(name.clone()),
            Object::EventTrigger(name) => Key::EventTrigger(name.clone()),
            Object::Relation { name, .. } => Key::Relation(self.relation(name)),
            Object::Column { table, column } => Key::Column(self.relation(table), column.clone()),
            Object::Constraint { table, name } => Key::Constraint(self.relation(table), name.clone()),
            Object::Trigger { table, name } => Key::Trigger(self.relation(table), name.clone()),
            Object::Policy { table, name } => Key::Policy(self.relation(table), name.clone()),
            Object::Rule { table, name } => Key::Rule(self.relation(table), name.clone()),
            Object::Type(name) | Object::Domain(name) => Key::Type(self.type_(name)),
            Object::Function { name, arguments, .. } => self.function(name, arguments.as_deref())?,
            Object::Collation(name) => Key::Collation(self.collation(name)),
            Object::Statistics(name) => Key::Statistics(self.find(
                name,
                |name| self.state.is_present(&Key::Statistics(name.clone())),
                |_| false,
            )),
            Object::Attribute { .. } | Object::DomainConstraint { .. } | Object::Other(_) => return None,
        })
    }
}
