//! A real Django under the gate.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::{sessions, sleeps};
use crate::support::{Gate, Outcome, TestDatabase, eventually, says};

/// The directory of its Python.
fn place() -> Option<PathBuf> {
    let place =
        std::env::var_os("LOCKGATE_TEST_DJANGO").map(PathBuf::from).filter(|place| place.join("django-admin").exists());
    if place.is_none() {
        eprintln!("skipped: no Django here; .ci/setup installs it where there is Python (LOCKGATE_TEST_DJANGO)");
    }
    place
}

const SETTINGS: &str = "import os\nSECRET_KEY = 'x'\nUSE_TZ = True\nDEFAULT_AUTO_FIELD = 'django.db.models.BigAutoField'\n\
    INSTALLED_APPS = ['django.contrib.contenttypes', 'django.contrib.auth', 'shop']\n\
    DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': os.environ.get('PGDATABASE', 'none')}}\n";

const MANAGE: &str = "import os, sys\nfrom django.core.management import execute_from_command_line\n\
    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'settings')\nexecute_from_command_line(sys.argv)\n";

/// A migration of the app `shop`.
fn migration(after: &str, rest: &str, operations: &str) -> String {
    let after = if after.is_empty() { String::new() } else { format!("('shop', '{after}')") };
    format!(
        "from django.db import migrations, models\n\nclass Migration(migrations.Migration):\n    dependencies = [{after}]\n    {rest}\n    \
         operations = [{operations}]\n"
    )
}

const ITEM: &str =
    "migrations.CreateModel('Item', [('id', models.BigAutoField(primary_key=True)), ('name', models.TextField())])";

/// A project whose list the program of the documentation has written.
struct Project {
    gate: Gate,
    python: PathBuf,
}

impl Project {
    fn new(database: &TestDatabase) -> Option<Self> {
        let python = place()?.join("python");
        let gate = Gate::new(database).args(["migrate"]).env("LOCKGATE_LOG_FORMAT", "text");
        let project = Self { gate, python };
        std::fs::create_dir_all(project.file("shop/migrations")).expect("a directory");
        for (name, text) in [("settings.py", SETTINGS), ("manage.py", MANAGE), ("shop/__init__.py", "")] {
            project.write(name, text);
        }
        project.write("shop/migrations/__init__.py", "");
        // It replaces two migrations whose files are gone.
        let replaces = "replaces = [('shop', '0001_initial'), ('shop', '0002_name')]";
        project.write("shop/migrations/0001_squashed_0002.py", &migration("", replaces, ITEM));
        project.list();
        let runner = project.manage("migrate --no-input");
        let gate = project.gate.env("LOCKGATE_LAYOUT", "django").env("LOCKGATE_RUNNER", runner);
        let list = gate.file("migrations.txt");
        Some(Self { gate: gate.env("LOCKGATE_MIGRATIONS", list), ..project })
    }

    fn manage(&self, command: &str) -> String {
        format!("{} {} {command}", self.python.display(), self.file("manage.py").display())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.gate.file(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.file(name), text).expect("a file");
    }

    /// Has the program of docs/runner.md write the list, without a database.
    fn list(&self) -> Vec<String> {
        let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/runner.md")).expect("the page");
        let program = page.split("```python\n").nth(1).and_then(|rest| rest.split("```").next()).expect("the program");
        self.write("list.py", program);
        let made = Command::new(&self.python)
            .arg(self.file("list.py"))
            .env("DJANGO_SETTINGS_MODULE", "settings")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .output()
            .expect("Django's Python");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let list = String::from_utf8(made.stdout).expect("UTF-8");
        self.write("migrations.txt", &list);
        list.lines().map(str::to_owned).collect()
    }
}

const RECORDED: &str = "SELECT string_agg(app || '.' || name, ' ' ORDER BY app, name) FROM django_migrations";

