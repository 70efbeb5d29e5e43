//! TLS: which session is encrypted, which certificate is trusted, which certificate lets in.

use std::io::Read as _;
use std::net::TcpListener;
use std::path::Path;

use crate::support::{Cluster, Gate, TestDatabase};

const CHAIN: &[(&str, &str)] = &[("0001_base.sql", "CREATE TABLE t (id int)")];

fn migrate(url: &str) -> Gate {
    Gate::at(url).chain(CHAIN).args(["migrate"]).env("LOCKGATE_AUTH_RETRY_FOR", "100ms")
}

fn root(file: &Path) -> String {
    format!("&sslrootcert={}", file.display())
}

/// Records of its own session whether it is encrypted.
const WITNESS: &[(&str, &str)] =
    &[("0001_base.sql", "CREATE TABLE t AS SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")];

/// True if the session that migrated was encrypted.
fn was_encrypted(database: &TestDatabase) -> bool {
    database.value("SELECT ssl FROM t") == "t"
}

#[test]
fn each_sslmode_trusts_what_it_should() {
    let cluster = Cluster::shared();
    let tls = cluster.tls();
    let (ours, strange, server) = (root(&tls.authority), root(&tls.strange_authority), root(&tls.server_certificate));
    // 127.0.0.1 and localhost are in the certificate; the name below reaches the server, and is not.
    let other = "no-such-host.invalid&hostaddr=127.0.0.1";
    for (sslmode, host, root, expected) in [
        ("disable", "127.0.0.1", "", Ok(false)),
        ("disable", "127.0.0.1", &*strange, Ok(false)),
        ("allow", "127.0.0.1", "", Ok(false)),
        ("allow", "127.0.0.1", &strange, Ok(false)),
        ("prefer", "127.0.0.1", "", Ok(true)),
        ("prefer", "127.0.0.1", &ours, Ok(true)),
        ("prefer", "127.0.0.1", &strange, Ok(true)),
        ("prefer", other, &ours, Ok(true)),
        ("require", "127.0.0.1", "", Ok(true)),
        ("require", "127.0.0.1", &ours, Ok(true)),
        ("require", other, &ours, Ok(true)),
        // With a root certificate, `require` verifies it: libpq's way since its beginning.
        ("require", "127.0.0.1", &strange, Err("LG0314")),
        ("verify-ca", "127.0.0.1", &ours, Ok(true)),
        ("verify-ca", "127.0.0.1", &server, Ok(true)),
        ("verify-ca", other, &ours, Ok(true)),
        ("verify-ca", "127.0.0.1", &strange, Err("LG0314")),
        ("verify-full", "127.0.0.1", &ours, Ok(true)),
        ("verify-full", "localhost", &ours, Ok(true)),
        ("verify-full", "localhost", &server, Ok(true)),
        ("verify-full", other, &ours, Err("LG0314")),
        ("verify-full", other, &server, Err("LG0314")),
        ("verify-full", "127.0.0.1", &strange, Err("LG0314")),
    ] {
        let database = TestDatabase::on(&cluster);
        let url = database.url_with(&format!("sslmode={sslmode}&host={host}{root}")).replace("app@127.0.0.1:", "app@:");
        let outcome = migrate(&url).chain(WITNESS).run();
        let told = format!("sslmode={sslmode} host={host} {root}: {outcome}");
        match expected {
            Ok(encrypted) => {
                assert_eq!(outcome.code, Some(0), "{told}");
                assert_eq!(was_encrypted(&database), encrypted, "{told}");
            }
            Err(code) => {
                assert!(outcome.code == Some(77) && outcome.termination_log.starts_with(code), "{told}");
            }
        }
    }
}

#[test]
fn a_certificate_that_is_not_trusted_is_refused_at_once_with_the_reason() {
    let database = TestDatabase::new();
    let strange = root(&database.cluster().tls().strange_authority);
    let gate = migrate(&database.url_with(&format!("sslmode=verify-full{strange}")));
    // With all the patience of the default: nothing is waited for.
    let failed = gate.env("LOCKGATE_AUTH_RETRY_FOR", "10m").run().fails(77, "LG0314");
    assert!(failed.causes.contains("UnknownIssuer"), "{failed:?}");
}

