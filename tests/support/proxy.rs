//! TCP between gate and server: it counts, delays, refuses, freezes and cuts.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::cluster::Cluster;
use super::eventually::eventually_some;
use super::process::free_port;
use super::wire::{Framer, Message};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    ToServer,
    ToClient,
}

/// When to cut a connection, counted from its beginning. The bytes or messages before the cut arrive; then both sides see the
/// connection closed. The cut is made once, in the first connection that comes so far.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    way: Way,
    after: After,
    connection: Option<usize>,
}

#[derive(Clone, Copy, Debug)]
enum After {
    Bytes(usize),
    Messages(usize),
    Tagged(char, usize),
}

impl Cut {
    pub fn after_bytes(way: Way, count: usize) -> Self {
        Self { way, after: After::Bytes(count), connection: None }
    }

    /// After this many messages, the startup message (or the answer to it) among them.
    pub fn after_messages(way: Way, count: usize) -> Self {
        Self { way, after: After::Messages(count), connection: None }
    }

    /// After the `nth` message of a type: `Cut::after_tagged(Way::ToServer, 'Q', 2)`.
    pub fn after_tagged(way: Way, tag: char, nth: usize) -> Self {
        Self { way, after: After::Tagged(tag, nth), connection: None }
    }

    /// Only in this connection, counted from 1.
    pub fn in_connection(self, number: usize) -> Self {
        Self { connection: Some(number), ..self }
    }
}

/// The traffic of one connection. With TLS only bytes and flights are known.
#[derive(Clone, Debug, Default)]
pub struct Traffic {
    /// The number of times that the client began to send after the server's turn. Messages that it sends while answers are in
    /// transit to it belong to the same flight: a delay makes the count certain.
    pub flights: usize,
    /// Flights that were answered.
    pub round_trips: usize,
    /// The number of times that the client began to send with no request unanswered. Unlike the flights it does not grow with the
    /// pieces in which answers to a window of requests arrive.
    pub waits: usize,
    pub bytes_to_server: usize,
    pub bytes_to_client: usize,
    /// The types of the messages (see `wire`): `^QX`.
    pub to_server: String,
    pub to_client: String,
    pub closed: bool,
}

#[derive(Debug)]
pub struct Proxy {
    shared: Arc<Shared>,
    acceptor: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Shared {
    target: SocketAddr,
    port: u16,
    state: Mutex<State>,
    thawed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    refusing: bool,
    frozen: bool,
    delay_to_server: Duration,
    delay_to_client: Duration,
    cut: Option<Cut>,
    cuts: usize,
    connections: Vec<Traffic>,
    streams: Vec<[TcpStream; 2]>,
}

impl Proxy {
    /// Before the server of this cluster. Give the gate `db.url_via(&proxy)`.
    pub fn to(cluster: &Cluster) -> Self {
        Self::start(cluster.address())
    }

    pub fn start(target: SocketAddr) -> Self {
        // Between the look and the bind another run beside this one may have taken the port.
        let listen = || TcpListener::bind(("127.0.0.1", free_port())).ok();
        let listener = eventually_some("a port for the proxy", listen);
        let port = listener.local_addr().expect("an address").port();
        let shared = Shared { target, port, state: Mutex::default(), thawed: Condvar::new() };
        let proxy = Self { shared: Arc::new(shared), acceptor: Mutex::default() };
        *proxy.acceptor.lock().expect("lock") = Some(proxy.accepting(listener));
        proxy
    }

    fn accepting(&self, listener: TcpListener) -> JoinHandle<()> {
        let shared = Arc::clone(&self.shared);
        std::thread::spawn(move || shared.accept(&listener))
    }

    pub fn port(&self) -> u16 {
        self.shared.port
    }

