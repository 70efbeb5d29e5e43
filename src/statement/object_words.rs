//! The words of a command tag: the server's names for kinds of objects (`cmdtaglist.h` of PostgreSQL 18).

use crate::sql::parse::tree::ObjectType as Object;

/// The SQL words of an object's kind, from the number in a tree.
pub(super) fn words(number: i32) -> &'static str {
    match Object::try_from(number).unwrap_or(Object::Undefined) {
        Object::ObjectAccessMethod => "ACCESS METHOD",
        Object::ObjectAggregate => "AGGREGATE",
        Object::ObjectCast => "CAST",
        Object::ObjectCollation => "COLLATION",
        Object::ObjectConversion => "CONVERSION",
        Object::ObjectDatabase => "DATABASE",
        Object::ObjectDefacl => "DEFAULT PRIVILEGES",
        Object::ObjectDomain | Object::ObjectDomconstraint => "DOMAIN",
        Object::ObjectEventTrigger => "EVENT TRIGGER",
        Object::ObjectExtension => "EXTENSION",
        Object::ObjectFdw => "FOREIGN DATA WRAPPER",
        Object::ObjectForeignServer => "SERVER",
        Object::ObjectForeignTable => "FOREIGN TABLE",
        Object::ObjectFunction => "FUNCTION",
        Object::ObjectIndex => "INDEX",
        Object::ObjectLanguage => "LANGUAGE",
        Object::ObjectLargeobject => "LARGE OBJECT",
        Object::ObjectMatview => "MATERIALIZED VIEW",
        Object::ObjectOpclass => "OPERATOR CLASS",
        Object::ObjectOperator => "OPERATOR",
        Object::ObjectAmop | Object::ObjectAmproc | Object::ObjectOpfamily => "OPERATOR FAMILY",
        Object::ObjectParameterAcl => "PARAMETER",
        Object::ObjectPolicy => "POLICY",
        Object::ObjectProcedure => "PROCEDURE",
        Object::ObjectPublication | Object::ObjectPublicationNamespace | Object::ObjectPublicationRel => "PUBLICATION",
        Object::ObjectRole => "ROLE",
        Object::ObjectRoutine => "ROUTINE",
        Object::ObjectRule => "RULE",
        Object::ObjectSchema => "SCHEMA",
        Object::ObjectSequence => "SEQUENCE",
        Object::ObjectSubscription => "SUBSCRIPTION",
        Object::ObjectStatisticExt => "STATISTICS",
        Object::ObjectColumn | Object::ObjectDefault | Object::ObjectTabconstraint | Object::ObjectTable => "TABLE",
        Object::ObjectTablespace => "TABLESPACE",
        Object::ObjectTransform => "TRANSFORM",
        Object::ObjectTrigger => "TRIGGER",
        Object::ObjectTsconfiguration => "TEXT SEARCH CONFIGURATION",
        Object::ObjectTsdictionary => "TEXT SEARCH DICTIONARY",
        Object::ObjectTsparser => "TEXT SEARCH PARSER",
        Object::ObjectTstemplate => "TEXT SEARCH TEMPLATE",
        Object::ObjectAttribute | Object::ObjectType => "TYPE",
        Object::ObjectUserMapping => "USER MAPPING",
        Object::ObjectView => "VIEW",
        Object::Undefined => "OBJECT",
    }
}

/// True if an object of this kind is a relation or part of one: changing the object locks the relation.
pub(super) fn hangs_on_a_relation(number: i32) -> bool {
    matches!(
        Object::try_from(number).unwrap_or(Object::Undefined),
        Object::ObjectAttribute
            | Object::ObjectColumn
            | Object::ObjectDefault
            | Object::ObjectForeignTable
            | Object::ObjectIndex
            | Object::ObjectMatview
            | Object::ObjectPolicy
            | Object::ObjectRule
            | Object::ObjectSequence
            | Object::ObjectStatisticExt
            | Object::ObjectTabconstraint
            | Object::ObjectTable
            | Object::ObjectTrigger
            | Object::ObjectType
            | Object::ObjectView
    )
}
