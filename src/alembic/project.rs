//! The folders of an Alembic project's revisions, and its version table.

use std::io;
use std::path::{Path, PathBuf};

use super::ini::Options;
use super::module::keywords;
use super::problem::AlembicError;
use super::{folder, module::Module};
use crate::files;

/// The places of a search.
#[derive(Clone, Debug)]
pub struct Search<'a> {
    /// `LOCKGATE_MIGRATIONS`.
    pub directory: &'a Path,
    /// `ALEMBIC_CONFIG`.
    pub settings: Option<&'a Path>,
    /// The section of the ini file.
    pub section: &'a str,
}

/// An Alembic project as described by its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// The project's name in messages.
    pub path: PathBuf,
    pub folders: Vec<PathBuf>,
    /// True if subfolders contain revisions too.
    pub is_recursive: bool,
    /// True if compiled revisions are accepted too.
    pub is_sourceless: bool,
    pub table: Table,
}

/// The version table as named in `env.py`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    pub name: Option<String>,
    pub schema: Option<String>,
    /// True if a part of the name is computed.
    pub is_computed: bool,
    /// True if `env.py` names the table's column: it may create the table itself.
    pub makes_its_own: bool,
}

/// The largest settings file that is read, in bytes.
const LARGEST: u64 = 1 << 20;

impl Search<'_> {
    /// Finds the project; none if there is no sign of Alembic.
    ///
    /// # Errors
    /// The existing settings do not name the place of the revisions.
    pub fn find(&self) -> Result<Option<Project>, AlembicError> {
        let directory = self.directory;
        if let Some(project) = self.of_settings(&directory.join("alembic.ini"), &directory.join("pyproject.toml"))? {
            return Ok(Some(project));
        }
        if directory.join("env.py").is_file() && directory.join("versions").is_dir() {
            let above = directory.parent().unwrap_or(directory);
            let outer = self.of_settings(&above.join("alembic.ini"), &above.join("pyproject.toml"));
            let is_of = |project: &Project| project.path.canonicalize().ok() == directory.canonicalize().ok();
            return Ok(Some(match outer {
                Ok(Some(project)) if is_of(&project) => project,
                _ => Project::at(directory.to_owned(), vec![directory.join("versions")]),
            }));
        }
        if is_of_revisions(directory) {
            let script = directory.parent().unwrap_or(directory);
            let table = Table::of(&script.join("env.py"));
            return Ok(Some(Project { table, ..Project::at(directory.to_owned(), vec![directory.to_owned()]) }));
        }
        match self.settings {
            Some(settings) if settings.ends_with("pyproject.toml") => self.of_settings(Path::new(""), settings),
            Some(settings) => self.of_settings(settings, Path::new("")),
            None => Ok(None),
        }
    }

    /// The named directory, for one without a sign of Alembic.
    pub fn as_said(&self) -> Project {
        let directory = self.directory.to_owned();
        let inner = directory.join("versions");
        let folders = if inner.is_dir() { vec![inner] } else { vec![directory.clone()] };
        Project::at(directory, folders)
    }

    fn of_settings(&self, ini: &Path, pyproject: &Path) -> Result<Option<Project>, AlembicError> {
        let from_ini = match text(ini)? {
            Some(text) => Options::of_ini(&text, self.section, &here(ini)).map(|options| (ini, options)),
            None => None,
        };
        let from_pyproject = match text(pyproject)? {
            Some(text) => Options::of_pyproject(&text, &here(pyproject)).map(|options| (pyproject, options)),
            None => None,
        };
        let found: Vec<(&Path, Options)> = [from_ini, from_pyproject].into_iter().flatten().collect();
        let Some((file, _)) = found.first() else { return Ok(None) };
        let settings = Settings { file, options: found.iter().map(|(_, options)| options).collect() };
        settings.project().map(Some)
    }
}

fn here(file: &Path) -> String {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    folder.canonicalize().unwrap_or_else(|_| folder.to_owned()).to_string_lossy().into_owned()
}

fn text(file: &Path) -> Result<Option<String>, AlembicError> {
    match files::plain(file, LARGEST) {
        Ok(content) => Ok(Some(String::from_utf8_lossy(&content).into_owned())),
        Err(files::FileError::Io(error)) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(AlembicError::Settings { path: file.to_owned(), source }),
    }
}

/// The settings of a project: an ini file, and pyproject.toml for options that it lacks.
struct Settings<'a> {
    file: &'a Path,
    options: Vec<&'a Options>,
}

