//! The snapshot: the schema that the chain creates, as a file beside it, one fact per line.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Facts, Named, VerifyError};
use crate::chain::hex::hex;
use crate::files;
use crate::object::Fact;
pub use crate::source::SNAPSHOT as FILE;

/// The expected schema.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The digest of the chain that made it.
    pub chain: String,
    pub head: String,
    /// The major version of the server that wrote its texts.
    pub server: u32,
    /// Schemas besides the home.
    pub schemas: Vec<String>,
    /// Sorted by kind and name.
    pub facts: Vec<Fact>,
    /// Tables whose partitions are created at run time: none of these is missing or unexpected.
    pub runtime: BTreeSet<String>,
    /// True if owners and grants are facts too.
    pub privileges: bool,
}

/// The version of the file format.
const FORM: u32 = 1;

/// The largest file that is read, in bytes: a schema of a hundred thousand tables needs a part of it.
const LARGEST: u64 = 1 << 30;

/// The word in place of a kind for [`Snapshot::runtime`].
const PARTITIONS: &str = "partitions ";

#[derive(Deserialize)]
struct Head {
    lockgate: u32,
}

#[derive(Deserialize)]
struct File {
    chain: String,
    head: String,
    server: u32,
    #[serde(default)]
    schemas: Vec<String>,
    #[serde(default)]
    privileges: bool,
    facts: Vec<FactLine>,
}

/// A line of the file.
enum FactLine {
    Fact(Fact),
    /// The parent of partitions that are created at run time.
    Runtime(String),
}

impl<'de> Deserialize<'de> for FactLine {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let (identity, Properties(set)) = Deserialize::deserialize(input)?;
        let identity: String = identity;
        if let Some(table) = identity.strip_prefix(PARTITIONS) {
            return Ok(Self::Runtime(table.to_owned()));
        }
        Fact::of_line(&identity, set).map(Self::Fact).map_err(serde::de::Error::custom)
    }
}

/// A JSON object as a list: a map for each of a hundred thousand objects would take a hundred megabytes.
struct Properties(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Properties {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Properties;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Properties, M::Error> {
                let mut list = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    list.push(entry);
                }
                Ok(Properties(list))
            }
        }
        input.deserialize_map(List)
    }
}

impl Snapshot {
    /// Creates a snapshot from the facts of a database at head. Names that no file of the chain contains are marked as the
    /// server's, and partitions with such names are represented by their parent.
    pub fn of(chain: String, head: String, server: u32, facts: Facts, named: &Named) -> Self {
        let Facts { schemas, mut facts, privileges, unread: _, equal: _ } = facts;
        let mut runtime = BTreeSet::new();
        let mut left_out = BTreeSet::new();
        for table in facts.iter().filter(|fact| fact.kind.word == "table" && named.lacks(&fact.name)) {
            if let Some(parent) = table.text("of") {
                runtime.insert(parent.to_owned());
                left_out.insert(table.name.clone());
            }
        }
        facts.retain(|fact| !left_out.contains(fact.holder()));
        for fact in &mut facts {
            fact.auto = matches!(fact.kind.word, "constraint" | "index" | "sequence") && named.lacks(&fact.name);
        }
        Self { chain, head, server, schemas, facts, runtime, privileges }
    }

    /// The facts of a database that equals the snapshot.
    pub fn into_facts(self) -> Facts {
        let Self { schemas, facts, privileges, chain: _, head: _, server: _, runtime: _ } = self;
        Facts { schemas, facts, unread: Vec::new(), privileges, equal: BTreeMap::new() }
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        let mut lines: Vec<String> = self.facts.iter().map(Fact::line).collect();
        lines.extend(
            self.runtime
                .iter()
                .map(|table| format!("[{},{{\"runtime\":true}}]", json!(format!("{PARTITIONS}{table}")))),
        );
        lines.sort_unstable();
        let mut text = format!(
            "{{\"lockgate\":{FORM},\n\"chain\":{},\"head\":{},\"server\":{},\n\"schemas\":{},{}\n\"facts\":[\n",
            json!(self.chain),
            json!(self.head),
            self.server,
            json!(self.schemas),
            if self.privileges { "\"privileges\":true," } else { "" },
        );
        // Writing to a String never fails.
        let _ = writeln!(text, "{}\n]}}", lines.join(",\n"));
        text
    }

    /// The file beside the chain, and the digest of its bytes; none if the file is missing.
    ///
    /// # Errors
    /// The file cannot be read, or a newer version wrote it.
    pub fn find(path: &Path) -> Result<Option<(Self, String)>, VerifyError> {
        let Some(bytes) = Self::bytes(path)? else { return Ok(None) };
        let digest = hex(&Sha256::digest(&bytes));
        Self::parse(&bytes)
            .map(|snapshot| Some((snapshot, digest)))
            .map_err(|why| VerifyError::Shape { path: path.to_owned(), why })
    }

    pub(super) fn bytes(path: &Path) -> Result<Option<Vec<u8>>, VerifyError> {
        match files::plain(path, LARGEST) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(files::FileError::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(VerifyError::Unreadable { path: path.to_owned(), source }),
        }
    }

    /// The digest of a file; none if it is missing.
    pub fn digest(path: &Path) -> Option<String> {
        files::plain(path, LARGEST).ok().map(|bytes| hex(&Sha256::digest(&bytes)))
    }

    /// Parses the bytes of a file.
    ///
    /// # Errors
    /// The reason why they are not a snapshot.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let head: Head = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if head.lockgate > FORM {
            return Err(format!("its form is {}, and this version reads {FORM}", head.lockgate));
        }
        let file: File = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let File { chain, head, server, schemas, privileges, facts: lines } = file;
        let (mut facts, mut runtime) = (Vec::with_capacity(lines.len()), BTreeSet::new());
        for line in lines {
            match line {
                FactLine::Runtime(table) => _ = runtime.insert(table),
                FactLine::Fact(fact) => facts.push(fact),
            }
        }
        facts.sort_unstable_by(|a: &Fact, b: &Fact| (a.kind.word, &a.name).cmp(&(b.kind.word, &b.name)));
        Ok(Self { chain, head, server, schemas, facts, runtime, privileges })
    }

    /// Writes the file completely, or leaves it as it was.
    ///
    /// # Errors
    /// The file cannot be written in the directory.
    pub fn write(&self, path: &Path) -> Result<(), VerifyError> {
        let unwritable = |source| VerifyError::Unwritable { path: path.to_owned(), source };
        let beside: PathBuf = path.with_extension("json.new");
        std::fs::write(&beside, self.text()).map_err(unwritable)?;
        std::fs::rename(&beside, path).map_err(unwritable)
    }
}
