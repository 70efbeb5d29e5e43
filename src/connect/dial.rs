//! One attempt at one host: DNS, TCP, TLS and authentication under one deadline.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::lookup_host;
use tokio_postgres::config::{ChannelBinding, SslMode as Wire, SslNegotiation};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{CancelToken, Client, Connection, NoTls};
use zeroize::Zeroizing;

use super::guard::{Begin, Guard, Rules};
use super::session::{Place, Session, drive};
use super::socket::Socket;
use super::stage::{Stage, Track, Tracked};
use super::{ConnectError, Message, address, tls};
use crate::config::{self, Database, Host, Secret, SslMode, Target, TargetSession};
use crate::pg::version::ServerVersion;

/// Reads every source of the connection settings again.
pub async fn resolve(database: &Database) -> Result<Target, ConnectError> {
    let mut target = database.resolve()?;
    if let Some(command) = database.password_command() {
        target.password = Some(run_password_command(command).await?);
    }
    Ok(target)
}

const PASSWORD_COMMAND_TIMEOUT: Duration = Duration::from_secs(10);

async fn run_password_command(words: &[String]) -> Result<Secret, ConnectError> {
    let failed = |text: String| ConnectError::PasswordCommand { source: text.into() };
    let (program, arguments) = words.split_first().ok_or_else(|| failed("it is empty".to_owned()))?;
    let output = tokio::time::timeout(PASSWORD_COMMAND_TIMEOUT, output_of(program, arguments))
        .await
        .map_err(|_| failed(format!("{program} took longer than {} s", PASSWORD_COMMAND_TIMEOUT.as_secs())))?
        .map_err(|error| failed(format!("{program}: {error}")))?;
    if !output.status.success() {
        let said = complaint(&output, arguments);
        return Err(failed(format!("{program} ended with {}{said}", output.status)));
    }
    let printed = Zeroizing::new(output.stdout);
    let password = std::str::from_utf8(&printed).map_err(|_| failed(format!("{program} printed no UTF-8")))?;
    match password.trim_end_matches(['\n', '\r']) {
        "" => Err(failed(format!("{program} printed nothing"))),
        password => Ok(Secret::new(password)),
    }
}

/// The most bytes that are read of a command's output: far above any password or token.
const MOST_PRINTED: u64 = 64 << 10;

async fn output_of(program: &str, arguments: &[String]) -> io::Result<std::process::Output> {
    let mut command = tokio::process::Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn()?;
    // A command that prints too much is not waited for.
    let (stdout, stderr) = tokio::try_join!(printed(child.stdout.take()), printed(child.stderr.take()))?;
    Ok(std::process::Output { status: child.wait().await?, stdout, stderr })
}

async fn printed(pipe: Option<impl AsyncRead + Unpin>) -> io::Result<Vec<u8>> {
    // One byte of spare capacity, so the buffer never grows and leaves no copy of the password.
    let mut text = Vec::with_capacity(MOST_PRINTED as usize + 1);
    if let Some(pipe) = pipe {
        pipe.take(MOST_PRINTED + 1).read_to_end(&mut text).await?;
    }
    if text.len() as u64 > MOST_PRINTED {
        return Err(io::Error::other(format!("it printed more than {} KiB", MOST_PRINTED >> 10)));
    }
    Ok(text)
}

/// The stderr of a failed command in one line, without secrets: neither its output nor its arguments.
fn complaint(output: &std::process::Output, arguments: &[String]) -> String {
    const LONGEST: usize = 300;
    let printed = String::from_utf8_lossy(&output.stdout);
    let mut secrets: Vec<&str> = printed.split_whitespace().chain(arguments.iter().map(String::as_str)).collect();
    secrets.extend(arguments.iter().filter_map(|argument| argument.split_once('=')).map(|(_, value)| value));
    secrets.sort_unstable_by_key(|secret| std::cmp::Reverse(secret.len()));
    let said = String::from_utf8_lossy(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
    let said =
        secrets.into_iter().filter(|secret| secret.len() > 2).fold(said, |said, secret| said.replace(secret, "…"));
    match said.get(..said.floor_char_boundary(LONGEST)) {
        None | Some("") => String::new(),
        Some(cut) if cut.len() < said.len() => format!(": {cut}…"),
        Some(whole) => format!(": {whole}"),
    }
}

/// The transport of a session's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Plain,
    TlsIfOffered,
    Tls,
}

