//! A connection of an administrator's program, which is kept.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    key: String,
}

impl Connection {
    pub(crate) fn open(address: SocketAddr, key: &str) -> Self {
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_nodelay(true).expect("a socket has options");
        Self {
            stream: BufReader::new(stream),
            key: key.to_owned(),
        }
    }

    /// Sends JSON and returns the JSON of a successful answer.
    pub(crate) fn post(&mut self, path: &str, body: &str) -> serde_json::Value {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.key,
            body.len()
        );
        let stream = self.stream.get_mut();
        stream
            .write_all(request.as_bytes())
            .expect("the server reads");
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let read = self
                .stream
                .read_line(&mut head)
                .expect("the server answers");
            assert!(read > 0, "the server hung up: {head}");
        }
        let mut length = 0;
        for line in head.lines() {
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
                length = value.parse().expect("a length is a number");
            }
        }
        let mut answer = vec![0; length];
        self.stream
            .read_exact(&mut answer)
            .expect("the answer is whole");
        let text = String::from_utf8_lossy(&answer);
        assert!(head.starts_with("HTTP/1.1 2"), "{head}{text}");
        serde_json::from_slice(&answer).expect("the answer is JSON")
    }
}
