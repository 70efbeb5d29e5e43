//! Something on a port that is not the server a gate hopes for: it says nothing, or a few bytes, and no more.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The answer to a connection.
#[derive(Clone, Debug)]
enum Manner {
    /// It is accepted, and never answered.
    Silent,
    /// TLS is promised, and nothing else is sent.
    Promising,
    /// The first packet is ignored, and answered with these bytes.
    Deaf(Vec<u8>),
    /// TLS is declined; the startup message is answered with these bytes.
    Startup(Vec<u8>),
    /// The same, and then the second bytes are sent again and again, as long as the client listens.
    Flood(Vec<u8>, Vec<u8>),
}

/// It answers as long as the test binary runs.
#[derive(Debug)]
pub struct Fake {
    port: u16,
    connections: Arc<AtomicUsize>,
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Fake {
    pub fn silent() -> Self {
        Self::start(vec![Manner::Silent])
    }

    /// Promises TLS, and says nothing more.
    pub fn promising_tls() -> Self {
        Self::start(vec![Manner::Promising])
    }

    /// Speaks another protocol.
    pub fn saying(bytes: impl Into<Vec<u8>>) -> Self {
        Self::start(vec![Manner::Deaf(bytes.into())])
    }

    /// Refuses a session with an ErrorResponse: the first with the first SQLSTATE, all after the last with the last.
    pub fn refusing(refusals: &[(&str, &str)]) -> Self {
        Self::start(refusals.iter().map(|(sqlstate, message)| Manner::Startup(error(sqlstate, message))).collect())
    }

    /// Takes everybody in, and reports these parameters.
    pub fn reporting(parameters: &[(&str, &str)]) -> Self {
        let mut bytes = message(b'R', &0_u32.to_be_bytes());
        for (name, value) in parameters {
            bytes.extend(message(b'S', format!("{name}\0{value}\0").as_bytes()));
        }
        bytes.extend(message(b'K', &[0, 0, 0, 1, 0, 0, 0, 1]));
        bytes.extend(message(b'Z', b"I"));
        Self::start(vec![Manner::Startup(bytes)])
    }

    /// Answers the startup message with these bytes, and then says the others without end.
    pub fn flooding(first: impl Into<Vec<u8>>, again: impl Into<Vec<u8>>) -> Self {
        Self::start(vec![Manner::Flood(first.into(), again.into())])
    }

    /// Answers the startup message with these bytes.
    pub fn answering(bytes: impl Into<Vec<u8>>) -> Self {
        Self::start(vec![Manner::Startup(bytes.into())])
    }

    fn start(manners: Vec<Manner>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&connections);
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ear = Arc::clone(&heard);
        std::thread::spawn(move || {
            let mut silent = Vec::new();
            for stream in listener.incoming().filter_map(Result::ok) {
                let at = counter.fetch_add(1, Ordering::SeqCst).min(manners.len() - 1);
                match manners[at].clone() {
                    Manner::Silent => silent.push(stream),
                    manner => {
                        let ear = Arc::clone(&ear);
                        std::thread::spawn(move || manner.answer(stream, &ear));
                    }
                }
            }
        });
        Self { port, connections, heard }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Without TLS, like the URL of a test's database.
    pub fn url(&self) -> String {
        format!("postgresql://app@127.0.0.1:{}/shop?sslmode=disable", self.port)
    }

    /// The bytes that were sent to it after its answers.
    pub fn heard(&self) -> Vec<u8> {
        self.heard.lock().expect("lock").clone()
    }

    /// The number of connections so far.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Manner {
    /// Answers a connection. Errors here are the client's doing, and for the client to notice.
    fn answer(self, mut stream: TcpStream, heard: &Mutex<Vec<u8>>) {
        let _ = stream.set_read_timeout(Some(Duration::from_secs(30)));
        let _ = match self {
            Self::Silent => Ok(()),
            Self::Promising => {
                let _ = stream.read(&mut [0; 8]).and_then(|_| stream.write_all(b"S"));
                let _ = std::io::copy(&mut stream, &mut std::io::sink());
                return;
            }
            Self::Deaf(bytes) => stream.read(&mut [0; 512]).and_then(|_| stream.write_all(&bytes)),
            Self::Startup(bytes) => startup(&mut stream).and_then(|()| stream.write_all(&bytes)),
            Self::Flood(first, again) => {
                let said = startup(&mut stream).and_then(|()| stream.write_all(&first));
                said.and_then(|()| {
                    loop {
                        stream.write_all(&again)?;
                    }
                })
            }
        };
        // The client answers the requests before it learns that nothing more comes.
        let _ = stream.set_read_timeout(Some(Duration::from_millis(200)));
        let mut said = Vec::new();
        let _ = stream.read_to_end(&mut said);
        heard.lock().expect("lock").extend(said);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        // If a socket is closed with unread bytes, it is reset, and written bytes are lost.
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    }
}

/// Reads up to the startup message, and declines TLS before it.
fn startup(stream: &mut TcpStream) -> std::io::Result<()> {
    loop {
        let mut header = [0; 8];
        stream.read_exact(&mut header)?;
        let number = |at: usize| u32::from_be_bytes(header[at..at + 4].try_into().expect("four bytes"));
        let mut body = vec![0; (number(0) as usize).saturating_sub(header.len())];
        stream.read_exact(&mut body)?;
        if !matches!(number(4), 80_877_103 | 80_877_104) {
            return Ok(());
        }
        stream.write_all(b"N")?;
    }
}

fn error(sqlstate: &str, text: &str) -> Vec<u8> {
    message(b'E', format!("SFATAL\0VFATAL\0C{sqlstate}\0M{text}\0\0").as_bytes())
}

/// A message of the protocol.
pub fn message(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).expect("short");
    [&[tag][..], &length.to_be_bytes(), body].concat()
}
