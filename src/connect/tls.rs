//! rustls, with libpq's meaning of the six sslmodes (PostgreSQL documentation 34.19).

use std::error::Error;
use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;
use x509_cert::der::Decode;
use zeroize::Zeroizing;

use super::ConnectError;
use crate::config::{RootCert, SslMode, Target, TlsFiles, TlsVersions};
use crate::files;

/// The checks of the server's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Check {
    Nothing,
    Authority,
    AuthorityAndName,
}

fn check(target: &Target) -> Check {
    match target.ssl_mode {
        SslMode::VerifyFull => Check::AuthorityAndName,
        mode if target.tls.verified(mode) => Check::Authority,
        _ => Check::Nothing,
    }
}

/// The TLS side of one attempt. `asked` is set when the server requests the client's certificate.
///
/// # Errors
/// [`ConnectError::CertificateFile`] if a file cannot be used.
pub fn connector(target: &Target, asked: &Arc<AtomicBool>) -> Result<MakeRustlsConnect, ConnectError> {
    let provider = Arc::new(ring::default_provider());
    let check = check(target);
    let verifier = match check {
        Check::Nothing => {
            Verifier { check, roots: Vec::new(), chain: None, revoked: false, provider: Arc::clone(&provider) }
        }
        Check::Authority | Check::AuthorityAndName => {
            Verifier::new(check, roots(target.tls.root.as_ref())?, revoked(&target.tls)?, Arc::clone(&provider))?
        }
    };
    let TlsVersions { v1_2, v1_3 } = target.demands.versions;
    let versions = [v1_2.then_some(&TLS12), v1_3.then_some(&TLS13)].into_iter().flatten().collect::<Vec<_>>();
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&versions)
        .map_err(|error| unusable("rustls", error))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let certified = match (&target.tls.cert, &target.tls.key) {
        (Some(cert), Some(key)) => {
            let certified = CertifiedKey::from_der(certificates(cert)?, private_key(key)?, &provider);
            Some(Arc::new(certified.map_err(|error| unusable(cert, error))?))
        }
        _ => None,
    };
    let resolver = ClientCertificate { certified, asked: Arc::clone(asked) };
    let mut config = builder.with_client_cert_resolver(Arc::new(resolver));
    config.enable_sni = target.demands.sni;
    if target.direct_tls {
        // Without a plain request, the server accepts TLS only with its own protocol name (PostgreSQL documentation 55.2.10).
        config.alpn_protocols = vec![b"postgresql".to_vec()];
    }
    Ok(MakeRustlsConnect::new(config))
}

/// The client's certificate, and a flag that is set when the server requests it.
#[derive(Debug)]
struct ClientCertificate {
    certified: Option<Arc<CertifiedKey>>,
    asked: Arc<AtomicBool>,
}

impl ResolvesClientCert for ClientCertificate {
    fn resolve(&self, _: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let certified = self.certified.as_ref().filter(|certified| certified.key.choose_scheme(schemes).is_some());
        // A certificate that cannot be presented counts as none.
        self.asked.store(certified.is_some(), Ordering::Release);
        certified.cloned()
    }

    fn has_certs(&self) -> bool {
        // The resolver is always registered: its call shows that the server requests a certificate.
        true
    }
}

fn unusable(file: impl AsRef<Path>, source: impl Into<Box<dyn Error + Send + Sync>>) -> ConnectError {
    ConnectError::CertificateFile { file: file.as_ref().display().to_string(), source: source.into() }
}

/// The largest list of certificates, in bytes: all public authorities together need less.
const LARGEST: u64 = 16 << 20;

