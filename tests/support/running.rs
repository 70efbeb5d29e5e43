//! A gate that runs. It is killed with the value.

use std::io::{self, Read};
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::eventually::{PATIENCE, eventually, eventually_some};
use super::gate::{Gate, Outcome};
use super::http::{self, Response};

#[derive(Debug)]
pub struct Running {
    child: Child,
    status: Option<ExitStatus>,
    listens: Option<SocketAddr>,
    stdout: Said,
    stderr: Said,
    gate: Gate,
}

impl Running {
    pub(super) fn watch(mut child: Child, listens: Option<SocketAddr>, gate: Gate) -> Self {
        let stdout = Said::of(child.stdout.take().expect("a pipe"));
        let stderr = Said::of(child.stderr.take().expect("a pipe"));
        Self { child, status: None, listens, stdout, stderr, gate }
    }

    pub fn pid(&self) -> i32 {
        self.child.id().cast_signed()
    }

    /// SIGTERM, as a platform stops a container.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// SIGINT, as Ctrl-C does.
    pub fn interrupt(&self) {
        self.signal(Signal::INT);
    }

    /// SIGKILL, as the end of a grace period, or of a node.
    pub fn kill(&self) {
        self.signal(Signal::KILL);
    }

    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.pid()).expect("a pid");
        // The child stays a zombie until `wait` collects it, so the pid is its own.
        if self.status.is_none() {
            let _ = kill_process(pid, signal);
        }
    }

    pub fn has_ended(&mut self) -> bool {
        if self.status.is_none() {
            self.status = self.child.try_wait().expect("wait");
        }
        self.status.is_some()
    }

    /// Waits for the end. If it does not come, fails the test and shows the output.
    #[track_caller]
    pub fn wait(mut self, patience: Duration) -> Outcome {
        let deadline = Instant::now() + patience;
        while !self.has_ended() {
            if Instant::now() >= deadline {
                self.kill();
                panic!("still running after {patience:?}; {}", self.outcome());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        self.outcome()
    }

    /// Waits for an end that is at hand.
    #[track_caller]
    pub fn wait_patiently(self) -> Outcome {
        self.wait(PATIENCE)
    }

    /// Its stderr so far.
    pub fn stderr(&self) -> String {
        self.stderr.so_far()
    }

    pub fn stdout(&self) -> String {
        self.stdout.so_far()
    }

    /// Waits until stderr holds this text.
    #[track_caller]
    pub fn says(&mut self, text: &str) {
        eventually(&format!("`{text}` on stderr"), || {
            let complete = self.stderr.is_complete();
            let said = self.stderr().contains(text);
            assert!(said || !complete, "`{text}` was never said; {}", self.outcome());
            said
        });
    }

    /// The address on which it was told to listen.
    #[track_caller]
    pub fn address(&self) -> SocketAddr {
        self.listens.expect("a gate that listens: `serve`, or `.listening()`")
    }

    /// Asks it, once it listens; fails the test when it ends instead.
    #[track_caller]
    pub fn http_get(&mut self, path: &str) -> Response {
        eventually_some(&format!("an answer to GET {path}"), || {
            let answer = self.try_http_get(path).ok();
            assert!(answer.is_some() || !self.has_ended(), "it ended, and never answered; {}", self.outcome());
            answer
        })
    }

    /// Asks it now; an error if the port is closed.
    pub fn try_http_get(&self, path: &str) -> io::Result<Response> {
        http::get(self.address(), path)
    }

    /// Waits until `path` answers with this status, and returns the answer.
    #[track_caller]
    pub fn answers(&mut self, path: &str, status: u16) -> Response {
        eventually_some(&format!("{status} from {path}"), || Some(self.http_get(path)).filter(|it| it.status == status))
    }

    fn outcome(&mut self) -> Outcome {
        let status = self.child.wait().expect("wait");
        self.status = Some(status);
        Outcome {
            code: status.code(),
            signal: status.signal(),
            stdout: self.stdout.all(),
            stderr: self.stderr.all(),
            termination_log: self.gate.termination_log(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
        let _ = self.child.wait();
    }
}

/// The output of a pipe, read by a thread so that the writer never blocks.
#[derive(Debug)]
struct Said {
    text: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Said {
    fn of(mut pipe: impl Read + Send + 'static) -> Self {
        let text = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&text);
        let reader = std::thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(size @ 1..) = pipe.read(&mut chunk) {
                sink.lock().expect("lock").extend_from_slice(&chunk[..size]);
            }
        });
        Self { text, reader: Some(reader) }
    }

    fn so_far(&self) -> String {
        String::from_utf8_lossy(&self.text.lock().expect("lock")).into_owned()
    }

    fn is_complete(&self) -> bool {
        self.reader.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// A grandchild may hold the pipe open after the child's end; it is not waited for longer than this.
    fn all(&mut self) -> String {
        let deadline = Instant::now() + Duration::from_secs(2);
        while !self.is_complete() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(1));
        }
        self.so_far()
    }
}
