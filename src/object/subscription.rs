//! Subscriptions, without their connections, which are secrets.

use super::ddl::{By, Ddl, Around, Setting, Turn, Unwritable};
use super::{Form, Holder, Kind, Word, Fact};

pub const KIND: Kind = Kind {
    word: "subscription",
    query: include_str!("subscription.sql"),
    // Dropping a subscription would drop a slot on another server.
    ddl: Ddl { turn: |_| Turn::Publication, address, create, drop: |_, _| Vec::new() },
    holder: Holder::Itself,
    properties: &[
        ("publications", Form::Set, By::Never("its rows come from other publications then: ALTER SUBSCRIPTION … SET PUBLICATION, which copies tables")),
        ("disabled", Form::Flag, By::Alter(disabled)),
        ("slot", Form::Word, By::Never("its slot is another server's")),
        ("synchronous_commit", Form::Word, By::Alter(synchronous)),
        ("binary", Form::Flag, By::Alter(binary)),
        ("streaming", Form::Word, By::Alter(streaming)),
        ("two_phase", Form::Flag, By::Never("its slot on another server has to follow")),
        ("disable_on_error", Form::Flag, By::Alter(disable_on_error)),
        ("origin", Form::Word, By::Alter(origin)),
        ("no password required", Form::Flag, By::Alter(password)),
        ("run_as_owner", Form::Flag, By::Alter(run_as_owner)),
        ("failover", Form::Flag, By::Never("its slot on another server has to follow")),
        ("comment", Form::Word, By::Comment),
        ("owner", Form::Word, By::Owner),
    ],
    words: &[
        Word { name: "{synchronous}", since: 14, then: "CASE WHEN p.subsynccommit <> 'off' THEN p.subsynccommit END", before: "NULL::text" },
        Word { name: "{binary}", since: 14, then: "p.subbinary", before: "false" },
        // The default of 18 is parallel streaming.
        Word { name: "{streaming}", since: 18, then: "CASE p.substream WHEN 'f' THEN 'off' WHEN 't' THEN 'on' END", before: "{streaming_16}" },
        Word { name: "{streaming_16}", since: 16, then: "CASE p.substream WHEN 't' THEN 'on' WHEN 'p' THEN 'parallel' END", before: "{streaming_14}" },
        Word { name: "{streaming_14}", since: 14, then: "CASE WHEN p.substream THEN 'on' END", before: "NULL::text" },
        Word { name: "{two_phase}", since: 15, then: "p.subtwophasestate <> 'd'", before: "false" },
        Word { name: "{disable_on_error}", since: 15, then: "p.subdisableonerr", before: "false" },
        Word { name: "{origin}", since: 16, then: "nullif(p.suborigin, 'any')", before: "NULL::text" },
        Word { name: "{password}", since: 16, then: "NOT p.subpasswordrequired", before: "false" },
        Word { name: "{run_as_owner}", since: 16, then: "p.subrunasowner", before: "false" },
        Word { name: "{failover}", since: 17, then: "p.subfailover", before: "false" },
        // Before 14, its oid is not readable for everybody.
        Word { name: "{commented}", since: 14, then: "obj_description(p.oid, 'pg_subscription')", before: "NULL::text" },
    ],
};

fn address(fact: &Fact, _: &Around<'_>) -> String {
    format!("SUBSCRIPTION {}", fact.name)
}

fn create(_: &Fact, _: &Around<'_>) -> Result<Vec<String>, Unwritable> {
    Err("its connection is a secret, and the snapshot does not hold it".into())
}

fn disabled(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let act = if setting.is_set() { "DISABLE" } else { "ENABLE" };
    Ok(vec![format!("ALTER SUBSCRIPTION {} {act}", setting.fact.name)])
}

fn option(setting: &Setting<'_>, name: &str, value: &str) -> Result<Vec<String>, Unwritable> {
    Ok(vec![format!("ALTER SUBSCRIPTION {} SET ({name} = {value})", setting.fact.name)])
}

fn flag(is_set: bool) -> &'static str {
    if is_set { "true" } else { "false" }
}

fn synchronous(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    option(setting, "synchronous_commit", setting.text().unwrap_or("off"))
}

fn binary(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    option(setting, "binary", flag(setting.is_set()))
}

fn streaming(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    let by_default = if setting.around.major >= 18 { "parallel" } else { "off" };
    option(setting, "streaming", setting.text().unwrap_or(by_default))
}

fn disable_on_error(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    option(setting, "disable_on_error", flag(setting.is_set()))
}

fn origin(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    option(setting, "origin", setting.text().unwrap_or("any"))
}

fn password(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    option(setting, "password_required", flag(!setting.is_set()))
}

fn run_as_owner(setting: &Setting<'_>) -> Result<Vec<String>, Unwritable> {
    option(setting, "run_as_owner", flag(setting.is_set()))
}
