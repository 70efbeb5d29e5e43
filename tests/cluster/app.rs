//! An app for the pods: says when it started, and answers 200. One thread, no crate, one static file.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

unsafe extern "C" {
    fn signal(number: i32, handler: extern "C" fn(i32)) -> usize;
    fn _exit(code: i32) -> !;
}

/// PID 1 does not end on SIGTERM by itself, and a pod would take its whole grace period to go.
extern "C" fn stop(_: i32) {
    unsafe { _exit(0) }
}

fn main() {
    unsafe { signal(15, stop) };
    let started = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    println!("started {:.6}", started.as_secs_f64());
    for connection in TcpListener::bind("0.0.0.0:8080").expect("port 8080").incoming() {
        let Ok(mut connection) = connection else { continue };
        let _ = connection.set_read_timeout(Some(Duration::from_secs(1)));
        let _ = connection.read(&mut [0; 4096]);
        let _ = connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nup\n");
    }
}
