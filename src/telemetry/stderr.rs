//! stderr, written by a separate thread: a stalled reader blocks neither the work nor the end.
//!
//! No crate fits: tracing-appender's writer loses lines whenever its queue is full, or else waits for ever, counts lines instead
//! of bytes, and offers nothing to wait for before an `execve`.

use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The limit of the queue, in bytes.
const MOST: usize = 1 << 20;
/// The wait for a full queue, once; until the queue moves again, new lines are counted and dropped.
const PATIENCE: Duration = Duration::from_secs(1);
/// The wait for the last lines at the end.
const LAST: Duration = Duration::from_millis(500);

struct Queue {
    bytes: Vec<u8>,
    /// True while the thread writes bytes that it has taken.
    is_writing: bool,
    is_stalled: bool,
    lost: usize,
    has_thread: bool,
}

static QUEUE: Mutex<Queue> =
    Mutex::new(Queue { bytes: Vec::new(), is_writing: false, is_stalled: false, lost: 0, has_thread: false });
/// Signalled when the queue has lines.
static WORK: Condvar = Condvar::new();
/// Signalled when lines were written.
static ROOM: Condvar = Condvar::new();

fn queue() -> MutexGuard<'static, Queue> {
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes complete lines. If stderr is closed, they are lost.
pub fn say(lines: &str) {
    start();
    let mut queue = queue();
    if !queue.has_thread {
        let _ = io::stderr().write_all(lines.as_bytes());
        return;
    }
    let is_full = |queue: &Queue| !queue.bytes.is_empty() && queue.bytes.len() + lines.len() > MOST;
    if is_full(&queue) && !queue.is_stalled {
        let waited = ROOM.wait_timeout_while(queue, PATIENCE, |queue| is_full(queue));
        queue = waited.unwrap_or_else(PoisonError::into_inner).0;
        queue.is_stalled = is_full(&queue);
    }
    if is_full(&queue) {
        queue.lost += 1;
        return;
    }
    queue.bytes.extend_from_slice(lines.as_bytes());
    WORK.notify_one();
}

/// Waits until everything is written, half a second at most.
pub fn flush() {
    let deadline = Instant::now() + LAST;
    let mut queue = queue();
    while queue.has_thread && (queue.is_writing || !queue.bytes.is_empty()) {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        queue = ROOM.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0;
    }
}

/// Starts the thread with the first line: a silent process has none.
fn start() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        let started = thread::Builder::new().name("stderr".to_owned()).spawn(write);
        queue().has_thread = started.is_ok();
    });
}

fn write() {
    let mut queue = queue();
    loop {
        let taken = std::mem::take(&mut queue.bytes);
        if taken.is_empty() {
            queue = WORK.wait(queue).unwrap_or_else(PoisonError::into_inner);
            continue;
        }
        queue.is_writing = true;
        let lost = std::mem::take(&mut queue.lost);
        drop(queue);
        let written = io::stderr().write_all(&taken);
        if lost > 0 && written.is_ok() {
            let words = format!("{lost} lines of the log are lost: nobody read them");
            let _ = writeln!(io::stderr(), "{}", serde_json::json!({ "level": "WARN", "message": words }));
        }
        queue = self::queue();
        queue.is_writing = false;
        queue.is_stalled = false;
        ROOM.notify_all();
    }
}

/// [`say`] for code that needs a writer. Every write consists of complete lines.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stderr;

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        say(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