pub(super) fn ways(mode: SslMode, host: &Host) -> &'static [Way] {
    match (mode, host) {
        (_, Host::Unix { .. }) | (SslMode::Disable, _) => &[Way::Plain],
        (SslMode::Allow, _) => &[Way::Plain, Way::Tls],
        (SslMode::Prefer, _) => &[Way::TlsIfOffered, Way::Plain],
        (SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull, _) => &[Way::Tls],
    }
}

/// True if another transport could succeed: pg_hba.conf may demand the other encryption, or TLS fails here.
fn worth_another_way(error: &ConnectError) -> bool {
    match error {
        ConnectError::Refused { refusal, .. } => refusal.is_28000(),
        ConnectError::Tls { .. } | ConnectError::TlsMismatch { .. } | ConnectError::NoTls { .. } => true,
        _ => false,
    }
}

/// The route to the same server, for a cancel request.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) target: Target,
    pub(super) host: Host,
    /// `hostaddr`, and later the address that accepted us: used instead of resolving the host's name, against which the
    /// certificate is still checked.
    pub(super) ip: Option<IpAddr>,
    pub(super) way: Way,
}

/// # Errors
/// The error of the first transport, unless another got further.
pub async fn dial(target: &Target, at: usize, application: &str, track: &Track) -> Result<Session, ConnectError> {
    let host = &target.hosts[at];
    let ip = target.addresses.get(at).copied().flatten();
    let mut first: Option<ConnectError> = None;
    for &way in ways(target.ssl_mode, host) {
        let route = Route { target: target.clone(), host: host.clone(), ip, way };
        let attempt = tokio::time::timeout(target.connect_timeout, route.open(application, track));
        let (address, after) = (address(host), target.connect_timeout);
        let cut = || ConnectError::TimedOut { address: address.clone(), after, stage: track.stage() };
        let result = attempt.await.unwrap_or_else(|_| Err(cut()));
        match result {
            Ok(session) => {
                if let Some(error) = first.as_ref().filter(|error| way == Way::Plain && error.is_of_tls()) {
                    track.plain(|| {
                        tracing::warn!("{address} is used without encryption (sslmode=prefer): {}", error.words())
                    });
                }
                return Ok(session);
            }
            Err(error) if !worth_another_way(&error) => return Err(first.unwrap_or(error)),
            Err(error) => first = first.or(Some(error)),
        }
    }
    Err(first.unwrap_or(ConnectError::NoTls { address: address(host) }))
}

impl Route {
    pub(super) async fn socket(&self, track: &Track) -> Result<Socket, ConnectError> {
        let failed = |source| ConnectError::Unreachable { address: address(&self.host), source };
        track.enter(Stage::Tcp);
        let socket = match &self.host {
            Host::Unix { directory, port } => {
                Socket::unix(&directory.join(format!(".s.PGSQL.{port}"))).await.map_err(failed)
            }
            Host::Tcp { port, .. } if let Some(ip) = self.ip => {
                Socket::tcp(std::iter::once((ip, *port).into())).await.map_err(failed)
            }
            Host::Tcp { host, port } => {
                track.enter(Stage::Name);
                let addresses = lookup_host((host.as_str(), *port))
                    .await
                    .map_err(|source| ConnectError::HostUnknown { host: host.clone(), source })?;
                track.enter(Stage::Tcp);
                Socket::tcp(addresses).await.map_err(failed)
            }
        };
        track.enter(Stage::Answer);
        let socket = socket?;
        if let (Some(wanted), Some(found)) = (&self.target.demands.peer, socket.peer_account()) {
            let found = found.map_err(failed)?;
            if found != wanted.uid {
                return Err(ConnectError::Peer { address: address(&self.host), wanted: wanted.name.clone(), found });
            }
        }
        Ok(socket)
    }

