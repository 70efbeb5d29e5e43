//! Splits a byte stream into the messages of PostgreSQL's protocol (PostgreSQL documentation, 55.7), and parses those of a
//! program.

use bytes::BytesMut;

/// The longest message that is parsed, in bytes.
const LONGEST: usize = 64 << 20;

/// The messages of a stream. Malformed data ends it.
#[derive(Debug, Default)]
pub struct Frames {
    held: BytesMut,
    /// The remaining bytes of a message that is too long.
    skipped: usize,
}

/// A message, or the reason why there will be none.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    /// A message with its tag and its length.
    Whole(BytesMut),
    TooLong(u8),
    /// The length is invalid: the rest of the stream cannot be read.
    Broken,
}

impl Frames {
    pub fn take(&mut self, bytes: &[u8]) {
        let skipped = self.skipped.min(bytes.len());
        self.skipped -= skipped;
        self.held.extend_from_slice(&bytes[skipped..]);
    }

    /// The next complete message.
    pub fn next(&mut self) -> Option<Frame> {
        let header = self.held.get(..5)?;
        let length = u32::from_be_bytes([header[1], header[2], header[3], header[4]]) as usize;
        if !(4..=i32::MAX as usize).contains(&length) {
            return Some(Frame::Broken);
        }
        if length > LONGEST {
            let tag = header[0];
            let here = self.held.len().min(length + 1);
            self.skipped = length + 1 - here;
            drop(self.held.split_to(here));
            return Some(Frame::TooLong(tag));
        }
        (self.held.len() > length).then(|| Frame::Whole(self.held.split_to(length + 1)))
    }

    /// The bytes of an incomplete message.
    pub fn rest(self) -> BytesMut {
        self.held
    }
}

/// The requests of a program. Names are those of prepared statements and portals.
#[derive(Debug, PartialEq, Eq)]
pub enum Asked {
    Query(String),
    Parse {
        name: String,
        sql: String,
        types: Vec<u32>,
    },
    Bind {
        portal: String,
        statement: String,
        formats: Vec<i16>,
        values: Vec<Option<Vec<u8>>>,
        results: Vec<i16>,
    },
    DescribeStatement(String),
    DescribePortal(String),
    Execute {
        portal: String,
    },
    CloseStatement(String),
    ClosePortal(String),
    Sync,
    CopyData(Vec<u8>),
    /// CopyDone and CopyFail.
    CopyEnd,
    /// A call of a function by its oid.
    FunctionCall,
    /// Flush, Terminate and the messages of password authentication.
    Other,
}

/// Parses a complete message of a program; none if it is malformed or not UTF-8.
pub fn asked(message: &[u8]) -> Option<Asked> {
    let (tag, mut body) = (message[0], Body(&message[5..]));
    let read = match tag {
        b'Q' => Asked::Query(body.text()?),
        b'P' => Asked::Parse { name: body.text()?, sql: body.text()?, types: body.list(Body::u32)? },
        b'B' => Asked::Bind {
            portal: body.text()?,
            statement: body.text()?,
            formats: body.list(Body::i16)?,
            values: body.list(Body::value)?,
            results: body.list(Body::i16)?,
        },
        b'D' | b'C' => match (tag, body.byte()?) {
            (b'D', b'S') => Asked::DescribeStatement(body.text()?),
            (b'D', b'P') => Asked::DescribePortal(body.text()?),
            (b'C', b'S') => Asked::CloseStatement(body.text()?),
            (b'C', b'P') => Asked::ClosePortal(body.text()?),
            _ => return None,
        },
        b'E' => Asked::Execute { portal: body.text()? },
        b'S' => Asked::Sync,
        b'd' => Asked::CopyData(body.0.to_vec()),
        b'c' | b'f' => Asked::CopyEnd,
        b'F' => Asked::FunctionCall,
        b'H' | b'X' | b'p' => Asked::Other,
        _ => return None,
    };
    Some(read)
}

struct Body<'a>(&'a [u8]);

