//! Server-sent events, as the HTML standard defines them, with the instants at
//! which they came.

use bytes::Bytes;
use http::response::Parts;
use http::{HeaderMap, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::Value;
use tokio::time::{Instant, timeout};

use crate::Answer;
use crate::connection::PATIENCE;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What `event:` said; `message` if nothing.
    pub name: String,
    /// What the `data:` lines said.
    pub data: String,
    /// When the end of it came.
    pub at: Instant,
}

/// An answer that streams.
pub struct Events {
    head: Parts,
    body: Incoming,
    lines: Lines,
    comments: usize,
    is_broken: bool,
}

/// Bytes, until they are whole lines.
#[derive(Default)]
struct Lines(Vec<u8>);

/// The lines of an event until its empty line.
#[derive(Default)]
struct Draft {
    name: Option<String>,
    data: Vec<String>,
}

impl Event {
    /// The data as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        let json = serde_json::from_str(&self.data);
        json.unwrap_or_else(|reason| panic!("not JSON ({reason}): {}", self.data))
    }
}

impl Events {
    pub(crate) fn new(answer: Response<Incoming>) -> Self {
        let (head, body) = answer.into_parts();
        Self {
            head,
            body,
            lines: Lines::default(),
            comments: 0,
            is_broken: false,
        }
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.head.status
    }

    /// The header fields.
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// Comments that came so far; servers keep a connection alive by them.
    pub fn comments(&self) -> usize {
        self.comments
    }

    /// Whether the stream ended by a fault of the connection.
    pub fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// The next event; nothing once the stream has ended, well or by a fault.
    pub async fn next(&mut self) -> Option<Event> {
        timeout(PATIENCE, self.read_event())
            .await
            .expect("an event comes in time")
    }

    /// All events up to the end.
    pub async fn all(mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }

    /// The answer as a whole, for one that turned out to be no stream.
    pub async fn into_answer(mut self) -> Answer {
        let mut body = std::mem::take(&mut self.lines.0);
        while let Some(bytes) = self.read_bytes().await {
            body.extend_from_slice(&bytes);
        }
        Answer {
            status: self.head.status,
            headers: self.head.headers,
            body: body.into(),
        }
    }

    async fn read_event(&mut self) -> Option<Event> {
        let mut draft = Draft::default();
        loop {
            let Some(line) = self.lines.next() else {
                let bytes = self.read_bytes().await?;
                self.lines.0.extend_from_slice(&bytes);
                continue;
            };
            if line.starts_with(':') {
                self.comments += 1;
            } else if let Some(event) = draft.add(&line) {
                return Some(event);
            }
        }
    }

    async fn read_bytes(&mut self) -> Option<Bytes> {
        loop {
            let Ok(frame) = self.body.frame().await? else {
                self.is_broken = true;
                return None;
            };
            if let Ok(bytes) = frame.into_data() {
                return Some(bytes);
            }
        }
    }
}

impl Lines {
    fn next(&mut self) -> Option<String> {
        let end = self.0.iter().position(|byte| *byte == b'\n')?;
        let rest = self.0.split_off(end + 1);
        let line = std::mem::replace(&mut self.0, rest);
        let line = String::from_utf8_lossy(&line).into_owned();
        Some(line.trim_end_matches(['\r', '\n']).to_owned())
    }
}

impl Draft {
    /// Adds a line; the empty one completes an event that has data.
    fn add(&mut self, line: &str) -> Option<Event> {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => self.name = Some(value.to_owned()),
            "data" => self.data.push(value.to_owned()),
            "" => {
                let draft = std::mem::take(self);
                return (!draft.data.is_empty()).then(|| Event {
                    name: draft.name.unwrap_or_else(|| "message".to_owned()),
                    data: draft.data.join("\n"),
                    at: Instant::now(),
                });
            }
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{Draft, Lines};

    #[test]
    fn events_are_read_from_any_division_into_parts() {
        let stream = ": hello\r\nevent: starting\r\ndata: {\"a\":1}\r\n\r\n\ndata:x\ndata: y\n\n";
        for size in 1..stream.len() {
            let (mut lines, mut draft, mut events) = (Lines::default(), Draft::default(), vec![]);
            for part in stream.as_bytes().chunks(size) {
                lines.0.extend_from_slice(part);
                while let Some(line) = lines.next() {
                    if !line.starts_with(':') {
                        events.extend(draft.add(&line).map(|event| (event.name, event.data)));
                    }
                }
            }
            let starting = ("starting".to_owned(), "{\"a\":1}".to_owned());
            let message = ("message".to_owned(), "x\ny".to_owned());
            assert_eq!(events, [starting, message]);
        }
    }
}
