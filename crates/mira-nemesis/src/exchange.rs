//! One kept-alive HTTP/1.1 connection that knows when the first byte of a request
//! left and when the last byte of its answer was read. Written by hand, because
//! that is all there is to it and no library says those two instants.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::clock::Stamp;

const MAX_ANSWER: usize = 1024 * 1024;
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);

/// A connection; requests on it go one after the other.
pub(crate) struct Exchange {
    stream: TcpStream,
    /// Read, and not part of an answer yet.
    bytes: Vec<u8>,
}

/// An answer, and when it was exchanged.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// Read before the first byte of the request was written.
    pub(crate) sent_at: Stamp,
    /// Read after the last byte of the answer was read.
    pub(crate) read_at: Stamp,
}

/// What ends a body.
enum Framing {
    Length(usize),
    Chunks,
}

impl Exchange {
    pub(crate) async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = timeout(CONNECT_PATIENCE, TcpStream::connect(address)).await??;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            bytes: Vec::new(),
        })
    }

    /// Sends a request that `render` makes from the instant at which it is sent.
    pub(crate) async fn send(&mut self, render: impl FnOnce(Stamp) -> String) -> io::Result<Reply> {
        let sent_at = Stamp::now();
        let request = render(sent_at);
        self.stream.write_all(request.as_bytes()).await?;
        self.receive(sent_at).await
    }

    /// Writes several requests at once, and gives their answers one by one.
    pub(crate) async fn pipeline(
        &mut self,
        requests: &[String],
        mut each: impl FnMut(usize, Reply),
    ) -> io::Result<()> {
        let sent_at = Stamp::now();
        self.stream.write_all(requests.concat().as_bytes()).await?;
        for index in 0..requests.len() {
            each(index, self.receive(sent_at).await?);
        }
        Ok(())
    }

    /// Sends a request, and gives the head of its answer and the rest of the
    /// connection, for a body that does not end by itself.
    pub(crate) async fn begin(mut self, request: &str) -> io::Result<(u16, Vec<u8>, TcpStream)> {
        self.stream.write_all(request.as_bytes()).await?;
        let (status, _) = self.receive_head().await?;
        Ok((status, self.bytes, self.stream))
    }

    async fn receive(&mut self, sent_at: Stamp) -> io::Result<Reply> {
        let (status, head) = self.receive_head().await?;
        let body = match framing(&head) {
            Framing::Length(length) => self.take(length).await?,
            Framing::Chunks => self.receive_chunks().await?,
        };
        Ok(Reply {
            status,
            head,
            body,
            sent_at,
            read_at: Stamp::now(),
        })
    }

    async fn receive_head(&mut self) -> io::Result<(u16, String)> {
        let end = self.find(b"\r\n\r\n").await?;
        let head = self.take(end + 4).await?;
        let head = String::from_utf8_lossy(&head).into_owned();
        let status = head.get(9..12).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| io::Error::other("no status"))?;
        Ok((status, head))
    }

    async fn receive_chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let end = self.find(b"\r\n").await?;
            let line = self.take(end + 2).await?;
            let digits = String::from_utf8_lossy(&line);
            let length = usize::from_str_radix(digits.trim(), 16).map_err(io::Error::other)?;
            let chunk = self.take(length + 2).await?;
            body.extend_from_slice(chunk.get(..length).unwrap_or_default());
            if length == 0 {
                return Ok(body);
            }
        }
    }

    /// Where `wanted` begins in what was read, reading on until it is there.
    async fn find(&mut self, wanted: &[u8]) -> io::Result<usize> {
        loop {
            let mut windows = self.bytes.windows(wanted.len());
            if let Some(at) = windows.position(|window| window == wanted) {
                return Ok(at);
            }
            self.read().await?;
        }
    }

    async fn take(&mut self, length: usize) -> io::Result<Vec<u8>> {
        while self.bytes.len() < length {
            self.read().await?;
        }
        let rest = self.bytes.split_off(length);
        Ok(std::mem::replace(&mut self.bytes, rest))
    }

    async fn read(&mut self) -> io::Result<()> {
        let length = self.stream.read_buf(&mut self.bytes).await?;
        if length == 0 || self.bytes.len() > MAX_ANSWER {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }
}

impl Reply {
    /// The value of a header field.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        field(&self.head, name)
    }

    /// A member of the body's JSON object; null if there is none.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

fn framing(head: &str) -> Framing {
    match field(head, "content-length").and_then(|length| length.parse().ok()) {
        Some(length) => Framing::Length(length),
        None if field(head, "transfer-encoding").is_some() => Framing::Chunks,
        None => Framing::Length(0),
    }
}

fn field<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines().find_map(|line| {
        let (field, value) = line.split_once(':')?;
        field.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::Exchange;

    #[tokio::test]
    async fn answers_of_both_framings_are_read_to_their_last_byte() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 2];
            stream.read_exact(&mut request).await.unwrap();
            let answers = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi\
                           HTTP/1.1 401 No\r\ntransfer-encoding: chunked\r\n\r\n\
                           3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n";
            for byte in answers.as_bytes() {
                stream.write_all(&[*byte]).await.unwrap();
            }
        });
        let mut exchange = Exchange::open(address).await.unwrap();
        let mut seen = Vec::new();
        let requests = ["a".to_owned(), "b".to_owned()];
        exchange
            .pipeline(&requests, |index, reply| {
                assert!(reply.sent_at < reply.read_at);
                seen.push((index, reply.status, reply.body));
            })
            .await
            .unwrap();
        let expected = [(0, 200, b"hi".to_vec()), (1, 401, b"abcd".to_vec())];
        assert_eq!(seen, expected);
    }
}