#[test]
fn eight_gates_have_django_migrate_once_and_a_restart_at_head_needs_no_python() {
    let database = TestDatabase::new();
    let Some(project) = Project::new(&database) else { return };
    let running: Vec<_> = (0..8).map(|_| project.gate.spawn()).collect();
    let outcomes: Vec<Outcome> = running.into_iter().map(|gate| gate.wait(Duration::from_secs(90)).expect(0)).collect();
    let started = outcomes.iter().filter(|outcome| outcome.stderr.contains("starting the runner's command")).count();
    let mut list = project.list();
    list.sort_unstable();
    assert_eq!((started, database.value(RECORDED)), (1, list.join(" ")), "the list is what Django records");
    let count = list.len();
    let winner = outcomes.iter().find(|outcome| outcome.stderr.contains("applied: ")).expect("one that applied");
    says(winner, &["Applying shop.0001_squashed_0002... OK", &format!("{count} revisions applied")]);

    let restarted = project.gate.clone().env("LOCKGATE_RUNNER", "/nowhere/python").run().expect(0);
    says(&restarted, &["at head shop.0001_squashed_0002, nothing to do"]);
    let status = project.gate.with(["status"]).run().expect(0);
    says(&status, &["public.django_migrations, Django's", "state     at head"]);
}

#[test]
fn a_release_with_one_more_app_step_runs_and_the_release_before_it_finds_the_database_ahead() {
    let database = TestDatabase::new();
    let Some(project) = Project::new(&database) else { return };
    project.gate.run().expect(0);
    project.write(
        "shop/migrations/0003_more.py",
        &migration("0001_squashed_0002", "", "migrations.RunSQL('CREATE TABLE more ()')"),
    );
    let before = std::fs::read_to_string(project.file("migrations.txt")).expect("a list");
    project.list();
    let plan = project.gate.with(["plan", "--check"]).run().expect(3);
    says(&plan, &["from shop.0001_squashed_0002 to shop.0003_more: 1 revision", "has `"]);
    project.gate.with(["status", "--check"]).run().expect(3);
    says(
        &project.gate.clone().env("LOCKGATE_RUNNER", "").run().expect(78),
        &["error[LG0204]", "pending: shop.0003_more"],
    );
    says(&project.gate.run().expect(0), &["open: at head shop.0003_more, 1 revision applied"]);

    project.write("migrations.txt", &before);
    says(&project.gate.run().expect(0), &["ahead"]);
    says(&project.gate.clone().env("LOCKGATE_AHEAD", "fail").run().expect(65), &["error["]);
    // A row of a file that was squashed away is older, and tells of nothing newer.
    database.sql("DELETE FROM django_migrations WHERE name = '0003_more'");
    database.sql("INSERT INTO django_migrations (app, name, applied) VALUES ('shop', '0001_removed', now())");
    project.gate.clone().env("LOCKGATE_AHEAD", "fail").run().expect(0);
}

#[test]
fn what_django_does_not_record_is_found_out_whatever_its_exit_code() {
    let database = TestDatabase::new();
    let Some(project) = Project::new(&database) else { return };
    let lies = project.gate.clone().env("LOCKGATE_RUNNER", project.manage("migrate --plan")).run().expect(65);
    says(
        &lies,
        &["error[LG0607]", "ended with 0, but public.django_migrations is not at head", "the database is at base"],
    );
    // The list names a migration without a file.
    project.gate.run().expect(0);
    let list = std::fs::read_to_string(project.file("migrations.txt")).expect("a list");
    project.write("migrations.txt", &format!("{list}shop.0009_nowhere\n"));
    let stale = project.gate.run().expect(65);
    says(&stale, &["error[LG0607]", "pending: shop.0009_nowhere", "No migrations to apply", "make it anew"]);
    project.write("migrations.txt", &list);

    // A command that fails once all is recorded.
    project.write("shop/migrations/0003_more.py", &migration("0001_squashed_0002", "", ""));
    project.list();
    project.write("run.sh", &format!("{} && exit 3\n", project.manage("migrate --no-input")));
    let fails = project.gate.clone().env("LOCKGATE_RUNNER", format!("sh {}", project.file("run.sh").display()));
    says(&fails.run().expect(65), &["error[LG0606]", "ended with 3, though public.django_migrations is at head"]);
}

