//! A real Alembic, where the set-up could install one; projects of it, and the folders that were compiled from them.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use sha2::{Digest, Sha256};

use super::{Gate, TestDatabase};

/// The directory of its programs, Python among them.
pub fn alembic_place() -> Option<PathBuf> {
    let place =
        std::env::var_os("LOCKGATE_TEST_ALEMBIC").map(PathBuf::from).filter(|place| place.join("alembic").exists());
    if place.is_none() {
        eprintln!("skipped: no Alembic here; .ci/setup installs it where there is Python (LOCKGATE_TEST_ALEMBIC)");
    }
    place
}

/// A revision of a project, and the script that was compiled from it.
#[derive(Clone, Debug, Default)]
pub struct Revision {
    pub id: String,
    pub down: Vec<String>,
    pub depends: Vec<String>,
    /// The body of `upgrade()`, a line each.
    pub upgrade: Vec<String>,
    pub downgrade: Vec<String>,
    /// The class and the statements; none: it is not compiled.
    pub compiled: Option<(&'static str, String)>,
    pub back: String,
}

impl Revision {
    /// One that runs SQL, blindly.
    pub fn sql(id: &str, down: &[&str], up: &str, back: &str) -> Self {
        Self {
            id: id.to_owned(),
            down: down.iter().map(|&id| id.to_owned()).collect(),
            upgrade: vec![format!("op.execute('''{up}''')")],
            downgrade: vec![if back.is_empty() { "pass".to_owned() } else { format!("op.execute('''{back}''')") }],
            compiled: Some(("blind", up.to_owned())),
            back: back.to_owned(),
            ..Self::default()
        }
    }

    pub fn python(&self) -> String {
        let list = |ids: &[String]| ids.iter().map(|id| format!("'{id}',")).collect::<String>();
        let body = |lines: &[String]| lines.iter().map(|line| format!("    {line}\n")).collect::<String>();
        format!(
            "from alembic import op\nimport sqlalchemy as sa\nrevision = '{}'\ndown_revision = ({})\ndepends_on = ({})\n\n\
             def upgrade():\n{}\ndef downgrade():\n{}",
            self.id,
            list(&self.down),
            list(&self.depends),
            body(&self.upgrade),
            body(&self.downgrade),
        )
    }

    fn script(&self) -> Option<String> {
        let (class, statements) = self.compiled.as_ref()?;
        let mut after: Vec<&str> = self.down.iter().chain(&self.depends).map(String::as_str).collect();
        after.dedup();
        let after = if after.is_empty() { "base".to_owned() } else { after.join(", ") };
        let digest: String = Sha256::digest(self.python()).iter().map(|byte| format!("{byte:02x}")).collect();
        Some(format!(
            "-- lockgate:id {0}\n-- lockgate:after {after}\n-- lockgate:from versions/{0}.py sha256:{digest}\n-- lockgate:trace \
             {class}\n\n{statements}\n",
            self.id
        ))
    }

    fn name(&self, end: &str) -> String {
        format!("{}_x{end}", self.id.replace('_', "-"))
    }
}

const ENV: &str = "import os\nimport psycopg2\nfrom alembic import context\nfrom sqlalchemy import create_engine, pool\n\n\
    dsn = os.environ.get('TEST_DSN', '')\n\
    engine = create_engine('postgresql+psycopg2://', creator=lambda: psycopg2.connect(dsn), poolclass=pool.NullPool)\n\
    with engine.connect() as connection:\n    context.configure(connection=connection, transaction_per_migration=True)\n    \
    with context.begin_transaction():\n        context.run_migrations()\n";

impl Gate {
    /// Writes a project around the directory of the chain, and the chain that was compiled from it.
    pub fn project(&self, revisions: &[Revision]) {
        std::fs::create_dir_all(self.file("versions")).expect("a directory");
        self.project_file("alembic.ini", "[alembic]\nscript_location = %(here)s\n");
        self.project_file("env.py", ENV);
        for revision in revisions {
            self.project_file(&format!("versions/{}.py", revision.id), &revision.python());
            let Some(script) = revision.script() else { continue };
            self.write(&revision.name(".sql"), script);
            if !revision.back.is_empty() {
                self.write(&revision.name(".down.sql"), &revision.back);
            }
        }
    }

    fn project_file(&self, name: &str, text: &str) {
        std::fs::write(self.file(name), text).expect("a file");
    }

    /// The runner's setting, with Alembic itself.
    pub fn alembic_runner(self) -> Self {
        let Some(place) = alembic_place() else { return self };
        let runner =
            format!("{}/alembic -c {} upgrade {{target}}", place.display(), self.file("alembic.ini").display());
        self.env("LOCKGATE_RUNNER", runner)
    }
}

/// A process that carries out Alembic's own commands.
pub struct Alembic {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Alembic {
    /// Over the project around a gate's chain; none without Alembic.
    pub fn start(gate: &Gate, database: &TestDatabase) -> Option<Self> {
        Self::over(&gate.file("alembic.ini"), database)
    }

    /// Over the project of these settings.
    pub fn over(ini: &std::path::Path, database: &TestDatabase) -> Option<Self> {
        let place = alembic_place()?;
        let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/alembic/drive.py");
        let mut child = Command::new(place.join("python"))
            .arg(script)
            .arg(ini)
            .env("TEST_DSN", database.url())
            .env("DATABASE_URL", database.url())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Alembic's Python");
        let (input, output) = (child.stdin.take(), BufReader::new(child.stdout.take().expect("stdout")));
        Some(Self { child, input, output })
    }

    /// `upgrade heads`, `downgrade base`, `stamp head`, `check`.
    ///
    /// # Errors
    /// Alembic's own message.
    pub fn tries(&mut self, command: &str) -> Result<(), String> {
        let input = self.input.as_mut().expect("stdin");
        writeln!(input, "{command}").and_then(|()| input.flush()).expect("a command");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("an answer");
        match line.trim() {
            "ok" => Ok(()),
            why => Err(why.to_owned()),
        }
    }

    #[track_caller]
    pub fn does(&mut self, command: &str) {
        self.tries(command).unwrap_or_else(|why| panic!("alembic {command}: {why}"));
    }
}

impl Drop for Alembic {
    fn drop(&mut self) {
        self.input.take();
        let _ = self.child.wait();
    }
}
