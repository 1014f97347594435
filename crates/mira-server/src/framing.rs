//! Requests that can be read in two ways are refused.
//!
//! The HTTP library takes a request with both `Content-Length` and
//! `Transfer-Encoding`, with either one or `Host` twice, or with another coding
//! before `chunked`, and drops what it does not use, so that nobody behind it can
//! tell. Two servers that drop differently see different requests in the same
//! bytes (RFC 9112 §3.2, §6.1, §11.2). This watches the bytes on their way in, and
//! spoils such a header section, so that the library answers 400 and closes.

use memchr::memchr;

/// Follows the requests of one HTTP/1 connection.
#[derive(Debug)]
pub(crate) struct Framing {
    state: State,
    /// Whether a header section was complete.
    has_begun: bool,
    /// Whether the last request asked for another protocol.
    asks_upgrade: bool,
}

#[derive(Debug)]
enum State {
    Head(Head),
    Body {
        left: u64,
    },
    ChunkSize {
        size: u64,
        in_extension: bool,
    },
    ChunkData {
        left: u64,
    },
    Trailers {
        line_is_empty: bool,
    },
    /// HTTP/2, an upgraded connection, or bytes that the library refuses itself.
    Unwatched,
}

#[derive(Debug, Default)]
struct Head {
    /// The beginning of the current line, as much as it takes to know it, where
    /// the line did not come in one piece.
    line: Line,
    lines: u32,
    is_first: bool,
    is_http_1_1: bool,
    hosts: u32,
    length: Length,
    is_upgrade: bool,
}

/// The beginning of a line.
#[derive(Debug)]
struct Line {
    bytes: [u8; LINE_KEPT],
    length: usize,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            bytes: [0; LINE_KEPT],
            length: 0,
        }
    }
}

impl Line {
    fn extend(&mut self, part: &[u8]) {
        let room = self.bytes.get_mut(self.length..).unwrap_or_default();
        for (place, byte) in room.iter_mut().zip(part) {
            *place = *byte;
            self.length += 1;
        }
    }
}

/// How a header section says where its body ends.
#[derive(Debug, Default, Clone, Copy)]
enum Length {
    #[default]
    None,
    Sized(u64),
    Chunked,
    /// In more than one way, or in one that may be read differently.
    Unclear,
}

/// Long enough for the names that matter and any length's digits.
const LINE_KEPT: usize = 64;
const HTTP_2: &[u8] = b"PRI * HTTP/2.0";
const SWITCHING: &[u8] = b"HTTP/1.1 101 ";
/// A chunk's data is followed by a line end.
const LINE_END: u64 = 2;

impl Framing {
    pub(crate) fn new() -> Self {
        let first = Head {
            is_first: true,
            ..Head::default()
        };
        Self {
            state: State::Head(first),
            has_begun: false,
            asks_upgrade: false,
        }
    }

    /// Whether a whole header section has arrived.
    pub(crate) fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Takes note of the beginning of an answer: from a switch of protocols on
    /// (RFC 9110 §15.2.2) the bytes are no requests.
    pub(crate) fn answered(&mut self, answer: &[u8]) {
        if self.asks_upgrade && answer.starts_with(SWITCHING) {
            self.state = State::Unwatched;
        }
    }

    /// Follows `bytes`. Spoils the header section that ends in them if its length
    /// is ambiguous; nothing after it is watched, since the connection is done.
    pub(crate) fn follow(&mut self, bytes: &mut [u8]) {
        let mut at = 0;
        let mut head_began_at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let (used, next) = self.state.step(rest);
            at += used;
            match next {
                Step::Same => {}
                Step::To(state) => {
                    if let State::Head(head) = &self.state {
                        self.has_begun |= head.lines > 0;
                        self.asks_upgrade = head.is_upgrade;
                    }
                    self.state = state;
                    head_began_at = at;
                }
                Step::Ambiguous => {
                    if let Some(byte) = bytes.get_mut(head_began_at) {
                        // No part of a header section may hold NUL.
                        *byte = 0;
                    }
                    self.state = State::Unwatched;
                }
            }
        }
    }
}

enum Step {
    Same,
    To(State),
    Ambiguous,
}