#[test]
fn a_certificate_file_that_cannot_be_used_is_a_wrong_setting() {
    let database = TestDatabase::new();
    let tls = database.cluster().tls();
    let gate = migrate(&database.url());
    let empty = gate.file("empty.pem");
    std::fs::write(&empty, "").expect("a file");
    let (key, cert) = (tls.client_key.display(), tls.client_certificate.display());
    for parameters in [
        "sslmode=verify-ca&sslrootcert=/nowhere/root.crt".to_owned(),
        format!("sslmode=verify-ca&sslrootcert={}", empty.display()),
        format!("sslmode=verify-ca&sslrootcert={key}"),
        format!("sslmode=require&sslcert={cert}&sslkey={}", empty.display()),
        format!("sslmode=require&sslcert={key}&sslkey={key}"),
        format!("sslmode=require&sslcert={cert}&sslkey=/nowhere/client.key"),
    ] {
        let outcome = gate.clone().env("LOCKGATE_DATABASE_URL", database.url_with(&parameters)).run();
        assert_eq!(outcome.code, Some(78), "{parameters}: {outcome}");
    }
}

#[test]
fn a_server_without_tls_is_refused_where_tls_is_asked_for() {
    let cluster = Cluster::start_private(&[("ssl", "off")]);
    let ours = root(&cluster.tls().authority);
    for (parameters, exit) in [
        ("sslmode=disable".to_owned(), 0),
        ("sslmode=allow".to_owned(), 0),
        ("sslmode=prefer".to_owned(), 0),
        ("sslmode=require".to_owned(), 77),
        (format!("sslmode=verify-ca{ours}"), 77),
        (format!("sslmode=verify-full{ours}"), 77),
    ] {
        let outcome = migrate(&cluster.url("postgres").replace("sslmode=disable", &parameters)).run();
        assert_eq!(outcome.code, Some(exit), "{parameters}: {outcome}");
        assert_eq!(outcome.termination_log.starts_with("LG0315"), exit == 77, "{parameters}: {outcome}");
    }
}

#[test]
fn a_role_that_must_come_in_encrypted_does_unless_it_is_forbidden() {
    for (sslmode, exit) in [("disable", 77), ("allow", 0), ("prefer", 0), ("require", 0)] {
        let database = TestDatabase::new();
        let role = database.cluster().role("LOGIN IN ROLE tls_only");
        database.sql(&format!("GRANT ALL ON SCHEMA public TO {role}"));
        let url = database.url_as(&role, None).replace("sslmode=disable", &format!("sslmode={sslmode}"));
        let outcome = migrate(&url).chain(WITNESS).run();
        assert_eq!(outcome.code, Some(exit), "{sslmode}: {outcome}");
        assert!(exit != 0 || was_encrypted(&database), "{sslmode}");
        assert_eq!(outcome.termination_log.starts_with("LG0312"), exit == 77, "{sslmode}: {outcome}");
    }
}

#[test]
fn a_clients_certificate_lets_its_role_in() {
    let database = TestDatabase::new();
    let tls = database.cluster().tls();
    database.sql("GRANT ALL ON SCHEMA public TO certified");
    let url = database.url_as("certified", None);
    let files = format!("sslcert={}&sslkey={}", tls.client_certificate.display(), tls.client_key.display());
    let with = |parameters: &str| migrate(&url.replace("sslmode=disable", parameters)).chain(WITNESS).run();

    let failed = with("sslmode=require").fails(77, "LG0312");
    assert!(failed.causes.contains("valid client certificate"), "{failed:?}");
    with(&format!("sslmode=verify-full{}&{files}", root(&tls.authority))).expect(0);
    assert!(was_encrypted(&database));
}

