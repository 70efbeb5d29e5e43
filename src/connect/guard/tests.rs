//! A server's bytes, in pieces of every size.

use tokio::io::AsyncReadExt;

use super::*;
use crate::config::{ChannelBinding as Binding, Methods, TlsVersions};

fn demands(methods: Option<Methods>) -> Demands {
    let versions = TlsVersions { v1_2: true, v1_3: true };
    let channel_binding = Binding::Prefer;
    Demands {
        methods,
        least_iterations: 4096,
        channel_binding,
        peer: None,
        versions,
        sni: true,
        asks_certificate: false,
    }
}

fn message(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap();
    [&[tag][..], &length.to_be_bytes(), body].concat()
}

fn question(code: u32, body: &[u8]) -> Vec<u8> {
    message(b'R', &[&code.to_be_bytes(), body].concat())
}

/// All bytes that pass, or the reason for the end; independent of the chunk sizes.
fn through(begin: Begin, demands: &Demands, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let one = |piece: usize| {
        let rules = Rules::new(demands.clone());
        let mut guard = Guard::new(Pieces(bytes, piece), rules, begin);
        let mut all = Vec::new();
        let read = runtime.block_on(guard.read_to_end(&mut all));
        read.map(|_| all).map_err(|error| error.to_string())
    };
    let whole = one(usize::MAX);
    for piece in [1, 3, 7] {
        assert_eq!(one(piece), whole, "in pieces of {piece}");
    }
    whole
}

/// Returns at most `piece` bytes at a time.
struct Pieces<'a>(&'a [u8], usize);

impl AsyncRead for Pieces<'_> {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let count = self.0.len().min(self.1).min(buf.remaining());
        buf.put_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Poll::Ready(Ok(()))
    }
}

#[test]
fn what_a_server_usually_sends_comes_through_as_it_is() {
    let first = question(10, b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0");
    let parts = [
        first,
        question(11, b"r=abc,s=def,i=4096"),
        question(12, b"v=x"),
        question(0, b""),
        message(b'S', b"server_version\x0017.1\0"),
        message(b'Z', b"I"),
        message(b'D', &[7; 100_000]),
        message(b'N', &[7; 40_000]),
        message(b'Z', b"I"),
    ];
    let bytes = parts.concat();
    assert_eq!(through(Begin::Messages, &demands(None), &bytes), Ok(bytes.clone()));
    let plain = [b"N", &bytes[..]].concat();
    assert_eq!(through(Begin::Answer, &demands(None), &plain), Ok(plain.clone()));
    // TLS is not inspected.
    let tls = [b"S", &[0xff; 100][..]].concat();
    assert_eq!(through(Begin::Answer, &demands(None), &tls), Ok(tls.clone()));
    // A stream that ends within a message passes up to its end.
    assert!(through(Begin::Messages, &demands(None), b"SSH-2").unwrap_err().ends_with("bytes (S)"));
    assert_eq!(through(Begin::Messages, &demands(None), b"E\0\0\x01\0"), Ok(b"E\0\0\x01\0".to_vec()));
}

#[test]
fn more_than_a_server_has_to_say_ends_the_session() {
    let open = question(0, b"");
    let ready = [open.clone(), message(b'Z', b"I")].concat();
    let header = |tag: u8, length: u32| [&[tag][..], &length.to_be_bytes()].concat();
    let many = |tag: u8, body: &[u8]| message(tag, body).repeat((5 << 20) / (body.len() + 5));
    for (what, bytes) in [
        ("an answer of its own", b"E".to_vec()),
        ("a long error before", header(b'E', 30_001)),
        ("a long question", header(b'R', 2_001)),
        ("a short question", header(b'R', 4)),
        ("no length", header(b'E', 3)),
        ("2 GB before", header(b'D', 2_000_000_000)),
        ("a long parameter", [open.clone(), header(b'S', 30_001)].concat()),
        ("parameters for ever", [open.clone(), many(b'S', &[b'a'; 1000])].concat()),
        ("notices for ever before the session is ready", [open, many(b'N', &[b'a'; 1000])].concat()),
        ("parameters for ever behind it", [ready.clone(), many(b'S', &[b'a'; 1000])].concat()),
        ("a notice of 1 GB", [ready.clone(), header(b'N', 1 << 30)].concat()),
        ("a row of 2 GB", [ready.clone(), header(b'D', 2_000_000_000)].concat()),
        ("no length behind it", [ready, header(b'C', 0)].concat()),
    ] {
        let begin = if bytes == b"E" { Begin::Answer } else { Begin::Messages };
        assert!(through(begin, &demands(None), &bytes).is_err(), "{what}");
    }
}

#[test]
fn only_the_ways_in_that_are_allowed_are_passed_on() {
    let scram = || question(10, b"SCRAM-SHA-256\0\0");
    let questions = [
        (Method::Password, question(3, b"")),
        (Method::Md5, question(5, b"salt")),
        (Method::Gss, question(7, b"")),
        (Method::Sspi, question(9, b"")),
        (Method::Scram, scram()),
        (Method::Oauth, question(10, b"OAUTHBEARER\0\0")),
        (Method::None, question(0, b"")),
    ];
    for (method, bytes) in &questions {
        for allowed in &questions {
            let only = demands(Some(Methods::only(allowed.0)));
            assert_eq!(through(Begin::Messages, &only, bytes).is_ok(), *method == allowed.0, "{method:?} {allowed:?}");
        }
        assert!(through(Begin::Messages, &demands(None), bytes).is_ok());
    }
    // No list allows an unknown method.
    for unknown in [question(2, b""), question(10, b"SCRAM-MD5\0\0"), question(99, b"")] {
        assert!(through(Begin::Messages, &demands(Some(Methods::only(Method::Scram))), &unknown).is_err());
    }
    for (first, is_let) in
        [("r=a,s=b,i=4096", true), ("r=a,s=b,i=4095", false), ("r=a,s=b,i=1", false), ("r=a,s=b,i=0,x=y", false)]
    {
        let bytes = [scram(), question(11, first.as_bytes())].concat();
        assert_eq!(through(Begin::Messages, &demands(None), &bytes).is_ok(), is_let, "{first}");
    }
    let strict = Demands { asks_certificate: true, ..demands(None) };
    assert!(through(Begin::Messages, &strict, &question(0, b"")).unwrap_err().contains("sslcertmode"));
}
