//! Three network namespaces in a row, so that the one in the middle can swallow every packet, as a network does whose cable is
//! pulled. Nothing of it is seen outside, and all of it is gone with the process.

use std::process::Command;
use std::sync::mpsc::{self, Sender};

type Work = Box<dyn FnOnce() + Send>;

/// The address of the server's end.
pub const SERVER: &str = "10.219.1.2";

/// A thread in a network namespace of its own. Processes that it starts are in it too.
struct Space {
    work: Sender<Work>,
    /// For `ip link set … netns`.
    path: String,
}

impl Space {
    /// None where this account may not make one.
    fn new() -> Option<Self> {
        let (work, wanted) = mpsc::channel::<Work>();
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            // SAFETY: the call takes flags alone, and moves nothing but this thread.
            let is_made = unsafe { libc::unshare(libc::CLONE_NEWNET) } == 0;
            // SAFETY: the call takes nothing and cannot fail.
            let thread = unsafe { libc::gettid() };
            let path = format!("/proc/{}/task/{thread}/ns/net", std::process::id());
            tell.send(is_made.then_some(path)).expect("who waits");
            wanted.into_iter().for_each(|work| work());
        });
        let path = told.recv().expect("an answer")?;
        let space = Self { work, path };
        space.ip("link set lo up");
        Some(space)
    }

    fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let (tell, told) = mpsc::channel();
        let work = move || tell.send(work()).expect("who waits");
        self.work.send(Box::new(work)).expect("the thread");
        told.recv().expect("an answer")
    }

    #[track_caller]
    fn ip(&self, words: &str) {
        let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
        let shown = words.join(" ");
        let output = self.run(move || Command::new("ip").args(words).output().expect("ip"));
        assert!(output.status.success(), "ip {shown}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// A client's place and a server's, with a router between.
pub struct Network {
    client: Space,
    router: Space,
    server: Space,
}

impl Network {
    /// None where this account may not make network namespaces.
    pub fn new() -> Option<Self> {
        let network = Self { client: Space::new()?, router: Space::new()?, server: Space::new()? };
        for (at, end) in [&network.client, &network.server].into_iter().enumerate() {
            network.router.ip(&format!("link add to{at} type veth peer name end"));
            network.router.ip(&format!("link set end netns {}", end.path));
            network.router.ip(&format!("addr add 10.219.{at}.1/24 dev to{at}"));
            network.router.ip(&format!("link set to{at} up"));
            end.ip(&format!("addr add 10.219.{at}.2/24 dev end"));
            end.ip("link set end up");
            end.ip(&format!("route add default via 10.219.{at}.1"));
        }
        network.pass();
        Some(network)
    }

    /// Runs this where the client is.
    pub fn at_client<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        self.client.run(work)
    }

    /// Runs this where the server is.
    pub fn at_server<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        self.server.run(work)
    }

    /// From now on no packet arrives, and neither side gets an error.
    pub fn swallow(&self) {
        self.forward("0");
    }

    pub fn pass(&self) {
        self.forward("1");
    }

    fn forward(&self, value: &'static str) {
        let written = self.router.run(move || std::fs::write("/proc/sys/net/ipv4/ip_forward", value));
        written.expect("the router's setting");
    }
}