    /// The guarded socket. With a request for TLS, the first byte is the answer to it; otherwise it is TLS or a message.
    async fn guarded(&self, track: &Track, rules: &Rules) -> Result<Guard<Socket>, ConnectError> {
        let begin = match self.way {
            Way::Plain => Begin::Messages,
            Way::TlsIfOffered | Way::Tls if self.target.direct_tls => Begin::Tls,
            Way::TlsIfOffered | Way::Tls => Begin::Answer,
        };
        Ok(Guard::new(self.socket(track).await?, rules.clone(), begin))
    }

    /// The name against which the certificate is checked; empty for a socket.
    pub(super) fn hostname(&self) -> &str {
        match &self.host {
            Host::Tcp { host, .. } => host,
            Host::Unix { .. } => "",
        }
    }

    fn settings(&self, application: &str) -> tokio_postgres::Config {
        let mut settings = tokio_postgres::Config::new();
        settings.user(&self.target.user).dbname(&self.target.dbname).application_name(application);
        settings.ssl_mode(match self.way {
            Way::Plain => Wire::Disable,
            Way::TlsIfOffered => Wire::Prefer,
            Way::Tls => Wire::Require,
        });
        if self.target.direct_tls {
            settings.ssl_negotiation(SslNegotiation::Direct);
        }
        if let Some(password) = &self.target.password {
            settings.password(password.expose());
        }
        if let Some(options) = &self.target.options {
            settings.options(options);
        }
        settings.channel_binding(match self.target.demands.channel_binding {
            config::ChannelBinding::Disable => ChannelBinding::Disable,
            config::ChannelBinding::Prefer => ChannelBinding::Prefer,
            config::ChannelBinding::Require => ChannelBinding::Require,
        });
        settings
    }

    async fn open(mut self, application: &str, track: &Track) -> Result<Session, ConnectError> {
        let settings = self.settings(application);
        let rules = Rules::new(self.target.demands.clone());
        let socket = self.guarded(track, &rules).await?;
        // A cancel request must reach the server of the session, even if the name has other addresses.
        self.ip = socket.stream().peer().map(|peer| peer.ip());
        let local = socket.stream().local();
        if self.way == Way::Plain {
            let started = settings.connect_raw(socket, NoTls).await;
            return self.session(started, &rules, local).await;
        }
        let tls = Tracked { tls: self.tls(&rules)?, track: track.clone(), rules: rules.clone() };
        let started = settings.connect_raw(socket, tls).await;
        self.session(started, &rules, local).await
    }

    fn tls(
        &self,
        rules: &Rules,
    ) -> Result<impl TlsConnect<Guard<Socket>, Stream: Send + 'static, Future: Send + 'static> + use<>, ConnectError>
    {
        let mut maker = tls::connector(&self.target, &rules.certificate_asked)?;
        MakeTlsConnect::<Guard<Socket>>::make_tls_connect(&mut maker, self.hostname())
            .map_err(|error| ConnectError::Tls { address: address(&self.host), source: error.to_string().into() })
    }

