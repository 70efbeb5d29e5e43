//! sslmode and the certificate files.

use std::path::{Path, PathBuf};

use super::super::error::ConfigError;
use super::params::{Key, Params};
use super::{RootCert, SslMode, TlsFiles};

/// # Errors
/// An unknown mode, or a mode that does not go with `sslrootcert=system`.
pub(super) fn mode(params: &Params) -> Result<SslMode, ConfigError> {
    let system = params.get(Key::SslRootCert) == Some("system");
    let Some(word) = params.get(Key::SslMode) else {
        return Ok(if system { SslMode::VerifyFull } else { SslMode::Prefer });
    };
    // node-postgres has no-verify, and knows no `require` without a check.
    let mode = if word.eq_ignore_ascii_case("no-verify") { Some(SslMode::Require) } else { SslMode::of(word) };
    let mode = mode.ok_or_else(|| {
        params.wrong(Key::SslMode, "is not one of disable, allow, prefer, require, verify-ca, verify-full")
    })?;
    // With the system's authorities anybody can have a trusted certificate: only the host name tells (libpq since 16).
    if system && mode != SslMode::VerifyFull {
        return Err(params.wrong(Key::SslRootCert, "is system, which needs sslmode=verify-full"));
    }
    Ok(mode)
}

/// `ssl=true` is `sslmode=require`, as in libpq; other words are those of ORMs. An explicit sslmode wins.
///
/// # Errors
/// A word that is none of them.
pub(super) fn fold_ssl(params: &mut Params) -> Result<(), ConfigError> {
    let Some(word) = params.get(Key::Ssl) else { return Ok(()) };
    let mode = match word.to_ascii_lowercase().as_str() {
        "" | "1" | "on" | "true" | "yes" | "no-verify" => "require",
        "0" | "off" | "false" | "no" => "disable",
        other => SslMode::of(other)
            .map(SslMode::word)
            .ok_or_else(|| params.wrong(Key::Ssl, "is not true, false or a word of sslmode"))?,
    };
    if let Some(param) = params.remove(Key::Ssl)
        && params.get(Key::SslMode).is_none()
    {
        params.set(Key::SslMode, super::Secret::new(mode), &param.origin);
    }
    Ok(())
}

/// The files that are named, else those of libpq's default places where they are there.
pub(super) fn files(params: &Params, mode: SslMode, home: Option<&Path>) -> TlsFiles {
    let standard = |name: &str| Some(home?.join(".postgresql").join(name)).filter(|path| path.exists());
    let file = |key, name| params.get(key).map(PathBuf::from).or_else(|| standard(name));
    let root = match params.get(Key::SslRootCert) {
        Some("system") => Some(RootCert::System),
        Some(path) => Some(RootCert::File(path.into())),
        None => standard("root.crt").map(RootCert::File),
    };
    let verified = matches!(mode, SslMode::VerifyCa | SslMode::VerifyFull);
    TlsFiles {
        root: root.or(verified.then_some(RootCert::System)),
        cert: file(Key::SslCert, "postgresql.crt"),
        key: file(Key::SslKeyFile, "postgresql.key"),
    }
}

impl SslMode {
    const ALL: [Self; 6] = [Self::Disable, Self::Allow, Self::Prefer, Self::Require, Self::VerifyCa, Self::VerifyFull];

    fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.word().eq_ignore_ascii_case(word))
    }

    /// libpq's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Allow => "allow",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }
}