    pub fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port()).into()
    }

    /// Every connection so far, in the order in which they came.
    pub fn connections(&self) -> Vec<Traffic> {
        self.shared.state().connections.clone()
    }

    /// Over all connections.
    pub fn round_trips(&self) -> usize {
        self.shared.state().connections.iter().map(|connection| connection.round_trips).sum()
    }

    /// Forgets all counts. Only between connections: an open one is lost from the count.
    pub fn forget(&self) {
        let mut state = self.shared.state();
        assert!(state.connections.iter().all(|connection| connection.closed), "a connection is open");
        state.connections.clear();
        state.streams.clear();
    }

    /// Every chunk takes this long, each way.
    pub fn delay(&self, each_way: Duration) {
        let mut state = self.shared.state();
        (state.delay_to_server, state.delay_to_client) = (each_way, each_way);
    }

    /// Delays all data in one direction.
    pub fn delay_only(&self, way: Way, delay: Duration) {
        let mut state = self.shared.state();
        match way {
            Way::ToServer => state.delay_to_server = delay,
            Way::ToClient => state.delay_to_client = delay,
        }
    }

    /// Holds everything back, both ways, and closes nothing: a network that lost the packets.
    pub fn freeze(&self) {
        self.shared.state().frozen = true;
    }

    pub fn thaw(&self) {
        self.shared.state().frozen = false;
        self.shared.thawed.notify_all();
    }

    pub fn cut(&self, cut: Cut) {
        self.shared.state().cut = Some(cut);
    }

    /// Cuts every connection that is open.
    pub fn cut_now(&self) {
        let mut state = self.shared.state();
        state.cuts += 1;
        state.streams.iter().for_each(close);
    }

    /// The number of cuts so far.
    pub fn cuts(&self) -> usize {
        self.shared.state().cuts
    }

    /// Closes the port: new connections are refused, open ones stay.
    pub fn refuse(&self) {
        self.shared.state().refusing = true;
        if let Some(acceptor) = self.acceptor.lock().expect("lock").take() {
            // Wakes it from `accept`.
            let _ = TcpStream::connect(self.address());
            acceptor.join().expect("the acceptor");
        }
    }

    /// Takes back every trouble made: the port is open, nothing is delayed, held or to be cut.
    pub fn restore(&self) {
        let mut state = self.shared.state();
        (state.delay_to_server, state.delay_to_client) = (Duration::ZERO, Duration::ZERO);
        (state.cut, state.refusing) = (None, false);
        drop(state);
        self.thaw();
        let mut acceptor = self.acceptor.lock().expect("lock");
        if acceptor.is_none() {
            *acceptor = Some(self.accepting(TcpListener::bind(self.address()).expect("the proxy's port")));
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.thaw();
        self.refuse();
        self.cut_now();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("lock")
    }

    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        for client in listener.incoming() {
            let Ok(client) = client else { continue };
            if self.state().refusing {
                return;
            }
            // If the server is away, the client is reset, as it would be without a proxy.
            let Ok(server) = TcpStream::connect(self.target) else { continue };
            self.join(client, server);
        }
    }

    fn join(self: &Arc<Self>, client: TcpStream, server: TcpStream) {
        for stream in [&client, &server] {
            stream.set_nodelay(true).expect("TCP_NODELAY");
        }
        let again = |stream: &TcpStream| stream.try_clone().expect("a second handle");
        let mut state = self.state();
        let number = state.connections.len();
        state.connections.push(Traffic::default());
        state.streams.push([again(&client), again(&server)]);
        drop(state);
        let (from_client, from_server) = Framer::pair();
        let pumps = [
            (Way::ToServer, again(&client), again(&server), from_client),
            (Way::ToClient, server, client, from_server),
        ];
        for (way, from, to, framer) in pumps {
            let (sender, receiver) = channel();
            let writer = Arc::clone(self);
            std::thread::spawn(move || writer.write(number, to, &receiver));
            let reader = Pump { shared: Arc::clone(self), number, way, framer, counted: Counted::default() };
            std::thread::spawn(move || reader.read(from, &sender));
        }
    }

    fn write(&self, number: usize, mut to: TcpStream, parcels: &Receiver<Parcel>) {
        for parcel in parcels {
            std::thread::sleep(parcel.due.saturating_duration_since(Instant::now()));
            let state = self.state();
            drop(self.thawed.wait_while(state, |state| state.frozen).expect("lock"));
            if to.write_all(&parcel.bytes).is_err() {
                break;
            }
            if parcel.cut {
                let state = self.state();
                state.streams.get(number).into_iter().for_each(close);
                return;
            }
        }
        // The sender has finished; the other way may go on.
        let _ = to.shutdown(Shutdown::Write);
    }
}