#[test]
fn a_password_may_be_bound_to_the_channel() {
    let database = TestDatabase::new();
    let role = database.cluster().role("LOGIN PASSWORD 'right' IN ROLE secret");
    database.sql(&format!("GRANT ALL ON SCHEMA public TO {role}"));
    let url = database.url_as(&role, Some("right"));
    let with = |parameters: &str| migrate(&url.replace("sslmode=disable", parameters)).run();
    with("sslmode=require&channel_binding=require").expect(0);
    // Without TLS there is no channel to bind to, and the user did not ask to send the password anyway.
    with("sslmode=disable&channel_binding=require").fails(77, "LG0311");
}

#[test]
fn every_observer_and_cancel_request_is_encrypted_too() {
    let database = TestDatabase::new();
    let role = database.cluster().role("LOGIN PASSWORD 'right' IN ROLE tls_only");
    database.sql(&format!("GRANT ALL ON SCHEMA public TO {role}"));
    let url = database.url_as(&role, None).replace("sslmode=disable", "sslmode=require");
    let running = Gate::at(&url).chain(&[("0001_base.sql", "SELECT pg_sleep(3600)")]).args(["migrate"]).spawn();
    let sleeps =
        format!("SELECT count(*) > 0 FROM pg_stat_activity WHERE usename = '{role}' AND wait_event = 'PgSleep'");
    crate::support::eventually("the statement runs", || database.value(&sleeps) == "t");
    running.terminate();
    running.wait_patiently().fails(143, "LG0801");
    crate::support::eventually("the statement is cancelled", || database.value(&sleeps) == "f");
}

/// A server whose certificate is made by openssl, as its own documentation and the clouds make them.
fn server_with(recipe: &str) -> (Cluster, std::path::PathBuf) {
    let cluster = Cluster::prepare_private(&[
        ("ssl_cert_file", "odd.crt"),
        ("ssl_key_file", "odd.key"),
        ("log_connections", "on"),
    ]);
    let directory = cluster.socket_directory().join("data");
    let script = format!(
        "set -e; cd {}; {recipe}; chown --reference=postgresql.conf odd.crt odd.key ca.crt 2>/dev/null || true; chmod 600 odd.key",
        directory.display()
    );
    let made = std::process::Command::new("sh").args(["-c", &script]).output().expect("sh");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    cluster.start();
    (cluster, directory.join("ca.crt"))
}

/// The recipe of PostgreSQL's documentation (19.9.5) without an extension file makes version 1.
const VERSION_1: &str = "openssl req -new -x509 -nodes -newkey rsa:2048 -keyout ca.key -out ca.crt -subj /CN=authority; \
                         openssl req -new -nodes -newkey rsa:2048 -keyout odd.key -out odd.csr -subj /CN=localhost; \
                         openssl x509 -req -in odd.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out odd.crt";
const CRITICAL: &str = "openssl req -new -x509 -nodes -newkey rsa:2048 -keyout odd.key -out odd.crt -subj /CN=localhost \
                        -addext 1.2.3.4=critical,ASN1:UTF8String:odd; cp odd.crt ca.crt";
const P_521: &str = "openssl ecparam -name secp521r1 -genkey -noout -out odd.key; openssl req -new -x509 -key odd.key -out \
                     odd.crt -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1; cp odd.crt ca.crt";
const RSA_PSS: &str = "openssl genpkey -algorithm rsa-pss -pkeyopt rsa_keygen_bits:2048 -out odd.key; openssl req -new -x509 \
                       -key odd.key -out odd.crt -subj /CN=localhost -addext \
                       subjectAltName=DNS:localhost,IP:127.0.0.1; cp odd.crt ca.crt";

#[test]
fn a_certificate_that_nobody_checks_may_be_of_any_kind() {
    for (name, recipe) in [("v1", VERSION_1), ("critical", CRITICAL), ("P-521", P_521), ("RSA-PSS", RSA_PSS)] {
        let (cluster, _) = server_with(recipe);
        for sslmode in ["prefer", "require"] {
            let database = TestDatabase::on(&cluster);
            let outcome = migrate(&database.url_with(&format!("sslmode={sslmode}"))).chain(WITNESS).run();
            assert_eq!(outcome.code, Some(0), "{name} {sslmode}: {outcome}");
            assert!(was_encrypted(&database), "{name} {sslmode}: {outcome}");
        }
    }
}

