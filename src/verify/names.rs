//! The names in a chain's files. An object with another name got it from the server, or from code that ran.

use std::collections::HashSet;

use crate::chain::Chain;
use crate::chain::scan::{Kind, between_tags, scan};

/// Every word that may be an object's name, unquoted and folded.
#[derive(Clone, Debug, Default)]
pub struct Named(Option<HashSet<String>>);

impl Named {
    pub fn of(chain: &Chain) -> Self {
        let mut names = HashSet::new();
        for revision in chain.revisions() {
            let Ok(text) = revision.text.read() else { return Self(None) };
            gather(&text, &mut names);
        }
        Self(Some(names))
    }

    /// True if the chain's files are known and none contains the last part of this name.
    pub fn lacks(&self, name: &str) -> bool {
        let Some(names) = &self.0 else { return false };
        let bare = name.strip_suffix('"').and_then(|name| name.rsplit_once('"')).map(|(_, bare)| bare);
        let bare = bare.unwrap_or_else(|| name.rsplit('.').next().unwrap_or(name));
        !names.contains(bare)
    }
}

fn gather(text: &str, names: &mut HashSet<String>) {
    for piece in scan(text) {
        let word = &text[piece.range.clone()];
        match piece.kind {
            Kind::Word => _ = names.insert(word.to_lowercase()),
            Kind::Name => _ = names.insert(word.trim_matches('"').replace("\"\"", "\"")),
            // A string may contain a name, or SQL with names.
            Kind::String => gather(word.trim_start_matches(['e', 'E']).trim_matches('\''), names),
            Kind::Dollar => gather(&word[between_tags(word)], names),
            Kind::Space | Kind::LineComment | Kind::BlockComment | Kind::Symbol => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_wherever_a_script_says_it() {
        let mut names = HashSet::new();
        gather("CREATE INDEX My_Index ON \"My T\" (a); DO $$ EXECUTE 'CREATE TABLE p_1 ()' $$ -- hidden", &mut names);
        let named = Named(Some(names));
        for (name, lacks) in
            [("my_index", false), ("a.\"My T\"", false), ("x.p_1", false), ("hidden", true), ("t_pkey", true)]
        {
            assert_eq!(named.lacks(name), lacks, "{name}");
        }
        assert!(!Named::default().lacks("t_pkey"));
    }
}
