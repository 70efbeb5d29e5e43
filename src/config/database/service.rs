//! The connection service file (PostgreSQL documentation 34.17).

use std::path::PathBuf;

use super::pairs::Pair;

/// The parameters of one section.
///
/// # Errors
/// The error of an unreadable line, in a sentence. `None` if no section has that name.
pub(super) fn section(text: &str, name: &str) -> Result<Option<Vec<Pair>>, String> {
    let mut found: Option<Vec<Pair>> = None;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(heading) = line.strip_prefix('[') {
            if found.is_some() {
                break;
            }
            found = (heading.strip_suffix(']') == Some(name)).then(Vec::new);
        } else if let Some(pairs) = &mut found {
            let (name, value) = line.split_once('=').ok_or("has a line without `=` in the service's section")?;
            pairs.push(Pair::new(name.trim_end(), value.trim_start()));
        }
    }
    Ok(found)
}

/// The default files, in order of precedence.
pub(super) fn default_files(home: Option<&PathBuf>, sysconfdir: Option<&str>) -> Vec<PathBuf> {
    let own = home.map(|home| home.join(".pg_service.conf"));
    let system = sysconfdir.map(|directory| PathBuf::from(directory).join("pg_service.conf"));
    own.into_iter().chain(system).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_ends_where_the_next_begins() {
        let text = "# c\n[a]\nhost=a\n\n[b]\n host = b \nport=1\n# c\n[c]\nhost=c\n[b]\nuser=twice\n";
        let pairs = section(text, "b").unwrap().unwrap();
        assert_eq!(pairs, [Pair::new("host", "b"), Pair::new("port", "1")]);
        assert_eq!(section(text, "d"), Ok(None));
        assert!(section("[a]\nnonsense", "a").is_err());
    }
}