impl State {
    /// Takes some of `bytes`, at least one, and says what comes next.
    fn step(&mut self, bytes: &[u8]) -> (usize, Step) {
        match self {
            Self::Head(head) => head.take_line(bytes),
            Self::Body { left } => skip(left, bytes, || Self::Head(Head::default())),
            Self::ChunkData { left } => skip(left, bytes, || Self::ChunkSize {
                size: 0,
                in_extension: false,
            }),
            Self::ChunkSize { size, in_extension } => {
                let Some(byte) = bytes.first() else {
                    return (0, Step::Same);
                };
                (1, chunk_size(size, in_extension, *byte))
            }
            Self::Trailers { line_is_empty } => {
                let Some(byte) = bytes.first() else {
                    return (0, Step::Same);
                };
                let ends = *byte == b'\n' && *line_is_empty;
                *line_is_empty = *byte == b'\n' || (*byte == b'\r' && *line_is_empty);
                (
                    1,
                    if ends {
                        Step::To(Self::Head(Head::default()))
                    } else {
                        Step::Same
                    },
                )
            }
            Self::Unwatched => (bytes.len(), Step::Same),
        }
    }
}

fn skip(left: &mut u64, bytes: &[u8], next: impl FnOnce() -> State) -> (usize, Step) {
    let used = usize::try_from(*left)
        .unwrap_or(usize::MAX)
        .min(bytes.len());
    *left -= used as u64;
    (
        used,
        if *left == 0 {
            Step::To(next())
        } else {
            Step::Same
        },
    )
}

fn chunk_size(size: &mut u64, in_extension: &mut bool, byte: u8) -> Step {
    match (byte, char::from(byte).to_digit(16)) {
        (b'\n', _) if *size == 0 => Step::To(State::Trailers {
            line_is_empty: true,
        }),
        (b'\n', _) => Step::To(State::ChunkData {
            left: size.saturating_add(LINE_END),
        }),
        (_, Some(digit)) if !*in_extension => {
            match size
                .checked_mul(16)
                .and_then(|size| size.checked_add(digit.into()))
            {
                Some(larger) => {
                    *size = larger;
                    Step::Same
                }
                None => Step::To(State::Unwatched),
            }
        }
        _ => {
            *in_extension = true;
            Step::Same
        }
    }
}

impl Head {
    fn take_line(&mut self, bytes: &[u8]) -> (usize, Step) {
        let Some(end) = memchr(b'\n', bytes) else {
            self.line.extend(bytes);
            return (bytes.len(), Step::Same);
        };
        let part = bytes.get(..end).unwrap_or_default();
        let step = if self.line.length == 0 {
            self.end_line(part.get(..LINE_KEPT).unwrap_or(part))
        } else {
            let mut line = std::mem::take(&mut self.line);
            line.extend(part);
            self.end_line(line.bytes.get(..line.length).unwrap_or_default())
        };
        (part.len() + 1, step)
    }

    fn end_line(&mut self, kept: &[u8]) -> Step {
        let line = kept.strip_suffix(b"\r").unwrap_or(kept);
        if line.is_empty() && self.lines == 0 {
            // Empty lines before a request are ignored (RFC 9112 §2.2).
            return Step::Same;
        }
        if line.is_empty() {
            return self.end();
        }
        self.lines += 1;
        if self.lines == 1 {
            if self.is_first && line.starts_with(HTTP_2) {
                return Step::To(State::Unwatched);
            }
            // A long request line was cut before its end, and is as new.
            self.is_http_1_1 = kept.len() == LINE_KEPT || line.ends_with(b"HTTP/1.1");
        } else if let Some((name, value)) = split_field(line) {
            self.note_field(name, value.trim_ascii(), kept.len() < LINE_KEPT);
        }
        Step::Same
    }

    fn note_field(&mut self, name: &[u8], value: &[u8], is_whole: bool) {
        let is = |wanted: &[u8]| name.eq_ignore_ascii_case(wanted);
        if is(b"host") {
            self.hosts += 1;
        } else if is(b"upgrade") {
            self.is_upgrade = true;
        } else if is(b"content-length") {
            self.note_length(sized(value, is_whole));
        } else if is(b"transfer-encoding") {
            let is_chunked = value.eq_ignore_ascii_case(b"chunked");
            self.note_length(if is_chunked {
                Length::Chunked
            } else {
                Length::Unclear
            });
        }
    }

    fn note_length(&mut self, length: Length) {
        self.length = match self.length {
            Length::None => length,
            _ => Length::Unclear,
        };
    }

    fn end(&self) -> Step {
        let has_one_host = self.hosts == 1 || (self.hosts == 0 && !self.is_http_1_1);
        match self.length {
            _ if !has_one_host => Step::Ambiguous,
            Length::Unclear => Step::Ambiguous,
            Length::None | Length::Sized(0) => Step::To(State::Head(Self::default())),
            Length::Sized(left) => Step::To(State::Body { left }),
            Length::Chunked => Step::To(State::ChunkSize {
                size: 0,
                in_extension: false,
            }),
        }
    }
}

