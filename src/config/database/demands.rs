//! Demands of a connection on the server. libpq has parameters that make a connection stricter (PostgreSQL documentation 34.1.2):
//! each is enforced or refused, and none is ignored.

use super::super::error::ConfigError;
use super::account;
use super::params::{Key, Params};

/// The requirements that a connection has to meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demands {
    /// `require_auth`; none means any method.
    pub methods: Option<Methods>,
    /// SCRAM with fewer rounds is not answered: a proof with few rounds makes guessing a password cheap.
    pub least_iterations: u32,
    pub channel_binding: ChannelBinding,
    /// `requirepeer`: the account of the server process at a Unix socket.
    pub peer: Option<Peer>,
    pub versions: TlsVersions,
    /// `sslsni`: true if the host's name is sent unencrypted.
    pub sni: bool,
    /// `sslcertmode=require`: true if the server has to request the client's certificate.
    pub asks_certificate: bool,
}

/// An authentication method that `require_auth` can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// In clear text.
    Password,
    Md5,
    Gss,
    Sspi,
    Scram,
    Oauth,
    /// No authentication.
    None,
}

impl Method {
    pub(super) const ALL: [Self; 7] =
        [Self::Password, Self::Md5, Self::Gss, Self::Sspi, Self::Scram, Self::Oauth, Self::None];

    /// libpq's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Md5 => "md5",
            Self::Gss => "gss",
            Self::Sspi => "sspi",
            Self::Scram => "scram-sha-256",
            Self::Oauth => "oauth",
            Self::None => "none",
        }
    }
}

/// The allowed methods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Methods(Vec<Method>);

impl Methods {
    #[cfg(test)]
    pub fn only(method: Method) -> Self {
        Self(vec![method])
    }

    pub fn allows(&self, method: Method) -> bool {
        self.0.contains(&method)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelBinding {
    Disable,
    Prefer,
    Require,
}

/// The account under which the server has to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    pub name: String,
    pub uid: u32,
}

/// The allowed versions of TLS; at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TlsVersions {
    pub v1_2: bool,
    pub v1_3: bool,
}

/// `sslcertmode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CertificateMode {
    Disable,
    Allow,
    Require,
}

/// # Errors
/// The first demand that is invalid, or that cannot be enforced here.
pub(super) fn read(params: &Params, least_iterations: u32) -> Result<Demands, ConfigError> {
    refuse_what_is_not_possible(params)?;
    Ok(Demands {
        methods: methods(params)?,
        least_iterations,
        channel_binding: channel_binding(params)?,
        peer: peer(params)?,
        versions: versions(params)?,
        sni: sni(params)?,
        asks_certificate: certificate_mode(params)? == CertificateMode::Require,
    })
}

fn refuse_what_is_not_possible(params: &Params) -> Result<(), ConfigError> {
    match params.get(Key::MinProtocol) {
        None | Some("3.0") => {}
        Some(_) => {
            return Err(params.wrong(Key::MinProtocol, "asks for another protocol than 3.0, which is not supported"));
        }
    }
    match params.get(Key::SslAccept) {
        None | Some("accept_invalid_certs") => Ok(()),
        Some(_) if matches!(params.get(Key::SslMode), Some("verify-ca" | "verify-full")) => Ok(()),
        Some(_) => Err(params.wrong(Key::SslAccept, "asks for a verified certificate: write sslmode=verify-full")),
    }
}

/// Parses a list of methods, either all of them allowed, or all of them negated by `!`.
fn methods(params: &Params) -> Result<Option<Methods>, ConfigError> {
    let Some(text) = params.get(Key::RequireAuth) else { return Ok(None) };
    let wrong = |problem: &str| params.wrong(Key::RequireAuth, problem);
    let words: Vec<&str> = text.split(',').map(str::trim).collect();
    let negated = words.iter().filter(|word| word.starts_with('!')).count();
    if negated != 0 && negated != words.len() {
        return Err(wrong("mixes methods with and without `!`"));
    }
    let mut named = Vec::new();
    for word in words {
        let method = Method::ALL.into_iter().find(|method| method.word() == word.trim_start_matches('!').trim());
        let known: Vec<&str> = Method::ALL.iter().map(|method| method.word()).collect();
        match method {
            Some(method) if named.contains(&method) => return Err(wrong("names a method twice")),
            Some(method) => named.push(method),
            None => return Err(wrong(&format!("holds a word that is not one of {}", known.join(", ")))),
        }
    }
    let allowed = |method: &Method| named.contains(method) != (negated > 0);
    Ok(Some(Methods(Method::ALL.into_iter().filter(allowed).collect())))
}

fn channel_binding(params: &Params) -> Result<ChannelBinding, ConfigError> {
    match params.get(Key::ChannelBinding) {
        Some("require") => Ok(ChannelBinding::Require),
        None | Some("prefer") => Ok(ChannelBinding::Prefer),
        Some("disable") => Ok(ChannelBinding::Disable),
        Some(_) => Err(params.wrong(Key::ChannelBinding, "is not one of disable, prefer, require")),
    }
}

/// A name of the account file, or a uid that has no name.
fn peer(params: &Params) -> Result<Option<Peer>, ConfigError> {
    let Some(name) = params.get(Key::RequirePeer) else { return Ok(None) };
    let uid = account::uid_of(name).or_else(|| name.parse().ok());
    let uid = uid.ok_or_else(|| params.wrong(Key::RequirePeer, "names no user of /etc/passwd, and is no uid"))?;
    Ok(Some(Peer { name: name.to_owned(), uid }))
}

/// The TLS versions within the two bounds. Versions below 1.2 are never used, whatever the lower bound is.
fn versions(params: &Params) -> Result<TlsVersions, ConfigError> {
    const KNOWN: [&str; 4] = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];
    let bound = |key, default: usize| match params.get(key) {
        None => Ok(default),
        Some(text) => {
            let known = KNOWN.iter().position(|version| version.eq_ignore_ascii_case(text));
            known.ok_or_else(|| params.wrong(key, &format!("is not one of {}", KNOWN.join(", "))))
        }
    };
    let (least, most) = (bound(Key::SslMinProtocol, 2)?, bound(Key::SslMaxProtocol, 3)?);
    let versions = TlsVersions { v1_2: (least..=most).contains(&2), v1_3: (least..=most).contains(&3) };
    if versions.v1_2 || versions.v1_3 {
        return Ok(versions);
    }
    let why = if most < least {
        "is below ssl_min_protocol_version"
    } else {
        "is below TLSv1.2, the oldest that is spoken here"
    };
    Err(params.wrong(Key::SslMaxProtocol, why))
}

fn sni(params: &Params) -> Result<bool, ConfigError> {
    match params.get(Key::SslSni) {
        None | Some("1") => Ok(true),
        Some("0") => Ok(false),
        Some(_) => Err(params.wrong(Key::SslSni, "is not 0 or 1")),
    }
}

pub(super) fn certificate_mode(params: &Params) -> Result<CertificateMode, ConfigError> {
    match params.get(Key::SslCertMode) {
        None | Some("allow") => Ok(CertificateMode::Allow),
        Some("disable") => Ok(CertificateMode::Disable),
        Some("require") => Ok(CertificateMode::Require),
        Some(_) => Err(params.wrong(Key::SslCertMode, "is not one of disable, allow, require")),
    }
}