fn close(streams: &[TcpStream; 2]) {
    for stream in streams {
        let _ = stream.shutdown(Shutdown::Both);
    }
}

#[derive(Debug)]
struct Parcel {
    due: Instant,
    bytes: Vec<u8>,
    cut: bool,
}

/// Reads one direction of one connection.
#[derive(Debug)]
struct Pump {
    shared: Arc<Shared>,
    number: usize,
    way: Way,
    framer: Framer,
    counted: Counted,
}

#[derive(Debug, Default)]
struct Counted {
    bytes: usize,
    tags: Vec<char>,
}

impl Pump {
    fn read(mut self, mut from: TcpStream, parcels: &Sender<Parcel>) {
        let mut chunk = vec![0; 64 * 1024];
        while let Ok(size @ 1..) = from.read(&mut chunk) {
            let parcel = self.pack(&chunk[..size]);
            let cut = parcel.cut;
            if parcels.send(parcel).is_err() || cut {
                break;
            }
        }
        let mut state = self.shared.state();
        if let Some(traffic) = state.connections.get_mut(self.number) {
            traffic.closed = true;
        }
    }

    fn pack(&mut self, chunk: &[u8]) -> Parcel {
        let messages = self.framer.push(chunk);
        let mut state = self.shared.state();
        let armed = state.cut.filter(|cut| cut.way == self.way);
        let armed = armed.filter(|cut| cut.connection.is_none_or(|number| number == self.number + 1));
        let end = armed.and_then(|cut| self.counted.reaches(cut.after, chunk.len(), &messages));
        if end.is_some() {
            state.cut = None;
            state.cuts += 1;
        }
        let bytes = chunk[..end.unwrap_or(chunk.len())].to_vec();
        let tags: String = messages.iter().take_while(|it| it.ends_at <= bytes.len()).map(|it| it.tag).collect();
        self.counted.bytes += bytes.len();
        self.counted.tags.extend(tags.chars());
        let delay = match self.way {
            Way::ToServer => state.delay_to_server,
            Way::ToClient => state.delay_to_client,
        };
        if let Some(traffic) = state.connections.get_mut(self.number) {
            traffic.count(self.way, bytes.len(), &tags);
        }
        Parcel { due: Instant::now() + delay, bytes, cut: end.is_some() }
    }
}

impl Counted {
    /// The part of the chunk that passes before the cut, if the cut is within it.
    fn reaches(&self, after: After, size: usize, messages: &[Message]) -> Option<usize> {
        match after {
            After::Bytes(count) => count.checked_sub(self.bytes).filter(|left| *left <= size),
            After::Messages(count) => {
                let left = count.checked_sub(self.tags.len() + 1)?;
                messages.get(left).map(|message| message.ends_at)
            }
            After::Tagged(tag, nth) => {
                let before = self.tags.iter().filter(|seen| **seen == tag).count();
                let left = nth.checked_sub(before + 1)?;
                messages.iter().filter(|message| message.tag == tag).nth(left).map(|message| message.ends_at)
            }
        }
    }
}

impl Traffic {
    fn count(&mut self, way: Way, bytes: usize, tags: &str) {
        match way {
            Way::ToServer => {
                if self.flights == self.round_trips {
                    self.flights += 1;
                }
                // The first message, a query, and a Sync each end with ReadyForQuery.
                let asked = self.to_server.matches(['^', 'Q', 'S']).count();
                if asked == self.to_client.matches('Z').count() {
                    self.waits += 1;
                }
                self.bytes_to_server += bytes;
                self.to_server.push_str(tags);
            }
            Way::ToClient => {
                self.round_trips = self.flights;
                self.bytes_to_client += bytes;
                self.to_client.push_str(tags);
            }
        }
    }
}
