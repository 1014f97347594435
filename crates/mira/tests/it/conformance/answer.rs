//! One request as bytes, and what of its answer must be the same everywhere.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpSocket;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(20);

/// Where the client of every request is: not where the proxies are, so that an
/// address which gets lost on the way is seen.
pub(super) const CLIENT: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// Fields of a connection, of a proxy or of an instant.
const PASSING: &[&str] = &[
    "alt-svc",
    "connection",
    "content-length",
    "date",
    "keep-alive",
    "server",
    "transfer-encoding",
    "via",
    "x-envoy-upstream-service-time",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
];

/// An answer: its status, its fields in lower case, its body.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    fields: Vec<(String, String)>,
    body: String,
}

impl Answer {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        Some(&fields.find(|(field, _)| field == name)?.1)
    }

    /// What is the same wherever it is asked: all but when, which and how many.
    /// A field that is there twice is seen, and so is one that is missing.
    pub(super) fn essence(&self) -> String {
        let mut fields: Vec<String> = self
            .fields
            .iter()
            .filter(|(name, _)| !PASSING.contains(&name.as_str()))
            .map(|(name, value)| match name.as_str() {
                "x-mira-request-id" => format!("{name}: of {} digits", value.len()),
                "retry-after" => format!("{name}: N"),
                _ => format!("{name}: {value}"),
            })
            .collect();
        fields.extend(
            ["x-ratelimit-remaining", "x-ratelimit-reset"]
                .iter()
                .filter(|name| self.get(name).is_some())
                .map(|name| format!("{name}: N")),
        );
        fields.sort();
        let body = if self.status == 429 {
            self.body.replace(|c: char| c.is_ascii_digit(), "")
        } else {
            self.body.clone()
        };
        format!("{}\n{}\n\n{body}", self.status, fields.join("\n"))
    }
}

/// Sends `request`, which asks for the connection to be closed, and reads all.
/// Nothing if no HTTP came back.
pub(super) async fn ask(address: SocketAddr, request: &[u8]) -> Option<Answer> {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((CLIENT, 0).into()).unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    // Whoever refuses may close before it has read everything.
    stream.write_all(request).await.ok();
    let mut bytes = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut bytes));
    read.await.unwrap().ok();
    parse(&bytes)
}

fn parse(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let fields: Vec<_> = head.lines().skip(1).map(field).collect();
    let mut body = bytes[end + 4..].to_vec();
    if fields.iter().any(|(name, _)| name == "transfer-encoding") {
        body = dechunk(&body);
    }
    Some(Answer {
        status,
        fields,
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}

fn field(line: &str) -> (String, String) {
    let (name, value) = line.split_once(':').unwrap_or((line, ""));
    (name.to_lowercase(), value.trim().to_owned())
}

fn dechunk(mut bytes: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = bytes.windows(2).position(|two| two == b"\r\n") {
        let size = String::from_utf8_lossy(&bytes[..end]);
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        let Some(data) = bytes.get(end + 2..end + 2 + size) else {
            break;
        };
        whole.extend_from_slice(data);
        bytes = bytes.get(end + 4 + size..).unwrap_or_default();
    }
    whole
}