#[test]
fn sigterm_and_a_kill_end_django_and_its_sessions() {
    for killed in [false, true] {
        let database = TestDatabase::new();
        let Some(project) = Project::new(&database) else { return };
        let sleep = "migrations.RunSQL('CREATE TABLE slept (); SELECT pg_sleep(30)')";
        project.write("shop/migrations/0003_more.py", &migration("0001_squashed_0002", "", sleep));
        project.list();
        let running = project.gate.spawn();
        sleeps(&database);
        if killed {
            running.kill();
        } else {
            running.terminate();
            says(&running.wait(Duration::from_secs(30)).expect(143), &["error[LG0801]"]);
            assert_eq!(sessions(&database), "0");
        }
        eventually("no session of Django's is left", || sessions(&database) == "0");
        assert_eq!(database.value("SELECT to_regclass('slept') IS NULL"), "t", "killed: {killed}");

        project.write(
            "shop/migrations/0003_more.py",
            &migration("0001_squashed_0002", "", "migrations.RunSQL('CREATE TABLE slept ()')"),
        );
        says(&project.gate.run().expect(0), &["open: at head shop.0003_more, "]);
    }
}

#[test]
fn django_that_gives_up_a_lock_is_started_again_unless_it_may_have_committed() {
    for (rest, is_again) in [("", true), ("atomic = False", false)] {
        let database = TestDatabase::new();
        let Some(project) = Project::new(&database) else { return };
        project.gate.run().expect(0);
        let add = "migrations.AddField('item', 'more', models.TextField(null=True))";
        project.write("shop/migrations/0003_more.py", &migration("0001_squashed_0002", rest, add));
        project.list();
        let holder = database.session();
        holder.sql("BEGIN; LOCK TABLE shop_item");
        let gate = project.gate.clone().env("LOCKGATE_DDL_LOCK_TIMEOUT", "200ms");
        // No lock_timeout is set if a revision may commit, so the role's own remains.
        let gate = if is_again { gate } else { gate.env("PGOPTIONS", "-c lock_timeout=200ms") };
        let mut running = gate.spawn();
        if is_again {
            running.says("the command gave up a lock that others held");
            holder.sql("COMMIT");
            says(&running.wait(Duration::from_secs(60)).expect(0), &["1 revision applied"]);
        } else {
            says(&running.wait(Duration::from_secs(60)).expect(75), &["error[LG0608]", "LockNotAvailable"]);
        }
    }
}

#[test]
fn a_list_that_is_none_and_a_directory_without_one_are_refused_before_the_database_is_asked() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).args(["migrate"]).env("LOCKGATE_LAYOUT", "django").env("LOCKGATE_RUNNER", "true");
    let gate = gate.env("LOCKGATE_LOG_FORMAT", "text");
    let unreached = gate.env("LOCKGATE_DATABASE_URL", "postgres://nobody@127.0.0.1:1/none");
    says(&unreached.run().expect(78), &["error[LG0201]", "is a directory", "docs/runner.md"]);
    unreached.write("list.txt", "auth.0001_initial\nauth.0001_initial\nauth\n");
    let listed = unreached.clone().env("LOCKGATE_MIGRATIONS", unreached.chain_directory().join("list.txt"));
    says(
        &listed.run().expect(65),
        &[
            "error[LG0202]",
            "line 3: no revision of this tool: auth",
            "auth.0001_initial comes twice: list.txt:1 and list.txt:2",
        ],
    );
    let other = listed.clone().env("LOCKGATE_COEXIST", "goose");
    unreached.write("list.txt", "auth.0001_initial\n");
    says(&other.run().expect(78), &["error[LG0206]", "LOCKGATE_COEXIST names goose", "Django's"]);
}
