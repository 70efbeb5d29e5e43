//! Names by which other tools' files and directories are recognized.

use std::path::Path;

/// Names that only one tool uses, with the tool and the advice. A leading `*` matches any text.
#[rustfmt::skip]
const FILES: &[(&str, &str)] = &[
    ("atlas.sum", "Atlas' checksums; lockgate keeps its own in the history: move the file out of the chain's directory"),
    ("migration_lock.toml", "Prisma's: move it out of the chain's directory"),
    ("alembic.ini", "Alembic's settings: LOCKGATE_LAYOUT=alembic where the chain is Alembic's; else move them out of the directory"),
    ("env.py", "Alembic's environment: LOCKGATE_LAYOUT=alembic where the chain is Alembic's; else move it out of the directory"),
    ("script.py.mako", "Alembic's template: LOCKGATE_LAYOUT=alembic where the chain is Alembic's; else move it out of the directory"),
    ("tern.conf", "tern's settings: move them out of the chain's directory"),
    ("sqitch.plan", "Sqitch's plan: number its deploy scripts in its order, as ID_NAME.sql"),
    ("diesel.toml", "diesel's settings: move them out of the chain's directory"),
    ("*.sql.conf", "Flyway's settings of a script: not needed, a statement that runs outside a transaction is known by itself"),
    ("*.py", "Python, as Alembic's revisions are: a chain is all Alembic's (LOCKGATE_LAYOUT=alembic), or all SQL files"),
    ("*.go", "Go, as goose runs it too: write its SQL as ID_NAME.sql"),
    ("*.js", "JavaScript, as of Knex, Sequelize or TypeORM: write its SQL as ID_NAME.sql"),
    ("*.cjs", "JavaScript, as of Knex, Sequelize or node-pg-migrate: write its SQL as ID_NAME.sql"),
    ("*.mjs", "JavaScript, as of Knex, Sequelize or node-pg-migrate: write its SQL as ID_NAME.sql"),
    ("*.ts", "TypeScript, as of TypeORM, Knex or Sequelize: write its SQL as ID_NAME.sql"),
    ("*.rb", "Ruby, as of Rails: write its SQL as ID_NAME.sql"),
    ("*.xml", "XML, as of Liquibase: write its SQL as ID_NAME.sql (`liquibase update-sql` prints it)"),
];

/// Directories recognized by a file in them. `{}` is the directory's name, `{id}` the same without `-` before its first `_`.
#[rustfmt::skip]
const DIRECTORIES: &[(&str, &str)] = &[
    ("snapshot.json", "Drizzle's directory: move its migration.sql to {}.sql"),
    ("migration.sql", "Prisma's directory: move its migration.sql to {}.sql"),
    ("up.sql", "diesel's directory: move its up.sql to {id}.sql, and its down.sql to {id}.down.sql"),
    ("_journal.json", "Drizzle's journal: move it out of the chain's directory"),
];

/// Directories recognized by their own name.
const CALLED: &[(&str, &str)] = &[
    ("meta", "Drizzle's journal: move it out of the chain's directory"),
    (
        "versions",
        "Alembic's revisions: LOCKGATE_LAYOUT=alembic where the chain is Alembic's; a chain is all Alembic's, or all SQL files",
    ),
    (
        "__pycache__",
        "Python's, beside Alembic's revisions: a chain is all Alembic's (LOCKGATE_LAYOUT=alembic), or all SQL files",
    ),
];

/// The tool to which a file belongs, with the advice.
pub fn file(name: &str) -> Option<String> {
    let known = FILES.iter().find(|(pattern, _)| match pattern.strip_prefix('*') {
        Some(ending) => name.ends_with(ending),
        None => name == *pattern,
    });
    known.map(|(_, what)| (*what).to_owned()).or_else(|| two_ways(name)).or_else(|| versioned(name))
}

/// golang-migrate and sqlx: `0001_x.up.sql` and `0001_x.down.sql`.
fn two_ways(name: &str) -> Option<String> {
    let stem = name.strip_suffix(".up.sql")?;
    Some(format!("named as by golang-migrate or sqlx: name it {stem}.sql; its way back is {stem}.down.sql"))
}

/// Flyway and refinery: `V1__x.sql`, `V1.2__x.sql`, `V1_2__x.sql`, `U1__x.sql`, `R__x.sql`, `B1__x.sql`.
fn versioned(name: &str) -> Option<String> {
    let (version, words) = name.strip_suffix(".sql")?.split_once("__")?;
    let (kind, version) = version.split_at_checked(1)?;
    let is_version = version.starts_with(|letter: char| letter.is_ascii_digit())
        && version.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'_'));
    let id = version.replace('_', ".");
    let stem = format!("{id}_{words}");
    // Whole numbers are consecutive; any other id needs the name of its predecessor.
    let after = if id.contains('.') { ", and say in it what it comes after: `-- lockgate:after ID`" } else { "" };
    match kind {
        "V" if is_version => Some(format!("named as by Flyway or refinery: name it {stem}.sql{after}")),
        "U" if is_version => Some(format!(
            "named as Flyway's way back, or a way up of refinery's: name it {stem}.down.sql, or {stem}.sql{after}"
        )),
        "B" if is_version => Some(format!(
            "Flyway's baseline, which stands for all up to {id}: keep either it, as {stem}.sql{after}, or those"
        )),
        "R" if version.is_empty() => Some(
            "Flyway's repeatable script: lockgate runs a script once; write each change of it as a revision".to_owned(),
        ),
        _ => None,
    }
}

/// The tool to which a directory belongs, with the advice.
pub fn directory(path: &Path, name: &str) -> String {
    let known = DIRECTORIES.iter().find(|(inside, _)| path.join(inside).exists());
    let known = known.or_else(|| CALLED.iter().find(|(called, _)| name == *called));
    let (_, what) = known.unwrap_or(&("", "a directory: only revisions belong here"));
    let (version, rest) = name.find('_').map_or((name, ""), |at| name.split_at(at));
    what.replace("{id}", &format!("{}{rest}", version.replace('-', ""))).replace("{}", name)
}

/// A script without a number beside numbered ones, whose name shows that it is not a revision.
pub fn unnumbered(name: &str) -> Option<&'static str> {
    match name {
        "schema.sql" | "structure.sql" => Some("a dump of the whole schema, as dbmate and Rails write it"),
        "seed.sql" | "seeds.sql" => Some("rows to begin with, by its name"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_of_flyways_becomes_an_id() {
        let cases = [
            ("V1__create_users.sql", "name it 1_create_users.sql"),
            ("V20240101120000__x.sql", "name it 20240101120000_x.sql"),
            ("V1.2__x.sql", "name it 1.2_x.sql, and say in it what it comes after: `-- lockgate:after ID`"),
            ("V1_2_3__x__y.sql", "name it 1.2.3_x__y.sql, and say"),
            ("U1__x.sql", "name it 1_x.down.sql"),
            ("R__views.sql", "repeatable"),
            ("B3__x.sql", "baseline, which stands for all up to 3"),
        ];
        for (name, says) in cases {
            let said = file(name).unwrap_or_default();
            assert!(said.contains(says), "{name}: {said}");
        }
    }

    #[test]
    fn names_of_our_own_are_nobody_elses() {
        for name in ["0001_x.sql", "v1_x.sql", "V1_x.sql", "Vx__y.sql", "V__x.sql", "R1__x.sql", "0001_x.down.sql"] {
            assert_eq!(file(name), None, "{name}");
        }
    }
}
