//! One digest for a whole chain, computed alike here and in the history query: SHA-256 over lines of `id digest`, joined by LF.

use sha2::{Digest, Sha256};

use super::Revision;
use super::checksum::Version;
use super::hex::hex;

/// The digest over the ids with the digests of their bytes.
pub fn of_bytes(revisions: &[Revision]) -> String {
    hex(&raw_of_bytes(revisions))
}

/// The same as bytes.
pub fn raw_of_bytes(revisions: &[Revision]) -> [u8; 32] {
    of(revisions.iter().map(|revision| (revision.id.as_str(), revision.bytes.as_str())))
}

/// The digest over the ids with their checksums; those of the first `old` are of version 1.
pub fn of_checksums(revisions: &[Revision], old: usize) -> String {
    let version = |at: usize| if at < old { Version::One } else { Version::Two };
    let checksums: Vec<String> =
        revisions.iter().enumerate().map(|(at, revision)| revision.checksum_by(version(at))).collect();
    let lines = revisions.iter().zip(&checksums);
    hex(&of(lines.map(|(revision, checksum)| (revision.id.as_str(), checksum.as_str()))))
}

fn of<'a>(lines: impl Iterator<Item = (&'a str, &'a str)>) -> [u8; 32] {
    let mut hash = Sha256::new();
    for (at, (id, digest)) in lines.enumerate() {
        if at > 0 {
            hash.update(b"\n");
        }
        hash.update(id.as_bytes());
        hash.update(b" ");
        hash.update(digest.as_bytes());
    }
    hash.finalize().into()
}
