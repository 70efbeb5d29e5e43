//! sslmode and the certificate files.

use std::path::{Path, PathBuf};

use super::super::error::ConfigError;
use super::demands::{self, CertificateMode};
use super::params::{Key, Params};
use super::{RootCert, SslMode, TlsFiles};

/// # Errors
/// An unknown mode, or a mode that conflicts with `sslrootcert=system`.
pub(super) fn mode(params: &Params) -> Result<SslMode, ConfigError> {
    let system = params.get(Key::SslRootCert) == Some("system");
    let Some(word) = params.get(Key::SslMode) else {
        return match params.get(Key::RequireSsl) {
            _ if system => Ok(SslMode::VerifyFull),
            Some("1") => Ok(SslMode::Require),
            None | Some("0") => Ok(SslMode::Prefer),
            Some(_) => Err(params.wrong(Key::RequireSsl, "is not 0 or 1")),
        };
    };
    // node-postgres has no-verify, and no `require` without verification.
    let mode = if word.eq_ignore_ascii_case("no-verify") { Some(SslMode::Require) } else { SslMode::of(word) };
    let mode = mode.ok_or_else(|| {
        params.wrong(Key::SslMode, "is not one of disable, allow, prefer, require, verify-ca, verify-full")
    })?;
    // Anybody can have a certificate of a public authority: only the host name is proof (libpq since 16).
    if system && mode != SslMode::VerifyFull {
        return Err(params.wrong(Key::SslRootCert, "is system, which needs sslmode=verify-full"));
    }
    Ok(mode)
}

/// `ssl=true` is `sslmode=require`, as in libpq; other words come from ORMs. An explicit sslmode wins.
///
/// # Errors
/// An unknown word.
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

/// True for direct `sslnegotiation`. The server is not asked for TLS, so only modes that require TLS allow it, as in libpq.
///
/// # Errors
/// An unknown word, or a mode that allows connections without TLS.
pub(super) fn is_direct(params: &Params, mode: SslMode) -> Result<bool, ConfigError> {
    match (params.get(Key::SslNegotiation), mode) {
        (None | Some("postgres"), _) => Ok(false),
        (Some("direct"), SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull) => Ok(true),
        (Some("direct"), SslMode::Disable | SslMode::Allow | SslMode::Prefer) => {
            let why = format!("is direct, which needs sslmode=require or stricter, not {}", mode.word());
            Err(params.wrong(Key::SslNegotiation, &why))
        }
        (Some(_), _) => Err(params.wrong(Key::SslNegotiation, "is not one of postgres, direct")),
    }
}

/// The named files, otherwise libpq's default files if they exist.
///
/// # Errors
/// A required file is neither named nor present, or a file would have no effect.
pub(super) fn files(params: &Params, mode: SslMode, home: Option<&Path>) -> Result<TlsFiles, ConfigError> {
    let standard = |name: &str| Some(home?.join(".postgresql").join(name)).filter(|path| path.exists());
    let file = |key, name: &str| params.get(key).map(PathBuf::from).or_else(|| standard(name));
    let root = match (params.get(Key::SslRootCert), mode) {
        (Some("system"), _) => Some(RootCert::System),
        (Some(path), _) => Some(RootCert::File(path.into())),
        (None, SslMode::VerifyFull) => Some(standard("root.crt").map_or(RootCert::System, RootCert::File)),
        (None, _) => standard("root.crt").map(RootCert::File),
    };
    // Anybody can have a certificate of a public authority for a host of their own: only the name is proof.
    if mode == SslMode::VerifyCa && root.is_none() {
        let why = "is verify-ca, which needs sslrootcert (or ~/.postgresql/root.crt); verify-full can do with the system's authorities";
        return Err(params.wrong(Key::SslMode, why));
    }
    let (cert, key) = client_files(params, &file)?;
    let mut files = TlsFiles { root, cert, key, ..TlsFiles::default() };
    let revoked = [Key::SslCrl, Key::SslCrlDir].into_iter().find(|&key| params.get(key).is_some());
    if let Some(key) = revoked.filter(|_| !files.verified(mode)) {
        let why = format!("has no effect: sslmode={} without sslrootcert verifies no certificate", mode.word());
        return Err(params.wrong(key, &why));
    }
    files.revoked = file(Key::SslCrl, "root.crl");
    files.revoked_directory = params.get(Key::SslCrlDir).map(PathBuf::from);
    Ok(files)
}

/// The client's certificate and its key, by `sslcertmode`.
fn client_files(
    params: &Params,
    file: &impl Fn(Key, &str) -> Option<PathBuf>,
) -> Result<(Option<PathBuf>, Option<PathBuf>), ConfigError> {
    let mode = demands::certificate_mode(params)?;
    if mode == CertificateMode::Disable {
        return Ok((None, None));
    }
    match (file(Key::SslCert, "postgresql.crt"), file(Key::SslKeyFile, "postgresql.key")) {
        (Some(_), None) if params.get(Key::SslCert).is_some() => {
            Err(params.wrong(Key::SslCert, "is given, and no sslkey for it"))
        }
        (Some(cert), Some(key)) => Ok((Some(cert), Some(key))),
        _ if mode == CertificateMode::Require => {
            Err(params.wrong(Key::SslCertMode, "is require, and sslcert and sslkey name no certificate"))
        }
        _ => Ok((None, None)),
    }
}

impl TlsFiles {
    /// True if the server's certificate is verified: `require` with a root certificate file behaves as `verify-ca`, as in libpq.
    /// libpq.
    pub fn verified(&self, mode: SslMode) -> bool {
        match mode {
            SslMode::VerifyFull | SslMode::VerifyCa => true,
            SslMode::Require => matches!(self.root, Some(RootCert::File(_))),
            SslMode::Prefer | SslMode::Allow | SslMode::Disable => false,
        }
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
