//! Whole connection settings, from variables to a target.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use proptest::prelude::*;

use super::super::variables::Variables;
use super::*;

fn database(vars: &[(&str, &str)]) -> Database {
    // A home without a password file of the account that runs the tests.
    let all = [("HOME", "/nowhere")].iter().chain(vars);
    Database::new(&Variables::new(all.map(|(name, value)| (name.into(), value.into())), []), None, 4096)
}

fn target(vars: &[(&str, &str)]) -> Target {
    database(vars).resolve().unwrap()
}

fn url(text: &str) -> Target {
    target(&[("LOCKGATE_DATABASE_URL", text)])
}

fn errors(vars: &[(&str, &str)]) -> Vec<String> {
    database(vars).check().1.iter().map(ToString::to_string).collect()
}

fn url_error(text: &str) -> String {
    errors(&[("LOCKGATE_DATABASE_URL", text)]).join("; ")
}

#[test]
fn a_drivers_word_for_the_schema_becomes_an_option_of_the_session() {
    for (query, options) in [
        ("schema=app", Some(r#"-csearch_path="app""#)),
        ("schema=My%20App", Some(r#"-csearch_path="My\ App""#)),
        ("currentSchema=app,public", Some("-csearch_path=app,public")),
        ("search_path=app, \"B\"", Some(r#"-csearch_path=app,\ "B""#)),
        ("search_path=a%5Cb", Some(r"-csearch_path=a\\b")),
        ("options=-cgeqo%3Doff&schema=app", Some(r#"-cgeqo=off -csearch_path="app""#)),
        ("schema=app&search_path=app", Some(r#"-csearch_path="app""#)),
        ("schema=public", Some(r#"-csearch_path="public""#)),
        ("schema=public&pgbouncer=true", None),
        ("schema=app&pgbouncer=true", Some(r#"-csearch_path="app""#)),
        ("schema=", None),
    ] {
        assert_eq!(url(&format!("postgres://u@db/shop?{query}")).options.as_deref(), options, "{query}");
    }
    for (query, first) in [
        ("schema=My%20App", Some("My App")),
        ("currentSchema=App,public", Some("app")),
        ("search_path=%22A%22%22b%22, c", Some("A\"b")),
        ("options=-c%20search_path%3Da%20-cgeqo%3Doff", Some("a")),
        ("options=-csearch_path%3Da&schema=b", Some("b")),
        ("options=-cgeqo%3Doff", None),
        ("", None),
    ] {
        assert_eq!(url(&format!("postgres://u@db/shop?{query}")).first_schema().as_deref(), first, "{query}");
    }
    assert!(url_error("postgres://u@db/shop?schema=a&search_path=b").contains("`schema`"));
}

#[test]
fn every_form_of_a_connection_string_gives_its_target() {
    for (text, described) in [
        ("postgres://u@db/shop", "shop on db:5432 as u"),
        ("postgres://u@db", "u on db:5432 as u"),
        ("postgresql+asyncpg://u:p@db:1/shop", "shop on db:1 as u"),
        ("jdbc:postgresql://db/shop?user=u&password=p", "shop on db:5432 as u"),
        ("postgres://u@a:1,b:2/shop", "shop on a:1, b:2 as u"),
        ("host=a,b port=1,2 user=u dbname=shop", "shop on a:1, b:2 as u"),
        ("host=a,b port=7 user=u dbname=shop", "shop on a:7, b:7 as u"),
        ("postgres://u@[::1]:1/shop", "shop on [::1]:1 as u"),
        ("postgres://u@%2Frun%2Fpg:1/shop", "shop on /run/pg/.s.PGSQL.1 as u"),
        ("postgres://u@/shop?host=/run/pg", "shop on /run/pg/.s.PGSQL.5432 as u"),
        ("postgres://u@db/shop?host=other&port=9", "shop on other:9 as u"),
        ("hostaddr=10.0.0.1 user=u dbname=shop", "shop on 10.0.0.1:5432 as u"),
    ] {
        assert_eq!(url(text).describe(), described, "{text}");
    }
}

#[test]
fn the_variables_count_in_order_and_fill_each_other() {
    let all = [
        ("LOCKGATE_DATABASE_URL", "postgres://a/one"),
        ("DATABASE_URL", "postgres://b/two"),
        ("PGHOST", "c"),
        ("PGDATABASE", "three"),
        ("PGUSER", "u"),
        ("PGPORT", "7"),
        ("PGPASSWORD", "pw"),
    ];
    for (from, described) in [(0, "one on a:7 as u"), (1, "two on b:7 as u"), (2, "three on c:7 as u")] {
        let target = target(&all[from..]);
        assert_eq!(target.describe(), described);
        assert_eq!(target.password, Some(Secret::new("pw")));
    }
}

#[test]
fn an_address_in_the_environment_is_not_used_for_another_host() {
    let address = ("PGHOSTADDR", "10.0.0.1");
    let named = target(&[("DATABASE_URL", "postgres://u@db"), address]);
    assert_eq!(named.addresses, [None]);
    let both = target(&[("PGHOST", "db"), ("PGUSER", "u"), address]);
    assert_eq!((both.describe().as_str(), both.addresses), ("u on db:5432 as u", vec!["10.0.0.1".parse().ok()]));
}

#[test]
fn what_a_url_says_of_the_session_is_read() {
    let target = url("postgres://u@db/shop?options=-c%20a%3Db&connect_timeout=1&target_session_attrs=read-write\
         &channel_binding=require&sslcert=/c&sslkey=/k&keepalives_idle=5&application_name=x&load_balance_hosts=random");
    assert_eq!(target.options.as_deref(), Some("-c a=b"));
    assert_eq!(target.connect_timeout, Duration::from_secs(2));
    assert_eq!(target.target_session, TargetSession::ReadWrite);
    assert_eq!(target.demands.channel_binding, demands::ChannelBinding::Require);
    assert_eq!((target.tls.cert, target.tls.key), (Some("/c".into()), Some("/k".into())));
    assert_eq!(url("postgres://u@db?connect_timeout=0").connect_timeout, Duration::from_secs(10));
    assert_eq!(url("postgres://u@db?targetServerType=primary").target_session, TargetSession::Primary);
}

#[test]
fn ssl_modes_and_roots_follow_libpq() {
    let file = |path: &str| Some(RootCert::File(path.into()));
    for (query, mode, root) in [
        ("", SslMode::Prefer, None),
        ("ssl=true", SslMode::Require, None),
        ("ssl", SslMode::Require, None),
        ("ssl=false", SslMode::Disable, None),
        ("ssl=verify-full", SslMode::VerifyFull, Some(RootCert::System)),
        ("ssl=true&sslmode=verify-ca&sslrootcert=/r", SslMode::VerifyCa, file("/r")),
        ("sslmode=verify-full", SslMode::VerifyFull, Some(RootCert::System)),
        ("sslmode=disable", SslMode::Disable, None),
        ("sslmode=allow", SslMode::Allow, None),
        ("sslmode=require&sslrootcert=/r", SslMode::Require, file("/r")),
        ("sslmode=verify-full&sslrootcert=/r", SslMode::VerifyFull, file("/r")),
        ("sslrootcert=system", SslMode::VerifyFull, Some(RootCert::System)),
    ] {
        let target = url(&format!("postgres://u@db?{query}"));
        assert_eq!((target.ssl_mode, target.tls.root), (mode, root), "{query}");
    }
}

#[test]
fn ssl_in_the_url_counts_more_than_the_mode_in_the_environment() {
    let target = target(&[("DATABASE_URL", "postgres://u@db?ssl=true"), ("PGSSLMODE", "disable")]);
    assert_eq!(target.ssl_mode, SslMode::Require);
}

#[test]
fn the_default_root_certificate_is_found_in_the_home() {
    let home = tempfile::tempdir().unwrap();
    let root = home.path().join(".postgresql/root.crt");
    std::fs::create_dir_all(root.parent().unwrap()).unwrap();
    std::fs::write(&root, "").unwrap();
    let home = home.path().to_str().unwrap();
    let target = target(&[("HOME", home), ("PGHOST", "db"), ("PGUSER", "u")]);
    assert_eq!(target.tls.root, Some(RootCert::File(root)));
}

#[test]
fn wrong_values_are_named_by_parameter_and_variable() {
    for (text, problem) in [
        ("postgres://u@db:x", "`port` is not a number from 1 to 65535"),
        ("postgres://u@a:1,b:2,c:3?port=1,2", "`port` has several entries, but not as many as there are hosts"),
        (
            "postgres://u@db?sslrootcert=system&sslmode=require",
            "`sslrootcert` is system, which needs sslmode=verify-full",
        ),
        ("postgres://u@db?ssl=maybe", "`ssl` is not true, false or a word of sslmode"),
        (
            "postgres://u@db?target_session_attrs=standby",
            "`target_session_attrs` must be any, read-write or primary: a gate writes",
        ),
        ("postgres://u@db?channel_binding=x", "`channel_binding` is not one of disable, prefer, require"),
        ("postgres://u@db?gssencmode=require", "`gssencmode` is require, which is not supported"),
        ("postgres://u@%40abstract", "`host` is an abstract socket, which is not supported"),
        ("host=db:5432 user=u", "`host` is not a host name or address: the port has a parameter of its own"),
        ("hostaddr=db user=u", "`hostaddr` is not an IP address"),
        ("host=a,b hostaddr=10.0.0.1 user=u", "`hostaddr` does not have as many entries as `host`"),
        ("host=db user=u dbname=postgres://x", "`dbname` is a URL, not a name"),
        ("postgres://u:%zz@db", "has a % without two hexadecimal digits in the password: write % as %25"),
        (
            "postgres://u@db?sslmode=%zz",
            "has a % without two hexadecimal digits in the parameter `sslmode`: write % as %25",
        ),
    ] {
        assert_eq!(url_error(text), format!("LOCKGATE_DATABASE_URL: {problem}"), "{text}");
    }
    assert_eq!(errors(&[("PGHOST", "db"), ("PGPORT", "0")]), ["PGPORT: `port` is not a number from 1 to 65535"]);
}

#[test]
fn files_are_read_again_at_every_attempt() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("password");
    std::fs::write(&path, "old\n").unwrap();
    let database = database(&[("PGHOST", "db"), ("PGUSER", "u"), ("PGPASSWORD_FILE", path.to_str().unwrap())]);
    assert_eq!(database.resolve().unwrap().password, Some(Secret::new("old")));
    std::fs::write(&path, "new\n").unwrap();
    assert_eq!(database.resolve().unwrap().password, Some(Secret::new("new")));
}

#[test]
fn the_password_file_is_asked_when_nothing_else_gives_a_password() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("pgpass");
    std::fs::write(&path, "b:1:shop:u:from-file\n").unwrap();
    let passfile = ("PGPASSFILE", path.to_str().unwrap());
    let string = ("DATABASE_URL", "postgres://u@a:1,b:1/shop");
    for (mode, warned) in [(0o600, 0), (0o644, 1)] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let database = database(&[string, passfile]);
        assert_eq!(database.resolve().unwrap().password, Some(Secret::new("from-file")));
        assert_eq!(database.check().0.len(), warned, "{mode:o}");
    }
    let given = target(&[string, passfile, ("PGPASSWORD", "given")]);
    assert_eq!(given.password, Some(Secret::new("given")));
    let absent = database(&[string, ("PGPASSFILE", "/nowhere/pgpass")]);
    assert_eq!(
        absent.check(),
        (vec!["PGPASSFILE: /nowhere/pgpass cannot be read: No such file or directory (os error 2)".to_owned()], vec![])
    );
}

#[test]
fn a_service_stands_between_the_connection_string_and_the_environment() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("services");
    std::fs::write(&path, "[shop]\nhost=service\nport=1\nuser=service\n").unwrap();
    let file = ("PGSERVICEFILE", path.to_str().unwrap());
    let rest = [file, ("PGUSER", "env"), ("PGPORT", "9"), ("PGDATABASE", "env"), ("PGSERVICE", "shop")];
    assert_eq!(target(&rest).describe(), "env on service:1 as service");
    let named = [("DATABASE_URL", "postgres://u@url/?service=shop"), file];
    assert_eq!(target(&named).describe(), "u on url:1 as u");
    let absent = errors(&[file, ("PGSERVICE", "none")]);
    assert_eq!(absent, ["PGSERVICE: `service` is in no service file"]);
}

#[test]
fn a_password_command_takes_the_place_of_every_password() {
    let vars = Variables::new([("DATABASE_URL".into(), "postgres://u:hunter2@db/shop".into())], []);
    let database = Database::new(&vars, Some(vec!["token".to_owned(), "hunter2".to_owned()]), 4096);
    assert_eq!(database.resolve().unwrap().password, None);
    assert_eq!(database.password_command().unwrap()[0], "token");
    let (warnings, _) = database.check();
    assert_eq!(warnings, ["DATABASE_URL: the password is ignored: LOCKGATE_PASSWORD_COMMAND gives it"]);
    assert!(!format!("{database:?}").contains("hunter2"));
}

#[test]
fn a_port_or_user_alone_names_no_database() {
    let database = database(&[("PGUSER", "u"), ("PGPORT", "5432"), ("PGPASSWORD", "x")]);
    assert_eq!(database.resolve().unwrap_err(), ConfigError::NoDatabase);
    assert_eq!(database.check(), (vec![], vec![]));
}

#[test]
fn the_default_socket_needs_its_directory() {
    let target = url("postgres://u@/shop");
    let socket = Path::new(hosts::SOCKET_DIRECTORY).is_dir();
    assert_eq!(matches!(target.hosts[0], Host::Unix { .. }), socket);
}

/// Every text that may reach a log or a message.
fn printed(text: &str) -> String {
    let database = database(&[("LOCKGATE_DATABASE_URL", text)]);
    let (warnings, errors) = database.check();
    let resolved = database.resolve();
    format!("{database:?} {} {warnings:?} {errors:?} {resolved:?}", database.describe())
}

proptest! {
    /// A password written without encoding or quoting.
    #[test]
    fn a_password_is_never_printed(
        before in "[\\[\\]/?#@:&=%,.'\\\\ 0-9]{0,6}",
        after in "[\\[\\]/?#@:&=%,.'\\\\ 0-9]{0,6}",
    ) {
        for text in [
            format!("postgres://user:{before}hunter2{after}@host:5432/db?sslmode=require"),
            format!("postgres://user:{before}hunter2{after}@host"),
            format!("postgres://:{before}hunter2{after}@a:1,b:2/db"),
            format!("jdbc:postgresql://host/db?user=u&password={before}hunter2{after}"),
            format!("postgres://u:{before}hunter2{after}@host/db?schema=x"),
            format!("host=h password={before}hunter2{after} user=u"),
            format!("host=h password='{before}hunter2{after}' user=u"),
            format!("mysql://user:{before}hunter2{after}@host/db"),
            format!("user:{before}hunter2{after}@host/db"),
            format!("{before}hunter2{after}"),
        ] {
            let printed = printed(&text);
            prop_assert!(!printed.contains("hunter2"), "{} printed as {}", text, printed);
        }
    }

    #[test]
    fn no_connection_string_makes_it_panic(text in "[^\\x00]{0,60}") {
        for head in ["", "postgres://", "postgres://u@h?", "host="] {
            printed(&format!("{head}{text}"));
        }
    }
}

#[test]
fn what_asks_for_more_safety_is_carried_out_or_refused() {
    let demands = |query: &str| url(&format!("postgres://u@db/shop?{query}")).demands;
    let allowed = |query: &str| {
        let all = ["password", "md5", "gss", "sspi", "scram-sha-256", "oauth", "none"];
        let methods = demands(&format!("require_auth={query}")).methods.unwrap();
        let is_allowed = |word: &&str| demands::Method::ALL.iter().any(|m| m.word() == *word && methods.allows(*m));
        all.into_iter().filter(is_allowed).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(allowed("scram-sha-256"), "scram-sha-256");
    assert_eq!(allowed("scram-sha-256,%20md5"), "md5 scram-sha-256");
    assert_eq!(allowed("!password,!none"), "md5 gss sspi scram-sha-256 oauth");
    assert_eq!(allowed("none"), "none");
    let versions = |query: &str| {
        let demands::TlsVersions { v1_2, v1_3 } = demands(query).versions;
        (v1_2, v1_3)
    };
    for (query, spoken) in [
        ("", (true, true)),
        ("ssl_min_protocol_version=TLSv1", (true, true)),
        ("ssl_min_protocol_version=tlsv1.3", (false, true)),
        ("ssl_max_protocol_version=TLSv1.2", (true, false)),
        ("ssl_min_protocol_version=TLSv1.3&ssl_max_protocol_version=TLSv1.3", (false, true)),
    ] {
        assert_eq!(versions(query), spoken, "{query}");
    }
    assert_eq!(demands("requirepeer=root").peer.map(|peer| peer.uid), Some(0));
    assert_eq!(demands("requirepeer=4242").peer.map(|peer| peer.uid), Some(4242));
    assert!(!demands("sslsni=0").sni);
    assert_eq!(demands("channel_binding=disable").channel_binding, demands::ChannelBinding::Disable);
    for (variables, mode) in [
        (&[("PGHOST", "db"), ("PGUSER", "u"), ("PGREQUIRESSL", "1")][..], SslMode::Require),
        (&[("PGHOST", "db"), ("PGUSER", "u"), ("PGREQUIRESSL", "1"), ("PGSSLMODE", "disable")], SslMode::Disable),
    ] {
        assert_eq!(target(variables).ssl_mode, mode);
    }
    for query in [
        "require_auth=",
        "sslmode=require&sslrootcert=/r&sslcrl=/c",
        "sslmode=verify-full&sslcrldir=/c",
        "sslcertmode=require&sslcert=/c&sslkey=/k",
        "min_protocol_version=3.0&max_protocol_version=3.2",
        "sslaccept=strict&sslmode=verify-full",
    ] {
        assert_eq!(url_error(&format!("postgres://u@db/shop?{query}")), "", "{query}");
    }
    for query in [
        "require_auth=scram-sha-256,!md5",
        "require_auth=md5,md5",
        "require_auth=scram",
        "require_auth=md5,",
        "requirepeer=no-such-user",
        "ssl_min_protocol_version=TLSv1.4",
        "ssl_max_protocol_version=TLSv1.1",
        "ssl_min_protocol_version=TLSv1.3&ssl_max_protocol_version=TLSv1.2",
        "sslcertmode=always",
        "sslcertmode=require",
        "sslcert=/c",
        "sslsni=2",
        "sslmode=verify-ca",
        "sslmode=require&sslcrl=/c",
        "sslcrldir=/c",
        "requiressl=yes",
        "gssencmode=require",
        "min_protocol_version=3.2",
        "sslaccept=strict",
    ] {
        assert!(!url_error(&format!("postgres://u@db/shop?{query}")).is_empty(), "{query}");
    }
}