impl Settings<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.options.iter().find_map(|options| options.text(name))
    }

    fn paths(&self, name: &str) -> Vec<String> {
        self.options.iter().map(|options| options.paths(name)).find(|paths| !paths.is_empty()).unwrap_or_default()
    }

    fn is_set(&self, name: &str) -> bool {
        self.options.iter().any(|options| options.is_set(name))
    }

    fn project(&self) -> Result<Project, AlembicError> {
        let location = |why: String| AlembicError::Location { path: self.file.to_owned(), why };
        let script = self.text("script_location").ok_or_else(|| location("it sets no script_location".to_owned()))?;
        let resolve = |place: &str| {
            self.resolved(place)
                .ok_or_else(|| location(format!("there is no directory {place}, from here or from there")))
        };
        let script = resolve(script)?;
        let folders: Vec<PathBuf> = match self.paths("version_locations") {
            places if places.is_empty() => vec![script.join("versions")],
            // Alembic ignores missing ones.
            places => match places.iter().filter_map(|place| self.resolved(place)).collect::<Vec<_>>() {
                found if found.is_empty() => vec![resolve(&places[0])?],
                found => found,
            },
        };
        Ok(Project {
            is_recursive: self.is_set("recursive_version_locations"),
            is_sourceless: self.is_set("sourceless"),
            ..Project::at(script, folders)
        })
    }

    /// A path, relative to the working directory as in Alembic, or to the settings file; or `package:path`.
    fn resolved(&self, place: &str) -> Option<PathBuf> {
        let own = PathBuf::from(here(self.file));
        let bases = [PathBuf::from("."), own.clone()];
        let Some((package, inner)) = place.split_once(':') else {
            return bases.iter().map(|base| base.join(place)).find(|path| path.is_dir());
        };
        let roots = self.paths("prepend_sys_path").into_iter().map(|root| own.join(root));
        let inside = Path::new(&package.replace('.', "/")).join(inner);
        bases.iter().cloned().chain(roots).map(|root| root.join(&inside)).find(|path| path.is_dir())
    }
}

impl Project {
    fn at(script: PathBuf, folders: Vec<PathBuf>) -> Self {
        let table = Table::of(&script.join("env.py"));
        Self { path: script, folders, is_recursive: false, is_sourceless: false, table }
    }
}

impl Table {
    fn of(env: &Path) -> Self {
        let Ok(content) = files::plain(env, LARGEST) else { return Self::default() };
        let source = String::from_utf8_lossy(&content);
        let (name, is_name_computed) = one(keywords(&source, "version_table"));
        let (schema, is_schema_computed) = one(keywords(&source, "version_table_schema"));
        let makes_its_own = source.contains("version_num") || source.contains("version_table_impl");
        Self { name, schema, is_computed: is_name_computed || is_schema_computed, makes_its_own }
    }
}

/// The value on which all occurrences agree; the flag is true if one is computed or differs.
fn one(found: Vec<Option<String>>) -> (Option<String>, bool) {
    let mut values = found.into_iter();
    match values.next() {
        None => (None, false),
        Some(first) if values.all(|value| value == first) => (first.clone(), first.is_none()),
        Some(_) => (None, true),
    }
}

/// True if a folder contains Alembic revisions and no SQL script.
fn is_of_revisions(directory: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(directory) else { return false };
    let mut names = Vec::new();
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".sql") {
            return false;
        }
        names.extend(folder::is_revision(&name).then_some(name));
    }
    let sets_one = |name: &String| {
        let content = files::plain(&directory.join(name), folder::LARGEST);
        content.is_ok_and(|content| Module::read(&String::from_utf8_lossy(&content)).get("revision").is_some())
    };
    names.iter().any(sets_one)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn files(files: &[(&str, &str)]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for (name, content) in files {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        directory
    }

    fn find(directory: &Path) -> Result<Option<Project>, AlembicError> {
        Search { directory, settings: None, section: "alembic" }.find()
    }

    const REVISION: (&str, &str) = ("db/versions/a.py", "revision = 'a'");
    const INI: (&str, &str) = ("alembic.ini", "[alembic]\nscript_location = %(here)s/db\n");

    #[test]
    fn a_project_is_found_by_its_settings_its_env_or_its_revisions() {
        let toml = ("pyproject.toml", "[tool.alembic]\nscript_location = '%(here)s/db'\n");
        let env = ("db/env.py", "context.configure(version_table='v', version_table_schema=S)\n");
        for (project, at) in [
            (files(&[REVISION, INI]), ""),
            (files(&[REVISION, toml]), ""),
            (files(&[REVISION, env]), "db"),
            (files(&[REVISION, INI, env]), "db"),
            (files(&[REVISION]), "db/versions"),
        ] {
            let found = find(&project.path().join(at)).unwrap().unwrap();
            let folder = found.folders[0].canonicalize().unwrap();
            assert_eq!(folder, project.path().join("db/versions").canonicalize().unwrap(), "{at}");
            let has_env = project.path().join("db/env.py").exists();
            let table = Table {
                name: has_env.then(|| "v".to_owned()),
                schema: None,
                is_computed: has_env,
                makes_its_own: false,
            };
            assert_eq!(found.table, table);
        }
        let other = files(&[("0001_a.sql", ""), ("a.py", "revision = 'a'"), ("pyproject.toml", "[project]\n")]);
        assert_eq!(find(other.path()).unwrap(), None);
    }

    #[test]
    fn several_folders_and_packages_are_found() {
        let ini = "[alembic]\nscript_location = app:db\nprepend_sys_path = src\nversion_locations = %(here)s/v1 %(here)s/v2\n\
                   recursive_version_locations = true\n";
        let project = files(&[("alembic.ini", ini), ("src/app/db/env.py", ""), ("v1/a.py", ""), ("v2/b.py", "")]);
        let found = find(project.path()).unwrap().unwrap();
        assert_eq!((found.folders.len(), found.is_recursive), (2, true));
    }

    #[test]
    fn settings_that_lead_nowhere_are_named() {
        let project = files(&[("alembic.ini", "[alembic]\nscript_location = nowhere\n")]);
        let error = find(project.path()).unwrap_err().to_string();
        assert!(error.ends_with("there is no directory nowhere, from here or from there"), "{error}");
    }
}
