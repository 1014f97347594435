//! HTTP/2 as frames, for connections that no client would make (RFC 9113).

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const SILENCE: Duration = Duration::from_secs(5);
const WRITE_PATIENCE: Duration = Duration::from_secs(2);

/// Frame types (§6).
pub const DATA: u8 = 0;
/// Opens a stream.
pub const HEADERS: u8 = 1;
/// Ends a stream.
pub const RST_STREAM: u8 = 3;
/// Of the connection.
pub const SETTINGS: u8 = 4;
/// Wants an answer.
pub const PING: u8 = 6;
/// Ends the connection.
pub const GOAWAY: u8 = 7;
/// Goes on with a header section.
pub const CONTINUATION: u8 = 9;

/// Flags (§6).
pub const END_STREAM: u8 = 1;
/// The header section ends in this frame.
pub const END_HEADERS: u8 = 4;

/// A connection of frames.
pub struct RawHttp2(TcpStream);

/// A frame that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Its type.
    pub kind: u8,
    /// Its stream; 0 is the connection.
    pub stream: u32,
    /// What is in it.
    pub payload: Vec<u8>,
}

impl RawHttp2 {
    /// Connects, and sends the preface and empty settings.
    pub async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await;
        let mut connection = Self(stream.expect("the server accepts connections"));
        let settings = frame(SETTINGS, 0, 0, &[]);
        connection.write(&[PREFACE, &settings].concat()).await;
        connection
    }

    /// Sends bytes. False once the server takes no more, be it closed or full.
    pub async fn write(&mut self, bytes: &[u8]) -> bool {
        let written = timeout(WRITE_PATIENCE, self.0.write_all(bytes)).await;
        written.is_ok_and(|written| written.is_ok())
    }

    /// Everything that comes until the end, or until nothing comes for five seconds;
    /// and whether it was the end.
    pub async fn frames(&mut self) -> (Vec<Frame>, bool) {
        let mut bytes = Vec::new();
        let mut part = vec![0; 64 * 1024];
        let is_closed = loop {
            match timeout(SILENCE, self.0.read(&mut part)).await {
                Err(_) => break false,
                Ok(Ok(length @ 1..)) => {
                    bytes.extend_from_slice(part.get(..length).unwrap_or_default());
                }
                Ok(_) => break true,
            }
        };
        (parse(&bytes), is_closed)
    }
}

/// A frame as bytes.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a frame is short");
    let [_, length @ ..] = length.to_be_bytes();
    let mut bytes = length.to_vec();
    bytes.extend_from_slice(&[kind, flags]);
    bytes.extend_from_slice(&stream.to_be_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

/// A header section of these fields, each literal and not kept (RFC 7541 §6.2.2).
pub fn literal(fields: &[(&str, &str)]) -> Vec<u8> {
    fields
        .iter()
        .flat_map(|(name, value)| [vec![0], text(name), text(value)].concat())
        .collect()
}

/// One field that the table keeps (RFC 7541 §6.2.1).
pub fn kept(name: &str, value: &str) -> Vec<u8> {
    [vec![0x40], text(name), text(value)].concat()
}

/// A string literal without compression, its length an integer with 7 bits' prefix.
fn text(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut left = text.len();
    if left < 0x7F {
        bytes.push(low(left));
    } else {
        bytes.push(0x7F);
        left -= 0x7F;
        while left >= 0x80 {
            bytes.push(low(left % 0x80) | 0x80);
            left /= 0x80;
        }
        bytes.push(low(left));
    }
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

fn low(number: usize) -> u8 {
    u8::try_from(number).expect("it is below 128")
}

fn parse(mut bytes: &[u8]) -> Vec<Frame> {
    let mut frames = Vec::new();
    while let [a, b, c, kind, _, s, t, u, v, rest @ ..] = bytes {
        let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
        let Some((payload, after)) = rest.split_at_checked(length) else {
            break;
        };
        frames.push(Frame {
            kind: *kind,
            stream: u32::from_be_bytes([*s & 0x7F, *t, *u, *v]),
            payload: payload.to_vec(),
        });
        bytes = after;
    }
    frames
}