fn pem<T: PemObject>(file: &Path) -> Result<Vec<T>, ConnectError> {
    let content = Zeroizing::new(files::plain(file, LARGEST).map_err(|error| unusable(file, error))?);
    T::pem_slice_iter(&content).collect::<Result<Vec<_>, _>>().map_err(|error| unusable(file, error.to_string()))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, ConnectError> {
    let list = pem(file)?;
    if list.is_empty() { Err(unusable(file, "it holds no certificate")) } else { Ok(list) }
}

fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, ConnectError> {
    let mut keys = pem::<PrivateKeyDer<'static>>(file)?;
    if keys.is_empty() {
        Err(unusable(file, "it holds no private key that is not encrypted"))
    } else {
        Ok(keys.remove(0))
    }
}

type Lists = Vec<CertificateRevocationListDer<'static>>;

/// The lists of `sslcrl` and `sslcrldir`. A named file without a list is an error, not an empty list.
fn revoked(files: &TlsFiles) -> Result<Lists, ConnectError> {
    let mut lists = Lists::new();
    if let Some(file) = &files.revoked {
        let list = pem(file)?;
        if list.is_empty() {
            return Err(unusable(file, "it holds no revocation list"));
        }
        lists.extend(list);
    }
    if let Some(directory) = &files.revoked_directory {
        let entries = std::fs::read_dir(directory).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let entries = entries.map_err(|error| unusable(directory, error))?;
        let before = lists.len();
        for entry in entries.iter().filter(|entry| is_hashed(&entry.file_name())) {
            lists.extend(pem::<CertificateRevocationListDer<'static>>(&entry.path())?);
        }
        if lists.len() == before {
            return Err(unusable(directory, "it holds no revocation list named as `openssl rehash` names them"));
        }
    }
    Ok(lists)
}

/// True for `1d85ca4c.r0`, the name by which OpenSSL finds a list in a directory.
fn is_hashed(name: &OsStr) -> bool {
    let parts = name.to_str().and_then(|name| name.split_once(".r"));
    parts.is_some_and(|(hash, number)| {
        hash.len() == 8 && hash.bytes().all(|b| b.is_ascii_hexdigit()) && number.parse::<u32>().is_ok()
    })
}

/// The root certificates. Reading the system's store takes milliseconds, so it is read only to verify a certificate.
fn roots(root: Option<&RootCert>) -> Result<Vec<CertificateDer<'static>>, ConnectError> {
    match root {
        Some(RootCert::File(file)) => certificates(file),
        Some(RootCert::System) | None => {
            let found = rustls_native_certs::load_native_certs();
            if found.certs.is_empty() {
                return Err(unusable("the system's certificate store", "it is empty; set sslrootcert"));
            }
            Ok(found.certs)
        }
    }
}

#[derive(Debug)]
struct Verifier {
    check: Check,
    roots: Vec<CertificateDer<'static>>,
    chain: Option<Arc<WebPkiServerVerifier>>,
    /// True if there are revocation lists.
    revoked: bool,
    provider: Arc<CryptoProvider>,
}

impl Verifier {
    fn new(
        check: Check,
        roots: Vec<CertificateDer<'static>>,
        lists: Lists,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, ConnectError> {
        let mut store = RootCertStore::empty();
        let (added, _) = store.add_parsable_certificates(roots.iter().cloned());
        let revoked = !lists.is_empty();
        let chain = if added == 0 {
            None
        } else {
            // As OpenSSL with libpq's flags: every certificate below the root must not be revoked, and its issuer's list must be
            // present and up to date.
            let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(store), Arc::clone(&provider));
            let builder = builder.with_crls(lists).enforce_revocation_expiration();
            Some(builder.build().map_err(|error| unusable("sslrootcert, sslcrl or sslcrldir", error))?)
        };
        Ok(Self { check, roots, chain, revoked, provider })
    }

    /// A handshake's signature proves possession of the certificate's key. Without a check of the certificate, libpq accepts any:
    /// a signature is verified if possible, and an unsupported one (a version 1 certificate, a P-521 key) still encrypts.
    fn is_beyond(&self, cert: &CertificateDer<'_>, dss: &DigitallySignedStruct) -> bool {
        let known = self.provider.signature_verification_algorithms.supported_schemes();
        self.check == Check::Nothing && (!known.contains(&dss.scheme) || ParsedCertificate::try_from(cert).is_err())
    }

    fn verify(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), rustls::Error> {
        let Some(chain) = &self.chain else {
            return Err(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer));
        };
        match (chain.verify_server_cert(leaf, intermediates, name, &[], now), self.check) {
            (Err(rustls::Error::InvalidCertificate(error)), Check::Authority) if is_name(&error) => Ok(()),
            (Err(error), _) if self.roots.iter().any(|root| root.as_ref() == leaf.as_ref()) => {
                self.verify_root(leaf, name, now, error)
            }
            (result, _) => result.map(|_| ()),
        }
    }

    /// libpq trusts a self-signed certificate that is also configured as the root. webpki refuses it if it is also a CA, as
    /// `openssl req -x509` creates it, or of version 1. `refused` is webpki's reason.
    fn verify_root(
        &self,
        leaf: &CertificateDer<'_>,
        name: &ServerName<'_>,
        now: UnixTime,
        refused: rustls::Error,
    ) -> Result<(), rustls::Error> {
        let flaw = |error| rustls::Error::InvalidCertificate(error);
        let is_of_a_root = match &refused {
            // The issuer need not be known.
            rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) => true,
            other => {
                matches!(flaw_of(other), Some(webpki::Error::CaUsedAsEndEntity | webpki::Error::UnsupportedCertVersion))
            }
        };
        if !is_of_a_root {
            return Err(refused);
        }
        if self.revoked {
            return Err(flaw(CertificateError::UnknownRevocationStatus));
        }
        let parsed = x509_cert::Certificate::from_der(leaf).map_err(|_| flaw(CertificateError::BadEncoding))?;
        let validity = parsed.tbs_certificate.validity;
        let now = now.as_secs();
        if now < validity.not_before.to_unix_duration().as_secs() {
            return Err(flaw(CertificateError::NotValidYet));
        }
        if now > validity.not_after.to_unix_duration().as_secs() {
            return Err(flaw(CertificateError::Expired));
        }
        match self.check {
            Check::AuthorityAndName => rustls::client::verify_server_name(&ParsedCertificate::try_from(leaf)?, name),
            Check::Authority | Check::Nothing => Ok(()),
        }
    }
}

