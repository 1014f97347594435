//! A client that sends bytes and reads what comes back.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::upstream::find;

const PATIENCE: Duration = Duration::from_secs(10);

/// One connection to the gateway.
pub(crate) struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        Self {
            stream,
            buffer: Vec::new(),
        }
    }

    pub(crate) async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// The head of the next answer.
    pub(crate) async fn read_head(&mut self) -> Answer {
        let end = loop {
            if let Some(at) = find(&self.buffer, b"\r\n\r\n") {
                break at + 4;
            }
            let came = self.fill().await;
            assert!(came, "closed before the head: {:?}", self.text());
        };
        let head: Vec<u8> = self.buffer.drain(..end).collect();
        let head = String::from_utf8(head).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer {
            status,
            head,
            body: Vec::new(),
        }
    }

    /// The next answer as a whole. One without a length is read to its end.
    pub(crate) async fn read(&mut self) -> Answer {
        let mut answer = self.read_head().await;
        if answer.is_chunked() {
            while !answer.take_chunk(&mut self.buffer) {
                assert!(self.fill().await, "closed inside a body");
            }
            return answer;
        }
        let length = answer.all("content-length").first().map(|length| {
            let length: usize = length.parse().unwrap();
            length
        });
        let length = match answer.status {
            204 | 304 => Some(0),
            _ => length,
        };
        while self.buffer.len() < length.unwrap_or(usize::MAX) {
            if !self.fill().await {
                assert!(length.is_none(), "closed inside a body");
                break;
            }
        }
        let end = length.unwrap_or(self.buffer.len());
        answer.body = self.buffer.drain(..end).collect();
        answer
    }

    /// Sends one request and reads its answer.
    pub(crate) async fn ask(&mut self, request: impl AsRef<[u8]>) -> Answer {
        self.write(request).await;
        self.read().await
    }

    /// Reads on until `wanted` has come.
    pub(crate) async fn read_until(&mut self, wanted: &str) {
        while find(&self.buffer, wanted.as_bytes()).is_none() {
            assert!(self.fill().await, "closed before {wanted:?}");
        }
        let at = find(&self.buffer, wanted.as_bytes()).unwrap();
        self.buffer.drain(..at + wanted.len());
    }

    /// Everything up to the end of the connection, also a rough one.
    pub(crate) async fn read_to_end(&mut self) -> String {
        while self.fill().await {}
        let rest = self.text();
        self.buffer.clear();
        rest
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.buffer).into_owned()
    }

    async fn fill(&mut self) -> bool {
        let mut chunk = [0; 4096];
        let read = timeout(PATIENCE, self.stream.read(&mut chunk)).await;
        match read.unwrap() {
            Ok(0) | Err(_) => false,
            Ok(count) => {
                self.buffer.extend_from_slice(&chunk[..count]);
                true
            }
        }
    }
}

impl Answer {
    /// The values of a field, in order.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let fields = self.head.lines().skip(1);
        fields
            .filter_map(|line| line.split_once(':'))
            .filter(|(given, _)| given.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
            .collect()
    }

    /// The first value of a field.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).first().copied()
    }

    /// The body as text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn is_chunked(&self) -> bool {
        self.get("transfer-encoding") == Some("chunked")
    }

    /// Takes what chunks are complete; whether the last was among them. Trailers
    /// become part of the head.
    fn take_chunk(&mut self, buffer: &mut Vec<u8>) -> bool {
        while let Some(line) = find(buffer, b"\r\n") {
            let size = std::str::from_utf8(&buffer[..line]).unwrap();
            let size = usize::from_str_radix(size, 16).unwrap();
            if size == 0 {
                let Some(end) = find(&buffer[line..], b"\r\n\r\n") else {
                    return false;
                };
                let trailers: Vec<u8> = buffer.drain(..line + end + 4).skip(line + 2).collect();
                self.head.push_str(&String::from_utf8(trailers).unwrap());
                return true;
            }
            let end = line + 2 + size;
            if buffer.len() < end + 2 {
                return false;
            }
            self.body.extend_from_slice(&buffer[line + 2..end]);
            buffer.drain(..end + 2);
        }
        false
    }
}