    async fn session<S>(
        self,
        started: Result<(Client, Connection<Guard<Socket>, S>), tokio_postgres::Error>,
        rules: &Rules,
        local: Option<SocketAddr>,
    ) -> Result<Session, ConnectError>
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        let (client, connection) =
            started.map_err(|error| ConnectError::from_start(&error, &address(&self.host), &self.target))?;
        let server = supported(&connection, self.hostname())?;
        let wanted = self.target.target_session;
        let reported = reported(&connection, wanted);
        let driver = tokio::spawn(drive(connection, rules.notices.clone(), address(&self.host)));
        let (address, any_row) = (address(&self.host), Arc::clone(&rules.any_row));
        let place = Place { local, address, route: Arc::new(self), any_row, key: rules.key.clone() };
        let session = Session::new(client, driver, rules.notices.clone(), server, place);
        match reported {
            Some(true) => Ok(session),
            None if asked(&session, wanted).await? => Ok(session),
            Some(false) | None => {
                let address = session.address.clone();
                session.close().await;
                Err(ConnectError::Standby { address })
            }
        }
    }

    /// Asks the server over a separate connection to cancel the session's statement (PostgreSQL documentation 55.2.8).
    pub(super) async fn cancel(&self, token: CancelToken) -> Result<(), String> {
        let rules = Rules::new(self.target.demands.clone());
        let socket = self.guarded(&Track::default(), &rules).await.map_err(|error| error.to_string())?;
        let sent: std::pin::Pin<Box<dyn Future<Output = _> + Send>> = if self.way == Way::Plain {
            Box::pin(token.cancel_query_raw(socket, NoTls))
        } else {
            let tls = self.tls(&rules).map_err(|error| error.to_string())?;
            return token.cancel_query_raw(socket, tls).await.map_err(|error| error.to_string());
        };
        sent.await.map_err(|error: tokio_postgres::Error| error.to_string())
    }
}

/// True if the server is of the wanted kind, by its own report since version 14 (PostgreSQL documentation 34.1.2,
/// `target_session_attrs`), which costs no round trip. None if it reports nothing.
fn reported<S>(connection: &Connection<Guard<Socket>, S>, wanted: TargetSession) -> Option<bool>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let off = |name| connection.parameter(name).map(|value| value == "off");
    match wanted {
        TargetSession::Any => Some(true),
        TargetSession::Primary => off("in_hot_standby"),
        TargetSession::ReadWrite => Some(off("in_hot_standby")? && off("default_transaction_read_only")?),
    }
}

/// The same by a query: for version 13, or behind a pooler that does not pass the report on.
async fn asked(session: &Session, wanted: TargetSession) -> Result<bool, ConnectError> {
    let question = match wanted {
        TargetSession::Any => return Ok(true),
        TargetSession::Primary => "SELECT NOT pg_is_in_recovery()",
        TargetSession::ReadWrite => "SELECT current_setting('transaction_read_only') = 'off'",
    };
    let rows = session.send(&Message::own(question)).await.rows().await;
    let rows = rows.map_err(|source| ConnectError::unanswered(session.address.clone(), source))?;
    Ok(rows.first().and_then(|row| row.first()?.as_deref()) == Some("t"))
}

/// Checks for products that speak the protocol but whose advisory locks are missing or ineffective (cockroachdb issue 13546,
/// yugabyte-db issue 3642), by the parameters that they report. Aurora DSQL reports none, and is recognized by its endpoints,
/// `CLUSTER.dsql.REGION.on.aws` (it has no explicit locks, no savepoints and no sequences: Aurora DSQL user guide, unsupported
/// PostgreSQL features).
fn supported<S>(connection: &Connection<Guard<Socket>, S>, host: &str) -> Result<ServerVersion, ConnectError>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let unsupported = |product: &str| ConnectError::Unsupported { product: product.to_owned() };
    if connection.parameter("crdb_version").is_some() {
        return Err(unsupported("CockroachDB"));
    }
    if host.ends_with(".on.aws") && host.contains(".dsql") {
        return Err(unsupported("Aurora DSQL"));
    }
    let text = connection.parameter("server_version").unwrap_or_default();
    if text.contains("-YB-") {
        return Err(unsupported("YugabyteDB"));
    }
    match ServerVersion::from_parameter(text) {
        Some(version) if version >= ServerVersion::OLDEST => Ok(version),
        Some(version) => Err(ConnectError::unsupported_version(version)),
        None => Err(unsupported(&format!("a server of version \"{text}\""))),
    }
}
