//! The act of one change on one object.

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
    /// UPDATE; none means the newest version.
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
    /// Options except the position; `options` holds the words after the name.
    AlterSequence {
        name: Named,
        if_exists: bool,
        /// The statement without its OWNED BY; none if it has nothing else.
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
    /// CREATE TYPE … AS RANGE. CREATE COLLATION has an act of its own, CREATE AGGREGATE is [`Act::CreateFunction`].
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
    /// ALTER FUNCTION of attributes and settings; `build` is a template over the function's name.
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
    /// ALTER TABLE, and the forms of it for an index, a view, a sequence or a foreign table.
    AlterTable {
        kind: RelationKind,
        table: Named,
        /// True for ONLY: children are not changed.
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
    /// GRANT and REVOKE of privileges, one change for each object. No privilege named means all. Privileges are in lower case; a
    /// table may be a view.
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
    /// DROP, one change for each object.
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
    /// Also SET EXPRESSION, which changes the values of a generated column.
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
    /// `options` alters the sequence of the identity column.
    SetIdentity {
        column: String,
        always: Option<bool>,
        options: Option<Template>,
    },
    /// As [`Self::SetIdentity`], and the sequence restarts.
    RestartIdentity {
        column: String,
        always: Option<bool>,
        options: Option<Template>,
    },
    DropIdentity {
        column: String,
        if_exists: bool,
    },
    /// SET STATISTICS, SET STORAGE, SET COMPRESSION, SET (n_distinct = …). `property` is its name, `value` the deparsed value;
    /// none means reset.
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
    /// `name` is a trigger, ALL or USER; `state` is as in pg_trigger.tgenabled (O, D, R, A).
    EnableTrigger {
        name: TriggerName,
        state: char,
    },
    Owner(String),
    SetLogged(bool),
    /// REPLICA IDENTITY: d, f, n as in pg_class.relreplident, or the index.
    ReplicaIdentity(ReplicaIdentity),
    /// CLUSTER ON an index; none means SET WITHOUT CLUSTER.
    ClusterOn(Option<String>),
    /// SET (fillfactor = 70): name and value; RESET has no value.
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
    SetTablespace,
    SetAccessMethod,
    /// Any other subcommand, in words.
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
    /// The position of a new label among others: the end if no neighbour is named; none if the neighbour does not exist.
    pub fn place(neighbour: Option<&Self>, labels: &[impl AsRef<str>]) -> Option<usize> {
        let Some(neighbour) = neighbour else { return Some(labels.len()) };
        let at = labels.iter().position(|label| label.as_ref() == neighbour.label)?;
        Some(at + usize::from(neighbour.after))
    }
}

impl Act {
    /// True if the server chooses the name of the new object: the statement runs twice without an error.
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

    /// The temporary relation that the change creates.
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
