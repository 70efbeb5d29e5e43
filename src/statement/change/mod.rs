//! The effect of a statement on the objects of a database, as far as its text tells. Names are as written, not resolved.

mod act;
mod comments;
mod conversion;
mod data;
mod effect;
mod label;
mod made;
mod object;
mod opaque;
mod publication;
pub mod question;
mod serial;
mod unjudged;

pub use act::{Act, AttributeAct, DomainAct, Neighbour, OwnedBy, ReplicaIdentity, TableAct, TriggerName};
pub use conversion::{Conversion, is_utc};
pub use data::{Data, DataAct, IsCalled, Picked, PositionOf, Positions};
pub use effect::{Change, Effect, Setting};
pub use label::made;
pub use made::{
    Attribute, ConstraintKind, ForeignKey, Generated, Identity, IndexKey, Like, NewColumn, NewConstraint, NewDomain,
    NewFunction, NewIndex, NewTable, NewTableAs, NewTrigger, NewView,
};
pub use object::{FunctionKind, Object, RelationKind};
pub use opaque::{Making, Opaque};
pub use publication::{PublicationAct, PublicationOptions, Published, PublishedTable};
pub use serial::serial;
pub use unjudged::Unjudged;
