//! A relay on 127.0.0.1 between programs and one server. It passes bytes unchanged and observes a copy of them.
//!
//! A program connects to the relay without encryption, on the same machine; the relay connects to the server as sslmode says. The
//! server asks for the password, and the program answers.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf, split};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::conversation::{Conversation, Shared, locked};
use super::frames::{Frame, Frames, Opening, opening, refusal, without_channel_binding};
use crate::config::{Host, SslMode, Target};
use crate::connect::{Connector, Stream, Wire};

/// A running relay. Dropping it closes its connections.
pub struct Relay {
    pub address: SocketAddr,
    accepting: tokio::task::JoinHandle<()>,
}

/// The target of a relay.
#[derive(Clone)]
struct Server {
    connector: Connector,
    target: Arc<Target>,
    trace: Shared,
}

/// The longest first packet that PostgreSQL accepts, in bytes (MAX_STARTUP_PACKET_LENGTH).
const LONGEST_OPENING: usize = 10_000;

type Followed = Arc<Mutex<Conversation>>;

impl Relay {
    /// Listens, and records every connection in the trace.
    ///
    /// # Errors
    /// The machine has no free port.
    pub async fn start(connector: Connector, target: Target, trace: Shared) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let server = Server { connector, target: Arc::new(target), trace };
        Ok(Self { address, accepting: tokio::spawn(accept(listener, server)) })
    }

    /// The target for a program's connections: the server, through the relay.
    pub fn target(&self, of_server: &Target) -> Target {
        Target {
            hosts: vec![Host::Tcp { host: self.address.ip().to_string(), port: self.address.port() }],
            addresses: vec![None],
            ssl_mode: SslMode::Disable,
            ..of_server.clone()
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Accepts connections; dropping it ends them.
async fn accept(listener: TcpListener, server: Server) {
    let mut connections = JoinSet::new();
    let mut number = 0;
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(serve(stream, server.clone(), number));
                    number += 1;
                }
            }
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

/// Serves a connection from its first packet to its end; only its program needs to know how it ended.
async fn serve(program: TcpStream, server: Server, number: usize) {
    if let Err(error) = relay(program, server, number).await {
        tracing::debug!("a recorded connection has ended: {error}");
    }
}

async fn relay(mut program: TcpStream, server: Server, number: usize) -> io::Result<()> {
    program.set_nodelay(true)?;
    let packet = loop {
        let packet = first_packet(&mut program).await?;
        match opening(&packet[4..]) {
            Some(Opening::Encryption) => program.write_all(b"N").await?,
            Some(Opening::Start { user, database }) => {
                if user != server.target.user || database != server.target.dbname {
                    let why = format!(
                        "the program asked for database {database} as {user}, and not for the one that is recorded"
                    );
                    program.write_all(&refusal(&why)).await?;
                    locked(&server.trace).breaks(why);
                    return Ok(());
                }
                break packet;
            }
            Some(Opening::Cancel) => break packet,
            None => return Err(io::Error::new(io::ErrorKind::InvalidData, "what is no first packet")),
        }
    };
    let mut wire = server.connector.wire(&server.target).await.map_err(io::Error::other)?;
    wire.stream.write_all(&packet).await?;
    wire.stream.flush().await?;
    let followed = Arc::new(Mutex::new(Conversation::new(number, server.trace)));
    pass(program, wire, &followed).await
}

/// The first packet, with its length.
async fn first_packet(program: &mut TcpStream) -> io::Result<Vec<u8>> {
    let length = program.read_u32().await?;
    let wanted = usize::try_from(length).ok().filter(|length| (8..=LONGEST_OPENING).contains(length));
    let wanted = wanted.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "a first packet of no length"))?;
    let mut packet = vec![0; wanted];
    packet[..4].copy_from_slice(&length.to_be_bytes());
    program.read_exact(&mut packet[4..]).await?;
    Ok(packet)
}

/// Passes bytes both ways, until either side ends.
async fn pass(program: TcpStream, wire: Wire, followed: &Followed) -> io::Result<()> {
    let (program_in, mut program_out) = program.into_split();
    let (server_in, server_out) = split(wire.stream);
    let to_server = to_server(program_in, server_out, followed);
    let to_program = async {
        let result = to_program(server_in, &mut program_out, wire.is_encrypted, followed).await;
        // Tells the program that the connection ended.
        let _ = program_out.shutdown().await;
        result
    };
    tokio::pin!(to_server, to_program);
    tokio::select! {
        // The last answers may still be in transit.
        ended = &mut to_server => {
            ended?;
            to_program.await
        }
        ended = &mut to_program => ended,
    }
}

const CHUNK: usize = 32 << 10;

/// Records each message before it is answered.
async fn to_server(
    mut program: impl AsyncRead + Unpin,
    mut server: WriteHalf<Box<dyn Stream>>,
    followed: &Followed,
) -> io::Result<()> {
    let (mut frames, mut chunk) = (Frames::default(), vec![0; CHUNK]);
    loop {
        let length = program.read(&mut chunk).await?;
        if length == 0 {
            return server.shutdown().await;
        }
        frames.take(&chunk[..length]);
        each(&mut frames, |frame| follow(followed).program(frame));
        server.write_all(&chunk[..length]).await?;
        server.flush().await?;
    }
}

async fn to_program(
    mut server: ReadHalf<Box<dyn Stream>>,
    program: &mut (impl AsyncWrite + Unpin),
    is_encrypted: bool,
    followed: &Followed,
) -> io::Result<()> {
    let (mut frames, mut chunk) = (Frames::default(), vec![0; CHUNK]);
    // On an encrypted connection each message is inspected until the server accepts the program.
    let mut is_passed = !is_encrypted;
    loop {
        let length = server.read(&mut chunk).await?;
        if length == 0 {
            return Ok(());
        }
        frames.take(&chunk[..length]);
        if is_passed {
            each(&mut frames, |frame| follow(followed).server(frame));
            program.write_all(&chunk[..length]).await?;
            continue;
        }
        while let Some(Frame::Whole(message)) = frames.next() {
            is_passed |= message[0] == b'Z';
            match without_channel_binding(&message) {
                Some(changed) => program.write_all(&changed).await?,
                None => program.write_all(&message).await?,
            }
            follow(followed).server(Frame::Whole(message));
        }
        if is_passed {
            let rest = std::mem::take(&mut frames).rest();
            program.write_all(&rest).await?;
            frames.take(&rest);
        }
    }
}

fn each(frames: &mut Frames, mut take: impl FnMut(Frame)) {
    while let Some(frame) = frames.next() {
        let is_broken = frame == Frame::Broken;
        take(frame);
        if is_broken {
            // The rest cannot be read: the trace records that, and the bytes still pass.
            *frames = Frames::default();
            return;
        }
    }
}

fn follow(followed: &Followed) -> std::sync::MutexGuard<'_, Conversation> {
    followed.lock().unwrap_or_else(PoisonError::into_inner)
}