/// The flaw of a certificate for which rustls has no error of its own.
fn flaw_of(error: &rustls::Error) -> Option<&webpki::Error> {
    let rustls::Error::InvalidCertificate(CertificateError::Other(other)) = error else { return None };
    other.0.downcast_ref()
}

fn is_name(error: &CertificateError) -> bool {
    matches!(error, CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. })
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.check != Check::Nothing {
            self.verify(leaf, intermediates, name, now)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        if self.is_beyond(cert, dss) {
            return Ok(HandshakeSignatureValid::assertion());
        }
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        if self.is_beyond(cert, dss) {
            return Ok(HandshakeSignatureValid::assertion());
        }
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let mut schemes = self.provider.signature_verification_algorithms.supported_schemes();
        if self.check == Check::Nothing {
            schemes.extend(UNVERIFIED);
        }
        schemes
    }
}

/// P-521, and keys for RSA-PSS only (RFC 8446, 4.2.3: `rsa_pss_pss_*`): ring verifies neither.
const UNVERIFIED: [SignatureScheme; 4] = [
    SignatureScheme::ECDSA_NISTP521_SHA512,
    SignatureScheme::Unknown(0x0809),
    SignatureScheme::Unknown(0x080a),
    SignatureScheme::Unknown(0x080b),
];

/// The advice about an untrusted certificate with a known flaw.
pub(super) fn advice(error: &rustls::Error) -> Option<&'static str> {
    match flaw_of(error)? {
        webpki::Error::UnsupportedCertVersion => Some(
            "it is a version 1 certificate: reissue it with extensions (openssl x509 -req -extfile FILE, with \
             subjectAltName=DNS:HOST in FILE), or set sslmode=require where the network is trusted",
        ),
        webpki::Error::UnsupportedCriticalExtension => Some(
            "it has a critical extension that is not understood: reissue it without, or set sslmode=require where the \
             network is trusted",
        ),
        _ => None,
    }
}

/// True if the two sides can never agree: another attempt would end alike.
pub(super) fn never_heals(error: &rustls::Error) -> bool {
    use rustls::AlertDescription as Alert;
    match error {
        rustls::Error::PeerIncompatible(_) => true,
        rustls::Error::AlertReceived(alert) => matches!(
            alert,
            Alert::HandshakeFailure
                | Alert::ProtocolVersion
                | Alert::InsufficientSecurity
                | Alert::BadCertificate
                | Alert::UnsupportedCertificate
                | Alert::CertificateRevoked
                | Alert::CertificateExpired
                | Alert::CertificateUnknown
                | Alert::UnknownCA
                | Alert::AccessDenied
                | Alert::CertificateRequired
        ),
        _ => false,
    }
}
