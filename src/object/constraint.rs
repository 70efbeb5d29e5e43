//! Constraints of tables and domains; NOT NULL is the column's.

use super::{Form, Holder, Kind, Word};

pub const KIND: Kind = Kind {
    word: "constraint",
    query: include_str!("constraint.sql"),
    holder: Holder::Table,
    properties: &[
        ("primary key", Form::List),
        ("unique", Form::List),
        ("check", Form::EXPRESSION),
        ("foreign key", Form::List),
        ("references", Form::Word),
        ("columns", Form::List),
        ("match", Form::Word),
        ("on update", Form::Word),
        ("on delete", Form::Word),
        ("sets", Form::List),
        ("exclude", Form::Part("ALTER TABLE own ADD ", "")),
        ("include", Form::List),
        ("nulls not distinct", Form::Flag),
        ("deferrable", Form::Flag),
        ("initially deferred", Form::Flag),
        ("not valid", Form::Pending),
        ("not enforced", Form::Flag),
        ("no inherit", Form::Flag),
        ("period", Form::Flag),
        ("options", Form::Options),
        ("INVALID", Form::Flag),
        ("clustered", Form::Flag),
        ("triggers", Form::List),
        ("comment", Form::Word),
    ],
    words: &[
        Word { name: "{delete_columns}", since: 15, then: "CASE WHEN c.confdelsetcols IS NOT NULL THEN {names:c.conrelid, c.confdelsetcols} END", before: "NULL::json" },
        Word { name: "{nulls_not_distinct}", since: 15, then: "coalesce(i.indnullsnotdistinct, false)", before: "false" },
        Word { name: "{not_enforced}", since: 18, then: "NOT c.conenforced", before: "false" },
        Word { name: "{period}", since: 18, then: "c.conperiod", before: "false" },
    ],
};
