//! What a connection demands of the server beyond an answer. libpq's parameters that make a connection stricter (PostgreSQL
//! documentation 34.1.2): each is carried out or refused, and none is ignored.

use super::super::error::ConfigError;
use super::account;
use super::params::{Key, Params};

/// What the server has to do, and which connections are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demands {
    /// `require_auth`; none is any.
    pub methods: Option<Methods>,
    /// SCRAM with fewer rounds than these is not answered: a proof for few rounds is cheap to try passwords against.
    pub least_iterations: u32,
    pub channel_binding: ChannelBinding,
    /// `requirepeer`: the account that the server at a Unix socket runs as.
    pub peer: Option<Peer>,
    pub versions: TlsVersions,
    /// `sslsni`: whether the host's name is sent in the clear.
    pub sni: bool,
    /// `sslcertmode=require`: the server has to ask for the client's certificate.
    pub asks_certificate: bool,
}

/// A way in that `require_auth` can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// In clear text.
    Password,
    Md5,
    Gss,
    Sspi,
    Scram,
    Oauth,
    /// Without any question.
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

/// Those that are allowed.
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

/// The account that a server is to run as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    pub name: String,
    pub uid: u32,
}

/// The versions of TLS that may be spoken; at least one.
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
/// The first demand that cannot be read, or that nothing here can carry out.
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

/// A list of methods, all of them allowed, or all of them negated by `!`.
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

/// A name of the account file, or a uid where that has no name.
fn peer(params: &Params) -> Result<Option<Peer>, ConfigError> {
    let Some(name) = params.get(Key::RequirePeer) else { return Ok(None) };
    let uid = account::uid_of(name).or_else(|| name.parse().ok());
    let uid = uid.ok_or_else(|| params.wrong(Key::RequirePeer, "names no user of /etc/passwd, and is no uid"))?;
    Ok(Some(Peer { name: name.to_owned(), uid }))
}

/// TLS as the two bounds have it. Nothing below 1.2 is spoken here, whatever the lower bound allows.
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
