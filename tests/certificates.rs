//! Each kind of server certificate under each sslmode, compared with libpq's own `psql`.

use std::path::{Path, PathBuf};
use std::process::Command;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, CustomExtension, DnType,
    IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, RevokedCertParams,
    SerialNumber, SignatureAlgorithm, date_time_ymd,
};

use crate::support::process::Unprivileged;
use crate::support::{Cluster, Gate, Outcome, TestDatabase};

const CHAIN: &[(&str, &str)] = &[("0001_base.sql", "CREATE TABLE t (id int)")];

const MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

const ALL: &[&str] = &MODES;
/// With a root certificate `require` verifies the authority, as libpq does.
const UNVERIFIED: &[&str] = &["disable", "allow", "prefer"];

struct Kind {
    name: &'static str,
    make: fn(&Place),
    /// The modes that lockgate gets in with.
    lets: &'static [&'static str],
    /// Those that libpq gets in with, where that differs, and why it does.
    libpq: Option<(&'static [&'static str], &'static str)>,
}

/// The intended differences from libpq are listed here; no other is allowed.
const KINDS: &[Kind] = &[
    Kind { name: "P-256", make: |place| place.issue(&PKCS_ECDSA_P256_SHA256, |_| ()), lets: ALL, libpq: None },
    Kind { name: "P-384", make: |place| place.issue(&PKCS_ECDSA_P384_SHA384, |_| ()), lets: ALL, libpq: None },
    Kind { name: "Ed25519", make: |place| place.openssl(ED_25519), lets: ALL, libpq: None },
    Kind { name: "RSA", make: |place| place.openssl(RSA), lets: ALL, libpq: None },
    Kind {
        name: "P-521",
        make: |place| place.openssl(P_521),
        lets: UNVERIFIED,
        libpq: Some((ALL, "ring verifies no P-521")),
    },
    Kind {
        name: "RSA-PSS",
        make: |place| place.openssl(RSA_PSS),
        lets: UNVERIFIED,
        libpq: Some((ALL, "ring verifies no key that is for RSA-PSS alone")),
    },
    Kind {
        name: "version 1",
        make: |place| place.openssl(VERSION_1),
        lets: UNVERIFIED,
        libpq: Some((ALL, "webpki takes version 3 alone, and a name from subjectAltName alone")),
    },
    Kind {
        name: "of another host",
        make: |place| place.issue(&PKCS_ECDSA_P256_SHA256, |params| params.subject_alt_names = names("db.invalid")),
        lets: &["disable", "allow", "prefer", "require", "verify-ca"],
        libpq: None,
    },
    Kind {
        name: "expired",
        make: |place| place.issue(&PKCS_ECDSA_P256_SHA256, |params| params.not_after = date_time_ymd(2021, 1, 1)),
        lets: UNVERIFIED,
        libpq: None,
    },
    Kind {
        name: "not valid yet",
        make: |place| place.issue(&PKCS_ECDSA_P256_SHA256, |params| params.not_before = date_time_ymd(2090, 1, 1)),
        lets: UNVERIFIED,
        libpq: None,
    },
    Kind {
        name: "with a critical extension that nobody knows",
        make: |place| place.issue(&PKCS_ECDSA_P256_SHA256, |params| params.custom_extensions = vec![odd()]),
        lets: UNVERIFIED,
        libpq: None,
    },
    Kind { name: "self-signed", make: |place| place.itself(false, |_| ()), lets: UNVERIFIED, libpq: None },
    Kind { name: "self-signed, the root itself", make: |place| place.itself(true, |_| ()), lets: ALL, libpq: None },
    Kind {
        name: "self-signed, the root itself, expired",
        make: |place| place.itself(true, |params| params.not_after = date_time_ymd(2021, 1, 1)),
        lets: UNVERIFIED,
        libpq: None,
    },
    Kind {
        name: "self-signed, the root itself, of another host",
        make: |place| place.itself(true, |params| params.subject_alt_names = names("db.invalid")),
        lets: &["disable", "allow", "prefer", "require", "verify-ca"],
        libpq: None,
    },
    Kind {
        name: "self-signed, the root itself, with a critical extension that nobody knows",
        make: |place| place.itself(true, |params| params.custom_extensions = vec![odd()]),
        lets: UNVERIFIED,
        libpq: None,
    },
];

