//! What one change does to one object.

use super::{
    Attribute, ConstraintKind, Identity, NewColumn, NewConstraint, NewDomain, NewFunction, NewIndex, NewTable,
    NewTableAs, NewTrigger, NewView, Object, PublicationAct, PublicationOptions, Published, RelationKind,
};
use crate::sql::{Expr, Named, Template, TypeName};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    CreateSchema {
        name: String,
        if_not_exists: bool,
    },
    CreateExtension {
        name: String,
        schema: Option<String>,
        version: Option<String>,
        if_not_exists: bool,
    },
    /// UPDATE (to the newest where no version is named).
    UpdateExtension {
        name: String,
        version: Option<String>,
    },
    CreateRole {
        name: String,
    },
    CreateTable(Box<NewTable>),
    CreateTableAs(Box<NewTableAs>),
    CreateView(Box<NewView>),
    CreateIndex(Box<NewIndex>),
    CreateSequence {
        name: Named,
        if_not_exists: bool,
        temporary: bool,
        build: Template,
        owned_by: Option<(Named, String)>,
    },
    /// Options but for its position; `options` are the words after the name.
    AlterSequence {
        name: Named,
        if_exists: bool,
        /// The statement without its OWNED BY; none where that is all of it.
        options: Option<Template>,
        owned_by: Option<OwnedBy>,
    },
    CreateEnum {
        name: Named,
        labels: Vec<String>,
    },
    AddLabel {
        name: Named,
        label: String,
        if_not_exists: bool,
        neighbour: Option<Neighbour>,
    },
    RenameLabel {
        name: Named,
        from: String,
        to: String,
    },
    CreateComposite {
        name: Named,
        attributes: Vec<Attribute>,
    },
    AlterComposite {
        name: Named,
        act: AttributeAct,
    },
    CreateDomain(Box<NewDomain>),
    AlterDomain {
        name: Named,
        act: DomainAct,
        build: Template,
    },
    /// CREATE TYPE … AS RANGE, CREATE COLLATION, CREATE AGGREGATE is [`Act::CreateFunction`].
    CreateRange {
        name: Named,
        build: Template,
    },
    CreateCollation {
        name: Named,
        if_not_exists: bool,
        build: Template,
    },
    CreateFunction(Box<NewFunction>),
    /// ALTER FUNCTION of its attributes and settings; `build` as a template of the function's name.
    AlterFunction {
        object: Object,
        build: Template,
    },
    CreateTrigger(Box<NewTrigger>),
    CreateEventTrigger {
        name: String,
        event: String,
        function: Named,
        tags: Vec<String>,
    },
    CreatePolicy {
        table: Named,
        name: String,
        build: Template,
    },
    AlterPolicy {
        table: Named,
        name: String,
        build: Template,
    },
    CreateRule {
        table: Named,
        name: String,
        replace: bool,
        build: Template,
    },
    CreateStatistics {
        name: Option<Named>,
        table: Named,
        if_not_exists: bool,
        columns: Vec<String>,
        build: Template,
    },
    CreatePublication {
        name: String,
        all_tables: bool,
        published: Vec<Published>,
        options: PublicationOptions,
    },
    AlterPublication {
        name: String,
        act: PublicationAct,
    },
    /// ALTER TABLE, and what is an ALTER TABLE of an index, a view, a sequence or a foreign table.
    AlterTable {
        kind: RelationKind,
        table: Named,
        /// Not its children.
        only: bool,
        if_exists: bool,
        act: TableAct,
    },
    Rename {
        object: Object,
        to: String,
        if_exists: bool,
    },
    SetSchema {
        object: Object,
        to: String,
        if_exists: bool,
    },
    Owner {
        object: Object,
        to: String,
    },
    Comment {
        object: Object,
        text: Option<String>,
    },
    /// GRANT and REVOKE of privileges, one change for each object; no privileges named: all. The words are lower-case; a table may
    /// be a view.
    Grant {
        grant: bool,
        object: Object,
        privileges: Vec<String>,
        columns: Vec<String>,
        grantees: Vec<String>,
        option: bool,
    },
    /// GRANT role TO role.
    GrantRole {
        grant: bool,
        roles: Vec<String>,
        grantees: Vec<String>,
    },
    /// One change for each object that is named.
    Drop {
        object: Object,
        if_exists: bool,
        cascade: bool,
    },
}

