//! Requests whose length can be read in two ways are refused.
//!
//! The HTTP library takes a request with both `Content-Length` and
//! `Transfer-Encoding`, or with either one twice, and drops what it does not
//! use, so that nobody behind it can tell. Two servers that drop differently see
//! different requests in the same bytes (RFC 9112 §11.2). This watches the bytes
//! on their way in, and spoils such a header section, so that the library
//! answers 400 and closes.

/// Follows the requests of one HTTP/1 connection.
#[derive(Debug)]
pub(crate) struct Framing {
    state: State,
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
    /// The beginning of the current line, as much as it takes to know it.
    line: Vec<u8>,
    lines: u32,
    content_lengths: u32,
    length: u64,
    transfer_encodings: u32,
    is_upgrade: bool,
}

/// Long enough for the names that matter and any length's digits.
const LINE_KEPT: usize = 64;
const HTTP_2: &[u8] = b"PRI * HTTP/2.0";
/// A chunk's data is followed by a line end.
const LINE_END: u64 = 2;

impl Framing {
    pub(crate) fn new() -> Self {
        Self {
            state: State::Head(Head::default()),
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
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let part = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
        let room = LINE_KEPT.saturating_sub(self.line.len());
        self.line.extend(part.iter().take(room));
        if end.is_none() {
            return (part.len(), Step::Same);
        }
        (part.len() + 1, self.end_line())
    }

    fn end_line(&mut self) -> Step {
        let line = self.line.strip_suffix(b"\r").unwrap_or(&self.line);
        if self.lines == 0 && line.starts_with(HTTP_2) {
            return Step::To(State::Unwatched);
        }
        if line.is_empty() {
            // Empty lines before a request are ignored (RFC 9112 §2.2).
            return if self.lines == 0 {
                Step::To(State::Head(Self::default()))
            } else {
                self.end()
            };
        }
        if let Some((name, value)) = split_field(line).filter(|_| self.lines > 0) {
            if name.eq_ignore_ascii_case(b"content-length") {
                self.content_lengths += 1;
                self.length = std::str::from_utf8(value.trim_ascii())
                    .ok()
                    .and_then(|digits| digits.parse().ok())
                    .unwrap_or(0);
            } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
                self.transfer_encodings += 1;
            } else if name.eq_ignore_ascii_case(b"upgrade") {
                self.is_upgrade = true;
            }
        }
        self.lines += 1;
        self.line.clear();
        Step::Same
    }

    fn end(&self) -> Step {
        match (self.content_lengths, self.transfer_encodings) {
            (0 | 1, 0) | (0, 1) => {}
            _ => return Step::Ambiguous,
        }
        Step::To(match () {
            () if self.is_upgrade => State::Unwatched,
            () if self.transfer_encodings == 1 => State::ChunkSize {
                size: 0,
                in_extension: false,
            },
            () if self.length > 0 => State::Body { left: self.length },
            () => State::Head(Self::default()),
        })
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

    #[test]
    fn ambiguous_lengths_are_spoiled() {
        let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        let chunked = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;x=1\r\nhello\r\n0\r\nTrailer: 1\r\n\r\n";
        let sized = "POST / HTTP/1.1\r\ncontent-length: 5\r\n\r\nhello";
        for head in [
            "Content-Length: 5\r\nContent-Length: 5\r\n",
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
            "TRANSFER-ENCODING: chunked\r\nTransfer-Encoding: chunked\r\n",
            "transfer-encoding:chunked\ncontent-length:5\n",
        ] {
            let bad = format!("POST / HTTP/1.1\r\nHost: a\r\n{head}\r\n");
            for before in ["", get, chunked, sized, "\r\n"] {
                assert!(is_spoiled(&format!("{before}{bad}")), "{before:?} {head:?}");
            }
        }
    }

    #[test]
    fn clear_requests_pass_unchanged() {
        for bytes in [
            "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 44\r\n\r\nContent-Length: 5\r\nTransfer-Encoding: x\r\n\r\n!!GET / HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n14\r\nContent-Length: 5\r\n\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
            "GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        ] {
            assert!(!is_spoiled(bytes), "{bytes:?}");
        }
    }
}
