//! A certificate authority, the server's certificate, a client's, and a stranger's authority.

use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair};

use super::process::Unprivileged;

/// The role that [`Tls::client_certificate`] is made out to.
pub const CERTIFIED_ROLE: &str = "certified";

/// The paths of the files, for `sslrootcert`, `sslcert` and `sslkey`.
#[derive(Debug)]
pub struct Tls {
    /// The authority that signed the server's certificate (for `localhost`, `127.0.0.1` and `::1`).
    pub authority: PathBuf,
    /// An authority that signed nothing: verification against it must fail.
    pub strange_authority: PathBuf,
    /// The server's own, for those who name it as the root itself.
    pub server_certificate: PathBuf,
    pub client_certificate: PathBuf,
    pub client_key: PathBuf,
}

impl Tls {
    /// Writes everything into the directory, for a server that runs as `user`.
    pub(super) fn create(directory: &Path, user: Unprivileged) -> Self {
        let authority = issuer("lockgate test authority");
        let strange = issuer("a strange authority");
        let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
        let (server, server_key) = issue(&authority, "localhost", names, ExtendedKeyUsagePurpose::ServerAuth);
        let (client, client_key) = issue(&authority, CERTIFIED_ROLE, vec![], ExtendedKeyUsagePurpose::ClientAuth);
        let file = |name: &str, content: String| {
            let path = directory.join(name);
            user.write(&path, content);
            path
        };
        let server_certificate = file("server.crt", server);
        file("server.key", server_key);
        Self {
            authority: file("authority.crt", authority.pem()),
            strange_authority: file("strange.crt", strange.pem()),
            server_certificate,
            client_certificate: file("client.crt", client),
            client_key: file("client.key", client_key),
        }
    }
}

fn issuer(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a certificate")
}

fn issue(
    authority: &CertifiedIssuer<'static, KeyPair>,
    common_name: &str,
    names: Vec<String>,
    usage: ExtendedKeyUsagePurpose,
) -> (String, String) {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(names).expect("names");
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.extended_key_usages = vec![usage];
    let certificate = params.signed_by(&key, authority).expect("a certificate");
    (certificate.pem(), key.serialize_pem())
}