/// A subcommand of ALTER TABLE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableAct {
    AddColumn {
        column: Box<NewColumn>,
        if_not_exists: bool,
    },
    DropColumn {
        column: String,
        if_exists: bool,
        cascade: bool,
    },
    SetType {
        column: String,
        type_: TypeName,
        collation: Option<Named>,
        using: Option<Box<Expr>>,
    },
    SetDefault {
        column: String,
        default: Expr,
    },
    DropDefault {
        column: String,
    },
    SetNotNull {
        column: String,
    },
    DropNotNull {
        column: String,
    },
    /// Also SET EXPRESSION, which changes what a generated column holds.
    SetExpression {
        column: String,
        expr: Expr,
    },
    DropExpression {
        column: String,
        if_exists: bool,
    },
    AddIdentity {
        column: String,
        identity: Identity,
    },
    /// `options` alters the sequence behind it.
    SetIdentity {
        column: String,
        always: Option<bool>,
        options: Option<Template>,
    },
    /// The same, and its sequence begins anew.
    RestartIdentity {
        column: String,
        always: Option<bool>,
        options: Option<Template>,
    },
    DropIdentity {
        column: String,
        if_exists: bool,
    },
    /// SET STATISTICS, SET STORAGE, SET COMPRESSION, SET (n_distinct = …); `property` is its name, `value` as deparsed, none: reset.
    SetColumnProperty {
        column: String,
        property: String,
        value: Option<String>,
    },
    AddConstraint(Box<NewConstraint>),
    DropConstraint {
        name: String,
        if_exists: bool,
        cascade: bool,
    },
    ValidateConstraint {
        name: String,
    },
    /// ALTER CONSTRAINT … DEFERRABLE and so on.
    AlterConstraint {
        name: String,
        deferrable: bool,
        initially_deferred: bool,
    },
    RowSecurity(bool),
    ForceRowSecurity(bool),
    /// A trigger's name, or ALL, or USER; `state` as in pg_trigger.tgenabled (O, D, R, A).
    EnableTrigger {
        name: TriggerName,
        state: char,
    },
    Owner(String),
    SetLogged(bool),
    /// REPLICA IDENTITY: d, f, n as in pg_class.relreplident, or the index.
    ReplicaIdentity(ReplicaIdentity),
    /// CLUSTER ON an index; none: SET WITHOUT CLUSTER.
    ClusterOn(Option<String>),
    /// SET (fillfactor = 70): name and value; RESET: no value.
    SetOptions(Vec<(String, Option<String>)>),
    AttachPartition {
        partition: Named,
        bound: String,
    },
    DetachPartition {
        partition: Named,
    },
    Inherit {
        parent: Named,
        inherit: bool,
    },
    /// Anything else, in words.
    Other(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TriggerName {
    One(String),
    All,
    User,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplicaIdentity {
    Letter(char),
    Index(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnedBy {
    None,
    Column(Named, String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    pub label: String,
    pub after: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttributeAct {
    Add(Attribute),
    Drop { name: String, if_exists: bool },
    SetType(Attribute),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DomainAct {
    SetDefault(Expr),
    DropDefault,
    SetNotNull,
    DropNotNull,
    AddConstraint { name: Option<String>, expr: Expr, not_valid: bool },
    DropConstraint { name: String, if_exists: bool },
    ValidateConstraint { name: String },
}

impl Neighbour {
    /// Where a label goes among others: behind them all where no neighbour is named; none where it is not there.
    pub fn place(neighbour: Option<&Self>, labels: &[impl AsRef<str>]) -> Option<usize> {
        let Some(neighbour) = neighbour else { return Some(labels.len()) };
        let at = labels.iter().position(|label| label.as_ref() == neighbour.label)?;
        Some(at + usize::from(neighbour.after))
    }
}

impl Act {
    /// True where it makes an object whose name the server chooses: it runs twice without an error.
    pub fn is_named_by_the_server(&self) -> bool {
        match self {
            Self::CreateIndex(index) => index.name.is_none(),
            Self::CreateStatistics { name, .. } => name.is_none(),
            Self::AlterTable { act: TableAct::AddConstraint(new), .. } => {
                new.name.is_none() && !matches!(new.kind, ConstraintKind::NotNull { .. })
            }
            _ => false,
        }
    }

    /// The relation that it makes and that goes with its session.
    pub fn temporary(&self) -> Option<&Named> {
        match self {
            Self::CreateTable(new) if new.temporary => Some(&new.name),
            Self::CreateTableAs(new) if new.temporary => Some(&new.name),
            Self::CreateView(new) if new.temporary => Some(&new.name),
            Self::CreateSequence { name, temporary: true, .. } => Some(name),
            _ => None,
        }
    }
}
