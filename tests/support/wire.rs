//! Finds the ends of the messages of PostgreSQL's protocol in a stream of bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Tags for the messages that the protocol sends without one: the startup message, a question for TLS (or GSS) and the one byte
/// that answers it, a request to cancel.
pub const STARTUP: char = '^';
pub const TLS: char = '?';
pub const CANCEL: char = '!';

/// The end of a message in a chunk, and its type: `Q` a simple query, `P` Parse, `Z` ReadyForQuery …
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    pub ends_at: usize,
    pub tag: char,
}

/// The shared knowledge of a connection's two directions.
#[derive(Debug, Default)]
struct Handshake {
    /// The server's next byte answers a request for TLS.
    asked: AtomicBool,
    /// The server agreed: no message can be recognized from here on.
    encrypted: AtomicBool,
}

/// Finds the messages of one direction.
#[derive(Debug)]
pub struct Framer {
    handshake: Arc<Handshake>,
    from_client: bool,
    /// The client has started: every message has a type from here on.
    typed: bool,
    header: Vec<u8>,
    body_left: usize,
    tag: char,
}

impl Framer {
    /// For both directions of a connection: from the client, from the server.
    pub fn pair() -> (Self, Self) {
        let handshake = Arc::new(Handshake::default());
        let framer = |from_client| Self {
            handshake: Arc::clone(&handshake),
            from_client,
            typed: !from_client,
            header: Vec::new(),
            body_left: 0,
            tag: STARTUP,
        };
        (framer(true), framer(false))
    }

    /// The messages that end in this chunk, which follows the one before it.
    pub fn push(&mut self, chunk: &[u8]) -> Vec<Message> {
        let mut messages = Vec::new();
        let mut at = 0;
        while at < chunk.len() && !self.handshake.encrypted.load(Ordering::Acquire) {
            if !self.from_client && self.header.is_empty() && self.handshake.asked.swap(false, Ordering::AcqRel) {
                self.handshake.encrypted.store(matches!(chunk[at], b'S' | b'G'), Ordering::Release);
                at += 1;
                messages.push(Message { ends_at: at, tag: TLS });
                continue;
            }
            if self.body_left == 0 {
                self.header.push(chunk[at]);
                at += 1;
                let complete = self.header.len() == if self.typed { 5 } else { 8 };
                if !complete {
                    continue;
                }
                self.read_header();
            } else {
                let taken = self.body_left.min(chunk.len() - at);
                self.body_left -= taken;
                at += taken;
            }
            if self.body_left == 0 {
                self.header.clear();
                messages.push(Message { ends_at: at, tag: self.tag });
            }
        }
        messages
    }

    fn read_header(&mut self) {
        let number = |at: usize| u32::from_be_bytes(self.header[at..at + 4].try_into().expect("four bytes"));
        if self.typed {
            self.tag = char::from(self.header[0]);
            self.body_left = number(1) as usize - 4;
            return;
        }
        let code = number(4);
        self.body_left = number(0) as usize - 8;
        self.tag = match code {
            80_877_102 => CANCEL,
            80_877_103 | 80_877_104 => TLS,
            _ => STARTUP,
        };
        self.typed = self.tag == STARTUP;
        self.handshake.asked.store(self.tag == TLS, Ordering::Release);
    }
}
