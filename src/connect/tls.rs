//! rustls, with libpq's meaning of the six sslmodes (PostgreSQL documentation 34.19).

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::ConnectError;
use crate::config::{RootCert, SslMode, Target};

/// What is checked of the server's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Check {
    Nothing,
    Authority,
    AuthorityAndName,
}

/// `require` with a root certificate file behaves as `verify-ca`, as in libpq.
fn check(mode: SslMode, root: Option<&RootCert>) -> Check {
    match mode {
        SslMode::VerifyFull => Check::AuthorityAndName,
        SslMode::VerifyCa => Check::Authority,
        SslMode::Require if matches!(root, Some(RootCert::File(_))) => Check::Authority,
        SslMode::Require | SslMode::Prefer | SslMode::Allow | SslMode::Disable => Check::Nothing,
    }
}

/// The TLS side of one attempt.
///
/// # Errors
/// [`ConnectError::CertificateFile`] where a file cannot be used.
pub fn connector(target: &Target) -> Result<MakeRustlsConnect, ConnectError> {
    let provider = Arc::new(ring::default_provider());
    let check = check(target.ssl_mode, target.tls.root.as_ref());
    let roots = match check {
        Check::Nothing => Vec::new(),
        Check::Authority | Check::AuthorityAndName => roots(target.tls.root.as_ref())?,
    };
    let verifier = Arc::new(Verifier::new(check, roots, Arc::clone(&provider))?);
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable("rustls", error))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let config = match (&target.tls.cert, &target.tls.key) {
        (Some(cert), Some(key)) => builder
            .with_client_auth_cert(certificates(cert)?, private_key(key)?)
            .map_err(|error| unusable(cert, error))?,
        _ => builder.with_no_client_auth(),
    };
    Ok(MakeRustlsConnect::new(config))
}

fn unusable(file: impl AsRef<Path>, source: impl Into<Box<dyn Error + Send + Sync>>) -> ConnectError {
    ConnectError::CertificateFile { file: file.as_ref().display().to_string(), source: source.into() }
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, ConnectError> {
    let list = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let list = list.map_err(|error| unusable(file, error.to_string()))?;
    if list.is_empty() { Err(unusable(file, "it holds no certificate")) } else { Ok(list) }
}

fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, ConnectError> {
    PrivateKeyDer::from_pem_file(file).map_err(|error| unusable(file, error.to_string()))
}

/// Reading the system's store takes milliseconds: only where a certificate is verified against it.
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
    provider: Arc<CryptoProvider>,
}

impl Verifier {
    fn new(
        check: Check,
        roots: Vec<CertificateDer<'static>>,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, ConnectError> {
        let mut store = RootCertStore::empty();
        let (added, _) = store.add_parsable_certificates(roots.iter().cloned());
        let chain = if added == 0 {
            None
        } else {
            let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(store), Arc::clone(&provider));
            Some(builder.build().map_err(|error| unusable("sslrootcert", error))?)
        };
        Ok(Self { check, roots, chain, provider })
    }

    /// A handshake's signature proves the key of a certificate. Where nothing is checked of the certificate, libpq takes any; what
    /// can be verified is, and what cannot be (a version 1 certificate, a P-521 key) encrypts all the same.
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
        // A self-signed certificate that is named as the root itself is trusted by libpq, and refused by webpki where it
        // also is a CA, as `openssl req -x509` makes it.
        if self.roots.iter().any(|root| root.as_ref() == leaf.as_ref()) {
            return match self.check {
                Check::AuthorityAndName => {
                    rustls::client::verify_server_name(&ParsedCertificate::try_from(leaf)?, name)
                }
                Check::Authority | Check::Nothing => Ok(()),
            };
        }
        let Some(chain) = &self.chain else {
            return Err(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer));
        };
        match (chain.verify_server_cert(leaf, intermediates, name, &[], now), self.check) {
            (Err(rustls::Error::InvalidCertificate(error)), Check::Authority) if is_name(&error) => Ok(()),
            (result, _) => result.map(|_| ()),
        }
    }
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

/// P-521, and keys that are for RSA-PSS alone (RFC 8446, 4.2.3: `rsa_pss_pss_*`): ring verifies neither.
const UNVERIFIED: [SignatureScheme; 4] = [
    SignatureScheme::ECDSA_NISTP521_SHA512,
    SignatureScheme::Unknown(0x0809),
    SignatureScheme::Unknown(0x080a),
    SignatureScheme::Unknown(0x080b),
];

/// What to do about a certificate that is not trusted, where its flaw is a known one.
pub(super) fn advice(error: &rustls::Error) -> Option<&'static str> {
    let rustls::Error::InvalidCertificate(CertificateError::Other(other)) = error else { return None };
    match other.0.downcast_ref::<webpki::Error>()? {
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

/// Whether the two sides can never agree: no other try would end otherwise.
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