#[test]
fn a_certificate_that_cannot_be_verified_is_refused_at_once_with_the_way_out() {
    for (name, recipe, code, says) in [
        ("v1", VERSION_1, "LG0314", "version 1 certificate: reissue it"),
        ("P-521", P_521, "LG0317", "an RSA, P-256 or Ed25519 key"),
        ("RSA-PSS", RSA_PSS, "LG0317", "an RSA, P-256 or Ed25519 key"),
    ] {
        let (cluster, authority) = server_with(recipe);
        let readable = cluster.socket_directory().join("ca-of-the-test.crt");
        std::fs::copy(&authority, &readable).expect("a copy");
        let database = TestDatabase::on(&cluster);
        let url = database.url_with(&format!("sslmode=verify-ca{}", root(&readable)));
        // With all the patience of the default.
        let failed = migrate(&url).env_remove("LOCKGATE_AUTH_RETRY_FOR").run().fails(77, code);
        assert!(failed.next.contains(says), "{name}: {failed:?}");
    }
}

#[test]
fn a_fall_back_to_plain_text_is_told_once() {
    // Given a server that offers only a cipher that this program's TLS lacks: the exchange of keys by RSA.
    let cluster = Cluster::start_private(&[("ssl_ciphers", "AES128-SHA"), ("ssl_max_protocol_version", "TLSv1.2")]);
    let database = TestDatabase::on(&cluster);
    let outcome = migrate(&database.url_with("sslmode=prefer")).chain(WITNESS).run().expect(0);
    assert!(!was_encrypted(&database));
    assert_eq!(outcome.stderr.matches("without encryption").count(), 1, "{outcome}");
    migrate(&database.url_with("sslmode=require")).run().fails(77, "LG0317");
}

#[test]
fn direct_tls_begins_with_the_handshake_where_the_server_takes_it() {
    let database = TestDatabase::new();
    let ours = root(&database.cluster().tls().authority);
    for sslmode in ["require", "verify-full"] {
        let url = database.url_with(&format!("sslmode={sslmode}&sslnegotiation=direct{ours}"));
        let outcome = migrate(&url).chain(WITNESS).env("LOCKGATE_WAIT_TIMEOUT", "2s").run();
        // Version 17 is the first to take it.
        if database.cluster().version() >= 17 {
            assert!(outcome.code == Some(0) && was_encrypted(&database), "{outcome}");
        } else {
            assert_eq!(outcome.code, Some(75), "{outcome}");
        }
    }
    let server = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = server.local_addr().expect("an address").port();
    let url = format!("postgres://app@127.0.0.1:{port}/app?sslmode=require&sslnegotiation=direct");
    let gate = migrate(&url).env("LOCKGATE_WAIT_TIMEOUT", "1s").spawn();
    let mut heard = [0; 64 << 10];
    let length = server.accept().and_then(|(mut stream, _)| stream.read(&mut heard)).expect("a connection");
    drop(server);
    assert_eq!(gate.wait_patiently().code, Some(75));
    // A TLS record of a handshake, for the one protocol.
    let heard = &heard[..length];
    assert_eq!(heard.first(), Some(&0x16), "{heard:?}");
    assert!(heard.windows(11).any(|bytes| bytes == b"\x0apostgresql"), "{heard:?}");
}

#[test]
fn direct_tls_goes_with_modes_that_insist_on_tls_alone() {
    for (parameters, exit) in [
        ("sslnegotiation=direct", 78),
        ("sslmode=prefer&sslnegotiation=direct", 78),
        ("sslmode=require&sslnegotiation=sometimes", 78),
        ("sslnegotiation=postgres", 75),
    ] {
        let gate = Gate::at(&format!("postgres://app@127.0.0.1:1/app?{parameters}")).chain(CHAIN).args(["migrate"]);
        let outcome = gate.env("LOCKGATE_WAIT_TIMEOUT", "100ms").run();
        assert_eq!(outcome.code, Some(exit), "{parameters}: {outcome}");
    }
}
