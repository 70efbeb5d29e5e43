//! A tiny blocking HTTP/1.1 client: one request, one connection.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    /// In the order received, names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("not JSON: {error}\n{}", self.body))
    }
}

pub fn get(address: SocketAddr, path: &str) -> io::Result<Response> {
    request("GET", address, path)
}

pub fn request(method: &str, address: SocketAddr, path: &str) -> io::Result<Response> {
    let patience = Duration::from_secs(10);
    let mut stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_read_timeout(Some(patience))?;
    // One write: a server that answers early may close before a second one.
    let request = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    read_response(BufReader::new(stream), method == "HEAD")
}

fn read_response(mut stream: impl BufRead, head_only: bool) -> io::Result<Response> {
    let status_line = read_line(&mut stream)?;
    let status = status_line.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = status.ok_or_else(|| malformed(&status_line))?;
    let mut headers = Vec::new();
    loop {
        let line = read_line(&mut stream)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or_else(|| malformed(&line))?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut response = Response { status, headers, body: String::new() };
    if !head_only {
        response.body = read_body(&mut stream, &response)?;
    }
    Ok(response)
}

fn read_body(stream: &mut impl BufRead, response: &Response) -> io::Result<String> {
    let mut bytes = Vec::new();
    if response.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
        loop {
            let line = read_line(stream)?;
            let size = usize::from_str_radix(line.split(';').next().unwrap_or_default().trim(), 16);
            let size = size.map_err(|_| malformed(&line))?;
            let start = bytes.len();
            bytes.resize(start + size, 0);
            stream.read_exact(&mut bytes[start..])?;
            read_line(stream)?;
            if size == 0 {
                break;
            }
        }
    } else if let Some(length) = response.header("content-length").and_then(|value| value.parse().ok()) {
        bytes.resize(length, 0);
        stream.read_exact(&mut bytes)?;
    } else {
        stream.read_to_end(&mut bytes)?;
    }
    String::from_utf8(bytes).map_err(|error| malformed(&error.to_string()))
}

fn read_line(stream: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("malformed HTTP: {what:?}"))
}