const RSA: &str = "openssl req -new -nodes -newkey rsa:2048 -keyout odd.key -out odd.csr -subj /CN=localhost";
/// OpenSSL reads no key of this kind that rcgen writes.
const ED_25519: &str =
    "openssl genpkey -algorithm ed25519 -out odd.key; openssl req -new -key odd.key -out odd.csr -subj /CN=localhost";
const P_521: &str = "openssl ecparam -name secp521r1 -genkey -noout -out odd.key; openssl req -new -key odd.key -out odd.csr -subj /CN=localhost";
const RSA_PSS: &str = "openssl genpkey -algorithm rsa-pss -pkeyopt rsa_keygen_bits:2048 -out odd.key; openssl req -new -key odd.key -out odd.csr -subj /CN=localhost";
/// Without an extension file openssl makes version 1, as in PostgreSQL's documentation (19.9.5).
const VERSION_1: &str = "openssl req -new -nodes -newkey rsa:2048 -keyout odd.key -out odd.csr -subj /CN=localhost; \
                         openssl x509 -req -in odd.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out odd.crt";

fn odd() -> CustomExtension {
    // A UTF8String of no letters.
    let mut odd = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![0x0c, 0]);
    odd.set_criticality(true);
    odd
}

fn names(name: &str) -> Vec<rcgen::SanType> {
    CertificateParams::new(vec![name.to_owned()]).expect("a name").subject_alt_names
}

fn params() -> CertificateParams {
    let mut params = CertificateParams::new(["localhost", "127.0.0.1"].map(str::to_owned).to_vec()).expect("names");
    params.distinguished_name.push(DnType::CommonName, "localhost");
    params.not_before = date_time_ymd(2020, 1, 1);
    params
}

/// A server whose certificate is changed beneath it, and its authority.
struct Place {
    cluster: Cluster,
    directory: PathBuf,
    authority: CertifiedIssuer<'static, KeyPair>,
}

