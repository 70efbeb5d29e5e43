//! Limits on the lengths of a server's messages after the login.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use super::notices::Notices;

/// libpq's limit for a message that is never long (VALID_LONG_MESSAGE_TYPE in its fe-protocol3.c).
pub(super) const SHORT: u32 = 30_000;
/// PostgreSQL's own limit for a row (MaxAllocSize).
const ANY_ROW: u32 = 0x3fff_ffff;
/// Far above any definition, plan or notice.
const LONG: u32 = 64 << 20;
/// The limit for all messages until the server is ready for the first query: some parameters, and notices of a login.
const GREETING: u64 = 4 << 20;
/// The limit for changed parameters in one answer. The driver keeps them all, by name.
const PARAMETERS: u64 = 4 << 20;

/// A server exceeded a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooMuch {
    #[error("it sent a message of {length} bytes ({})", .tag.escape_debug())]
    Message { tag: char, length: u32 },
    #[error("it sent more than {} MiB before it was ready", GREETING >> 20)]
    Greeting,
    #[error("it sent more than {} MiB of parameters", PARAMETERS >> 20)]
    Parameters,
}

/// The backend that a session's cancel key names, once the key has come.
#[derive(Clone, Debug, Default)]
pub struct CancelKey(Arc<OnceLock<i32>>);

impl CancelKey {
    /// The first one counts, as for the driver.
    fn set(&self, process: i32) {
        let _ = self.0.set(process);
    }

    pub fn backend(&self) -> Option<i32> {
        self.0.get().copied()
    }
}

/// Tracks the messages by their headers (PostgreSQL documentation 55.2).
#[derive(Debug)]
pub struct Frames {
    any_row: Arc<AtomicBool>,
    notices: Notices,
    key: CancelKey,
    /// The bytes of the process number that have come so far in the message with the key.
    process: Vec<u8>,
    header: [u8; 5],
    /// The number of header bytes that were read.
    have: usize,
    /// The number of body bytes that remain.
    left: u32,
    /// The bytes that remain until the server is ready for the first time.
    greeting: u64,
    is_ready: bool,
    parameters: u64,
}

impl Frames {
    pub fn new(any_row: Arc<AtomicBool>, notices: Notices, key: CancelKey) -> Self {
        Self {
            any_row,
            notices,
            key,
            process: Vec::new(),
            header: [0; 5],
            have: 0,
            left: 0,
            greeting: 0,
            is_ready: false,
            parameters: 0,
        }
    }

    /// # Errors
    /// A message that begins in `bytes` is longer than one of its kind has to be.
    pub fn pass(&mut self, mut bytes: &[u8]) -> Result<(), TooMuch> {
        loop {
            let body = bytes.len().min(self.left as usize);
            if self.header[0] == b'K' {
                self.read_key(&bytes[..body]);
            }
            // At most `left`, so it fits the type.
            self.left -= body as u32;
            bytes = &bytes[body..];
            if bytes.is_empty() {
                return Ok(());
            }
            let taken = bytes.len().min(self.header.len() - self.have);
            self.header[self.have..self.have + taken].copy_from_slice(&bytes[..taken]);
            self.have += taken;
            bytes = &bytes[taken..];
            if self.have == self.header.len() {
                self.have = 0;
                self.begin()?;
            }
        }
    }

    /// `BackendKeyData` begins with the number of the process. The key behind it is not read (PostgreSQL documentation 55.7).
    fn read_key(&mut self, body: &[u8]) {
        let missing = size_of::<i32>() - self.process.len();
        self.process.extend_from_slice(&body[..missing.min(body.len())]);
        if let Ok(process) = <[u8; 4]>::try_from(self.process.as_slice()) {
            self.key.set(i32::from_be_bytes(process));
        }
    }

    fn begin(&mut self) -> Result<(), TooMuch> {
        let [tag, a, b, c, d] = self.header;
        let length = u32::from_be_bytes([a, b, c, d]);
        let most = match tag {
            b'D' | b'd' if self.any_row.load(Ordering::Acquire) => ANY_ROW,
            b'D' | b'd' | b'T' | b'E' | b'N' | b'A' => LONG,
            _ => SHORT,
        };
        if !(4..=most).contains(&length) {
            return Err(TooMuch::Message { tag: tag.into(), length });
        }
        self.left = length - 4;
        self.greeting += u64::from(length);
        match tag {
            b'Z' => {
                (self.is_ready, self.parameters) = (true, 0);
                self.notices.end_answer();
            }
            b'N' => self.notices.announce(),
            b'S' => self.parameters += u64::from(length),
            _ => {}
        }
        if !self.is_ready && self.greeting > GREETING {
            return Err(TooMuch::Greeting);
        }
        if self.parameters > PARAMETERS { Err(TooMuch::Parameters) } else { Ok(()) }
    }
}