fn sized(value: &[u8], is_whole: bool) -> Length {
    let digits = Some(value).filter(|value| value.iter().all(u8::is_ascii_digit));
    let length = digits.and_then(|digits| std::str::from_utf8(digits).ok());
    match length.and_then(|length| length.parse().ok()) {
        // The digits of a line that was cut may go on.
        Some(length) if is_whole => Length::Sized(length),
        _ => Length::Unclear,
    }
}

fn split_field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = line.split_at_checked(colon)?;
    Some((name, value.get(1..)?))
}

#[cfg(test)]
mod tests {
    use super::Framing;

    /// Whether a NUL was put in, for the bytes as a whole and byte by byte.
    fn is_spoiled(bytes: &str) -> bool {
        let mut whole = bytes.as_bytes().to_vec();
        Framing::new().follow(&mut whole);
        let mut single = bytes.as_bytes().to_vec();
        let mut framing = Framing::new();
        for byte in single.chunks_mut(1) {
            framing.follow(byte);
        }
        let spoiled = whole.contains(&0);
        assert_eq!(spoiled, single.contains(&0), "{bytes:?}");
        spoiled
    }

    const HOST: &str = "Host: a\r\n";

    fn post(fields: &str) -> String {
        format!("POST / HTTP/1.1\r\n{fields}\r\n")
    }

    #[test]
    fn requests_that_can_be_read_in_two_ways_are_spoiled() {
        let get = format!("GET / HTTP/1.1\r\n{HOST}\r\n");
        let chunked = post("Host: a\r\nTransfer-Encoding: chunked\r\n")
            + "5;x=1\r\nhello\r\n0\r\nTrailer: 1\r\n\r\n";
        let sized = post("Host: a\r\ncontent-length: 5\r\n") + "hello";
        let asking = format!("GET / HTTP/1.1\r\n{HOST}Upgrade: x\r\n\r\n");
        let padded = format!("Host: a\r\nContent-Length:{}17\r\n", " ".repeat(60));
        for fields in [
            "Host: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n",
            "Host: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            "Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n",
            "Host: a\r\nTRANSFER-ENCODING: chunked\r\nTransfer-Encoding: chunked\r\n",
            "Host: a\r\nTransfer-Encoding: gzip, chunked\r\n",
            "Host: a\r\nContent-Length: +5\r\n",
            "Host: a\ntransfer-encoding:chunked\ncontent-length:5\n",
            "Content-Length: 5\r\n",
            "Host: a\r\nHost: a\r\n",
            &padded,
        ] {
            let bad = post(fields);
            for before in ["", &get, &chunked, &sized, &asking, "\r\n"] {
                assert!(
                    is_spoiled(&format!("{before}{bad}")),
                    "{before:?} {fields:?}"
                );
            }
        }
        let late = format!(
            "{get}PRI * HTTP/2.0\r\n\r\n{}",
            post("Host: a\r\nHost: a\r\n")
        );
        assert!(is_spoiled(&late), "only a connection begins as HTTP/2");
    }

    #[test]
    fn clear_requests_pass_unchanged() {
        for bytes in [
            "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
            "GET / HTTP/1.0\r\n\r\n".to_owned(),
            post("Host: a\r\nContent-Length: 25\r\n")
                + "Host: a\r\nHost: a\r\n\r\n!!"
                + &post(HOST),
            post("Host: a\r\nTransfer-Encoding: Chunked\r\n")
                + "14\r\nHost: a\r\nHost: a\r\n\r\n\r\n0\r\n\r\n"
                + &post(HOST),
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nHost: a\r\nHost: a\r\n\r\n".to_owned(),
        ] {
            assert!(!is_spoiled(&bytes), "{bytes:?}");
        }
    }

    #[test]
    fn upgraded_connection_is_not_watched_and_a_refused_upgrade_is() {
        let bad = post("Host: a\r\nHost: a\r\n");
        for (answer, spoiled) in [("HTTP/1.1 101 Switching", false), ("HTTP/1.1 200 OK", true)] {
            let mut framing = Framing::new();
            let mut asking = b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n".to_vec();
            framing.follow(&mut asking);
            assert!(framing.has_begun());
            framing.answered(answer.as_bytes());
            let mut bytes = bad.clone().into_bytes();
            framing.follow(&mut bytes);
            assert_eq!(bytes.contains(&0), spoiled, "{answer}");
        }
    }
}
