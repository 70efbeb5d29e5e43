//! The runner's command from the gate's view: lines of output, and an exit.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::{Child as Process, ChildStdin, Command};
use tokio::sync::mpsc;

use super::keeper;
use super::secrets::Secrets;

/// The parameters of a start.
pub struct Start {
    pub program: PathBuf,
    pub arguments: Vec<String>,
    pub set: Vec<(String, OsString)>,
    pub removed: Vec<String>,
}

/// A running command. Dropping it kills it, with all processes that it started.
pub struct Child {
    keeper: Process,
    control: Option<ChildStdin>,
    lines: mpsc::Receiver<String>,
    secrets: Secrets,
    pub tail: Tail,
}

/// The number of output lines that are reported.
const TOLD: usize = 20;
/// The number of lines that are kept: a driver's name for an error precedes the traces of its consequences.
const KEPT: usize = 200;
/// The longest line, in bytes.
const LONGEST: usize = 4 << 10;
/// The time for which output is still read after the command has ended: a process that it left behind may hold the pipe.
const DRAIN: std::time::Duration = std::time::Duration::from_millis(500);

/// The last lines of output, without secrets.
#[derive(Clone, Debug, Default)]
pub struct Tail(VecDeque<String>);

impl Tail {
    fn push(&mut self, line: String) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(line);
    }

    pub fn lines(&self) -> Vec<String> {
        self.0.iter().cloned().collect()
    }

    /// The last of these lines, for a report.
    pub fn told(mut lines: Vec<String>) -> Vec<String> {
        lines.split_off(lines.len().saturating_sub(TOLD))
    }
}

impl Child {
    /// Starts the command behind a keeper of its own, which is this program.
    ///
    /// # Errors
    /// The keeper cannot be started.
    pub fn start(start: Start, secrets: Secrets) -> io::Result<Self> {
        let mut command = Command::new("/proc/self/exe");
        command.arg0("lockgate").args([keeper::COMMAND, "--"]).arg(&start.program).args(&start.arguments);
        start.removed.iter().for_each(|name| _ = command.env_remove(name));
        command.envs(start.set.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut keeper = command.spawn()?;
        let control = keeper.stdin.take();
        let (sender, lines) = mpsc::channel(64);
        tokio::spawn(read(keeper.stdout.take(), sender.clone()));
        tokio::spawn(read(keeper.stderr.take(), sender));
        Ok(Self { keeper, control, lines, secrets, tail: Tail::default() })
    }

    /// Follows the command to its end, and returns its exit code, or 128 + the signal that ended it. Every line of output is
    /// logged. The future may be dropped and created again.
    ///
    /// # Errors
    /// The keeper cannot be waited for.
    pub async fn ended(&mut self) -> io::Result<i32> {
        loop {
            tokio::select! {
                biased;
                line = self.lines.recv() => match line {
                    Some(line) => self.say(&line),
                    None => {
                        let status = self.keeper.wait().await?;
                        return Ok(code(status));
                    }
                },
                status = self.keeper.wait() => {
                    let status = status?;
                    self.drain().await;
                    return Ok(code(status));
                }
            }
        }
    }

    async fn drain(&mut self) {
        let reading = async {
            while let Some(line) = self.lines.recv().await {
                self.say(&line);
            }
        };
        let _ = tokio::time::timeout(DRAIN, reading).await;
    }

    fn say(&mut self, line: &str) {
        let line = self.secrets.cut(line);
        tracing::info!(runner = true, "{line}");
        self.tail.push(line);
    }

    /// Asks the command to end.
    pub async fn terminate(&mut self) {
        self.tell(keeper::TERMINATE).await;
    }

    /// Ends the command, with all processes that it started.
    pub async fn kill(&mut self) {
        self.tell(keeper::KILL).await;
    }

    /// Sends a word to the keeper; one that has ended ignores it.
    async fn tell(&mut self, word: u8) {
        if let Some(control) = &mut self.control {
            let _ = control.write_all(&[word]).await;
        }
    }
}

/// The exit code, or 128 + the signal that ended it.
pub(super) fn code(status: ExitStatus) -> i32 {
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1)
}

/// Sends every line without its line end; invalid UTF-8 is replaced, and a long line is truncated.
async fn read(pipe: Option<impl AsyncRead + Unpin>, sender: mpsc::Sender<String>) {
    let Some(pipe) = pipe else { return };
    let mut reader = BufReader::new(pipe);
    let mut line = Vec::new();
    loop {
        let Ok(buffer) = reader.fill_buf().await else { return };
        if buffer.is_empty() {
            break;
        }
        let end = memchr::memchr(b'\n', buffer);
        let part = &buffer[..end.unwrap_or(buffer.len())];
        line.extend_from_slice(&part[..part.len().min(LONGEST.saturating_sub(line.len()))]);
        let used = end.map_or(buffer.len(), |end| end + 1);
        reader.consume(used);
        if end.is_some() && sender.send(text(&std::mem::take(&mut line))).await.is_err() {
            return;
        }
    }
    if !line.is_empty() {
        // The receiver may be gone.
        let _ = sender.send(text(&line)).await;
    }
}

fn text(line: &[u8]) -> String {
    String::from_utf8_lossy(line).trim_end_matches('\r').to_owned()
}