impl Body<'_> {
    fn bytes(&mut self, count: usize) -> Option<&[u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.bytes(1).map(|bytes| bytes[0])
    }

    fn i16(&mut self) -> Option<i16> {
        self.bytes(2).map(|bytes| i16::from_be_bytes([bytes[0], bytes[1]]))
    }

    fn u32(&mut self) -> Option<u32> {
        self.bytes(4).map(|bytes| u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn text(&mut self) -> Option<String> {
        let end = memchr::memchr(0, self.0)?;
        let text = std::str::from_utf8(&self.0[..end]).ok()?.to_owned();
        self.0 = &self.0[end + 1..];
        Some(text)
    }

    fn value(&mut self) -> Option<Option<Vec<u8>>> {
        match usize::try_from(self.u32()?.cast_signed()) {
            Ok(length) => self.bytes(length).map(|bytes| Some(bytes.to_vec())),
            Err(_) => Some(None),
        }
    }

    fn list<T>(&mut self, mut read: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.i16()?.cast_unsigned();
        (0..count).map(|_| read(self)).collect()
    }
}

/// The first packet of a program.
#[derive(Debug, PartialEq, Eq)]
pub enum Opening {
    /// A request for TLS or GSSAPI.
    Encryption,
    Cancel,
    /// The role and the database that it requests.
    Start {
        user: String,
        database: String,
    },
}

/// Version 3 of the protocol, in the upper half.
const VERSION_3: u32 = 3 << 16;

/// Parses a program's first packet, without its length.
pub fn opening(packet: &[u8]) -> Option<Opening> {
    let mut body = Body(packet);
    match body.u32()? {
        // SSLRequest and GSSENCRequest.
        80_877_103 | 80_877_104 => Some(Opening::Encryption),
        80_877_102 => Some(Opening::Cancel),
        version if version & 0xffff_0000 == VERSION_3 => {
            let (mut user, mut database) = (String::new(), None);
            loop {
                let name = body.text()?;
                if name.is_empty() {
                    break;
                }
                let value = body.text()?;
                match name.as_str() {
                    "user" => user = value,
                    "database" => database = Some(value),
                    _ => {}
                }
            }
            Some(Opening::Start { database: database.unwrap_or_else(|| user.clone()), user })
        }
        _ => None,
    }
}

/// AuthenticationSASL without channel binding: the connection between the program and the relay has none, and libpq would treat
/// the offer as an attack. None for every other message.
pub fn without_channel_binding(message: &[u8]) -> Option<Vec<u8>> {
    const SASL: &[u8] = &10_u32.to_be_bytes();
    let methods = message.strip_prefix(b"R")?.get(4..)?.strip_prefix(SASL)?;
    let kept = methods.split(|&byte| byte == 0).filter(|name| !name.is_empty() && !name.ends_with(b"-PLUS"));
    let mut body = SASL.to_vec();
    for name in kept {
        body.extend_from_slice(name);
        body.push(0);
    }
    body.push(0);
    let length = u32::try_from(body.len() + 4).ok()?;
    Some([b"R".as_slice(), &length.to_be_bytes(), &body].concat())
}

/// An error response in the form that a program accepts before the server has accepted it.
pub fn refusal(message: &str) -> Vec<u8> {
    let body = format!("SFATAL\0VFATAL\0C08P01\0M{message}\0\0");
    let length = u32::try_from(body.len() + 4).unwrap_or(u32::MAX);
    [b"E".as_slice(), &length.to_be_bytes(), body.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(tag: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap();
        [&[tag][..], &length.to_be_bytes(), body].concat()
    }

    #[test]
    fn messages_come_out_whole_however_the_bytes_arrive() {
        let stream = [message(b'Q', b"SELECT 1\0"), message(b'S', b""), message(b'H', b"")].concat();
        for size in 1..stream.len() {
            let (mut frames, mut tags) = (Frames::default(), Vec::new());
            for part in stream.chunks(size) {
                frames.take(part);
                while let Some(Frame::Whole(message)) = frames.next() {
                    tags.push(message[0]);
                }
            }
            assert_eq!(tags, b"QSH", "by {size}");
        }
    }

    #[test]
    fn a_message_that_is_too_long_is_passed_over_and_a_broken_one_ends_it() {
        let mut frames = Frames::default();
        let length = u32::try_from(LONGEST + 1).unwrap();
        frames.take(&[b"d".as_slice(), &length.to_be_bytes(), b"abc"].concat());
        assert_eq!(frames.next(), Some(Frame::TooLong(b'd')));
        let mut left = LONGEST + 1 - 4 - 3;
        while left > 0 {
            let part = left.min(1 << 20);
            frames.take(&vec![0; part]);
            assert_eq!(frames.next(), None);
            left -= part;
        }
        frames.take(&message(b'S', b""));
        assert!(matches!(frames.next(), Some(Frame::Whole(_))));
        frames.take(b"Q\0\0\0\x01");
        assert_eq!(frames.next(), Some(Frame::Broken));
    }

    #[test]
    fn a_programs_messages_are_read_in_full() {
        assert_eq!(asked(&message(b'Q', b"SELECT 1\0")), Some(Asked::Query("SELECT 1".to_owned())));
        let parse = Asked::Parse { name: "a".to_owned(), sql: "b".to_owned(), types: vec![23] };
        assert_eq!(asked(&message(b'P', b"a\0b\0\0\x01\0\0\0\x17")), Some(parse));
        let bind = Asked::Bind {
            portal: String::new(),
            statement: "a".to_owned(),
            formats: vec![1],
            values: vec![Some(b"xy".to_vec()), None],
            results: Vec::new(),
        };
        let body = b"\0a\0\0\x01\0\x01\0\x02\0\0\0\x02xy\xff\xff\xff\xff\0\0";
        assert_eq!(asked(&message(b'B', body)), Some(bind));
        for (tag, body) in [(b'Q', &b"no end"[..]), (b'P', b"a\0b\0\0\x02\0\0"), (b'Q', b"\xff\0"), (b'?', b"")] {
            assert_eq!(asked(&message(tag, body)), None);
        }
    }

    #[test]
    fn a_first_packet_is_a_start_a_cancel_or_a_question_for_encryption() {
        let start = [&VERSION_3.to_be_bytes()[..], b"user\0me\0database\0d\0\0"].concat();
        let wanted = |database: &str| Opening::Start { user: "me".to_owned(), database: database.to_owned() };
        assert_eq!(opening(&start), Some(wanted("d")));
        assert_eq!(opening(&[&VERSION_3.to_be_bytes()[..], b"user\0me\0\0"].concat()), Some(wanted("me")));
        assert_eq!(opening(&80_877_103_u32.to_be_bytes()), Some(Opening::Encryption));
        assert_eq!(opening(&[&80_877_102_u32.to_be_bytes()[..], &[0; 8]].concat()), Some(Opening::Cancel));
        assert_eq!(opening(&[0, 2, 0, 0]), None);
    }

    #[test]
    fn channel_binding_is_not_offered_to_a_program_that_has_no_channel() {
        let offered = message(b'R', b"\0\0\0\x0aSCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0");
        let wanted = message(b'R', b"\0\0\0\x0aSCRAM-SHA-256\0\0");
        assert_eq!(without_channel_binding(&offered), Some(wanted));
        assert_eq!(without_channel_binding(&message(b'R', b"\0\0\0\0")), None);
    }
}