impl Place {
    fn new() -> Self {
        let cluster =
            Cluster::start_private(&[("ssl_cert_file", "../odd.crt"), ("ssl_key_file", "../odd.key"), ("ssl", "off")]);
        let directory = cluster.socket_directory().to_owned();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "an authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.not_before = date_time_ymd(2020, 1, 1);
        let authority =
            CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a certificate");
        Self { cluster, directory, authority }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn write(&self, name: &str, content: &str) {
        Unprivileged::find().write(&self.file(name), content);
    }

    /// A certificate by the authority, after the changes that `change` makes.
    fn issue(&self, algorithm: &'static SignatureAlgorithm, change: impl FnOnce(&mut CertificateParams)) {
        let key = KeyPair::generate_for(algorithm).expect("a key");
        let mut params = params();
        change(&mut params);
        let certificate = params.signed_by(&key, &self.authority).expect("a certificate");
        self.put(&certificate.pem(), &key.serialize_pem(), &self.authority.pem());
    }

    /// A certificate of its own, as `openssl req -x509` makes it; whether it is the root that the client is given.
    fn itself(&self, is_root: bool, change: impl FnOnce(&mut CertificateParams)) {
        let key = KeyPair::generate().expect("a key");
        let mut params = params();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        change(&mut params);
        let certificate = params.self_signed(&key).expect("a certificate");
        let root = if is_root { certificate.pem() } else { self.authority.pem() };
        self.put(&certificate.pem(), &key.serialize_pem(), &root);
    }

    /// A key and a request by openssl, signed by the authority with the names of this host unless that was done.
    fn openssl(&self, recipe: &str) {
        self.write("ca.crt", &self.authority.pem());
        self.write("ca.key", &self.authority.key().serialize_pem());
        let script = format!(
            "set -e; cd {}; rm -f odd.*; {recipe}; printf 'subjectAltName=DNS:localhost,IP:127.0.0.1' >names
             [ -e odd.crt ] || openssl x509 -req -in odd.csr -CA ca.crt -CAkey ca.key -CAcreateserial -extfile names -out odd.crt",
            self.directory.display()
        );
        let made = Command::new("sh").args(["-c", &script]).output().expect("sh");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let read = |name: &str| std::fs::read_to_string(self.file(name)).expect("a file");
        self.put(&read("odd.crt"), &read("odd.key"), &self.authority.pem());
    }

    fn put(&self, certificate: &str, key: &str, root: &str) {
        for (name, content) in [("odd.crt", certificate), ("odd.key", key), ("root.crt", root)] {
            self.write(name, content);
        }
        std::fs::set_permissions(self.file("root.crt"), std::os::unix::fs::PermissionsExt::from_mode(0o644))
            .expect("permissions");
    }

    /// Has the server read its certificate again, and waits until it has.
    fn reload(&self) {
        let session = self.cluster.session("postgres");
        session.sql("ALTER SYSTEM SET ssl = on");
        let before = self.cluster.log().matches("received SIGHUP").count();
        session.sql("SELECT pg_reload_conf()");
        crate::support::eventually("the server reads its files", || {
            self.cluster.log().matches("received SIGHUP").count() > before
        });
        let is_on = || self.cluster.session("postgres").value("SHOW ssl") == "on";
        crate::support::eventually("TLS is on", is_on);
        assert!(!self.cluster.log().contains("SSL configuration was not reloaded"), "{}", self.cluster.log());
    }

    fn parameters(&self, mode: &str) -> String {
        format!("sslmode={mode}&sslrootcert={}", self.file("root.crt").display())
    }
}

/// True if libpq gets in; none without psql.
fn psql(url: &str) -> Option<bool> {
    let program = std::env::var_os("PG_BIN").map(|place| Path::new(&place).join("psql")).filter(|psql| psql.exists());
    let mut command = Command::new(program.unwrap_or_else(|| "psql".into()));
    command.args(["-XAtq", "-d", url, "-c", "SELECT 1"]).env("HOME", "/nowhere").env("PGCONNECT_TIMEOUT", "10");
    Some(command.output().ok()?.status.success())
}

/// The outcome of `status`.
fn status(url: &str) -> Outcome {
    Gate::at(url).chain(CHAIN).args(["status"]).env("LOCKGATE_AUTH_RETRY_FOR", "0").run()
}

#[test]
fn each_kind_of_certificate_is_trusted_by_each_sslmode_as_libpq_does() {
    let place = Place::new();
    let database = TestDatabase::on(&place.cluster);
    let mut wrong = Vec::new();
    for Kind { name, make, lets, libpq } in KINDS {
        make(&place);
        place.reload();
        let tried = |mode| {
            let url = database.url_with(&place.parameters(mode)).replace("127.0.0.1", "localhost");
            (mode, status(&url), psql(&url))
        };
        let all = std::thread::scope(|scope| {
            let tries = MODES.map(|mode| scope.spawn(move || tried(mode)));
            tries.map(|one| one.join().expect("a try"))
        });
        for (mode, outcome, is_in) in all {
            let theirs = libpq.map_or(*lets, |(theirs, _)| theirs);
            if (outcome.code == Some(0)) != lets.contains(&mode) {
                wrong.push(format!("{name}, {mode}: {outcome}"));
            }
            if is_in.is_some_and(|is_in| is_in != theirs.contains(&mode)) {
                wrong.push(format!("{name}, {mode}: psql is {}", if theirs.contains(&mode) { "out" } else { "in" }));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_certificate_that_is_revoked_is_refused_where_a_list_is_given() {
    let place = Place::new();
    let database = TestDatabase::on(&place.cluster);
    let serial = SerialNumber::from(4242);
    place.issue(&PKCS_ECDSA_P256_SHA256, |params| params.serial_number = Some(serial.clone()));
    place.reload();
    let list = |revoked: Vec<RevokedCertParams>, until: i32| {
        let params = CertificateRevocationListParams {
            this_update: date_time_ymd(2020, 1, 1),
            next_update: date_time_ymd(until, 1, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: revoked,
            key_identifier_method: KeyIdMethod::Sha256,
        };
        params.signed_by(&place.authority).expect("a list").pem().expect("PEM")
    };
    let entry = RevokedCertParams {
        serial_number: serial.clone(),
        revocation_time: date_time_ymd(2020, 2, 1),
        reason_code: None,
        invalidity_date: None,
    };
    place.write("revoked.crl", &list(vec![entry], 2090));
    place.write("other.crl", &list(vec![], 2090));
    place.write("old.crl", &list(vec![], 2021));
    place.write("none.crl", "");
    let hashed = place.file("hashed");
    std::fs::create_dir_all(&hashed).expect("a directory");
    std::fs::copy(place.file("revoked.crl"), hashed.join("0a1b2c3d.r0")).expect("a copy");
    let crl = |name: &str| format!("&sslcrl={}", place.file(name).display());
    let directory = format!("&sslcrldir={}", hashed.display());
    for (list, code, has_psql) in [
        (String::new(), 0, true),
        (crl("other.crl"), 0, true),
        (crl("revoked.crl"), 77, true),
        // The name of the file in it is not the hash that OpenSSL looks for.
        (directory, 77, false),
        (crl("old.crl"), 77, true),
        // libpq goes on without a list that is not there.
        (crl("none.crl"), 78, false),
        (crl("nowhere.crl"), 78, false),
        ("&sslcrldir=/nowhere".to_owned(), 78, false),
    ] {
        for mode in ["require", "verify-full"] {
            let url = database.url_with(&format!("{}{list}", place.parameters(mode))).replace("127.0.0.1", "localhost");
            let outcome = status(&url);
            assert_eq!(outcome.code, Some(code), "{mode} {list}: {outcome}");
            let theirs = psql(&url).filter(|_| has_psql);
            assert_eq!(theirs.unwrap_or(code == 0), code == 0, "{mode} {list}: psql");
        }
    }
    let unverified = database.url_with(&format!("sslmode=require{}", crl("revoked.crl")));
    status(&unverified).expect(78);
}

#[test]
fn a_client_certificate_is_shown_and_a_version_of_tls_spoken_as_demanded() {
    let cluster = Cluster::shared();
    let tls = cluster.tls();
    let database = TestDatabase::on(&cluster);
    let version = |url: &str| {
        let chain =
            [("0001_base.sql", "CREATE TABLE v AS SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()")];
        let outcome = Gate::at(url).chain(&chain).args(["migrate"]).env("LOCKGATE_AUTH_RETRY_FOR", "0").run().expect(0);
        let version = database.value("SELECT version FROM v");
        database.sql("DROP TABLE v, lockgate_history");
        (version, outcome)
    };
    for (parameters, spoken) in [
        ("ssl_max_protocol_version=TLSv1.2", "TLSv1.2"),
        ("ssl_min_protocol_version=TLSv1.3", "TLSv1.3"),
        ("ssl_min_protocol_version=TLSv1&sslsni=0", "TLSv1.3"),
    ] {
        assert_eq!(version(&database.url_with(&format!("sslmode=require&{parameters}"))).0, spoken, "{parameters}");
    }
    let files = format!("sslcert={}&sslkey={}", tls.client_certificate.display(), tls.client_key.display());
    let shown = |mode: &str| {
        let url = database
            .url_as("certified", None)
            .replace("sslmode=disable", &format!("sslmode=require&{files}&sslcertmode={mode}"));
        status(&url)
    };
    shown("require").expect(0);
    shown("allow").expect(0);
    shown("disable").expect(77);
    // Without TLS the server asks for no certificate.
    let plain = database.url_with(&format!("sslmode=disable&{files}&sslcertmode=require"));
    let outcome = status(&plain).expect(77);
    assert!(outcome.stderr.contains("LG0319"), "{outcome}");
}
