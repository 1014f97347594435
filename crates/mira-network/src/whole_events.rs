//! Server-sent events out of bytes: cut where events end and nowhere else, and not
//! changed.

use bytes::{Bytes, BytesMut};

/// A longer event is not waited for.
pub(crate) const MAX_EVENT_BYTES: usize = 1 << 20;

/// The bytes of a stream from the last complete event on.
#[derive(Debug, Default)]
pub(crate) struct WholeEvents {
    bytes: BytesMut,
    /// How far into the bytes no event ends.
    seen: usize,
    /// Where the line begins that is being read.
    line: usize,
}

/// The event under way is longer than [`MAX_EVENT_BYTES`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

impl WholeEvents {
    /// Takes the next bytes of the stream, wherever they were cut.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), TooLong> {
        if self.bytes.len() + bytes.len() > MAX_EVENT_BYTES + (64 << 10) {
            return Err(TooLong);
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// The next complete event, with the blank line that ends it. A carriage return
    /// at the end of what there is may be half of a line's end, so it waits.
    pub(crate) fn next(&mut self) -> Option<Bytes> {
        while let Some((end, length)) = self.line_end() {
            let is_blank = end == self.line;
            self.seen = end + length;
            self.line = self.seen;
            if is_blank {
                let event = self.bytes.split_to(self.seen).freeze();
                (self.seen, self.line) = (0, 0);
                if self.bytes.is_empty() {
                    // An idle stream holds no memory for bytes that went on.
                    self.bytes = BytesMut::new();
                }
                return Some(event);
            }
        }
        None
    }

    /// Where the line under way ends, and how many bytes its end has.
    fn line_end(&mut self) -> Option<(usize, usize)> {
        let rest = self.bytes.get(self.seen..)?;
        let Some(found) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
            self.seen = self.bytes.len();
            return None;
        };
        let end = self.seen + found;
        match (self.bytes.get(end)?, self.bytes.get(end + 1)) {
            (b'\n', _) => Some((end, 1)),
            (_, Some(b'\n')) => Some((end, 2)),
            (_, Some(_)) => Some((end, 1)),
            (_, None) => {
                self.seen = end;
                None
            }
        }
    }
}

/// The data of one event; `None` if it has none, as a comment has.
pub(crate) fn data(event: &str) -> Option<String> {
    let lines = event.split(['\n', '\r']).filter_map(|line| {
        let value = line.strip_prefix("data")?;
        if value.is_empty() {
            return Some("");
        }
        let value = value.strip_prefix(':')?;
        Some(value.strip_prefix(' ').unwrap_or(value))
    });
    lines
        .map(str::to_owned)
        .reduce(|all, line| all + "\n" + &line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(stream: &str, step: usize) -> Vec<String> {
        let mut events = WholeEvents::default();
        let mut found = Vec::new();
        for piece in stream.as_bytes().chunks(step) {
            events.push(piece).unwrap();
            while let Some(event) = events.next() {
                found.push(String::from_utf8(event.to_vec()).unwrap());
            }
        }
        found
    }

    #[test]
    fn events_are_cut_at_blank_lines_wherever_the_bytes_were() {
        let whole = [
            "data: a\n\n",
            ": b\r\n\r\n",
            "data: c\rid: 1\r\r",
            ": \n\n",
            "event: d\ndata\n\n",
        ];
        let stream = whole.concat() + "data: unfinished\n";
        for step in 1..=stream.len() {
            assert_eq!(events(&stream, step), whole, "{step}");
        }
    }

    #[test]
    fn endless_event_is_given_up() {
        let mut events = WholeEvents::default();
        let piece = vec![b'x'; 64 << 10];
        let taken = (0..100).take_while(|_| events.push(&piece).is_ok()).count();
        assert_eq!(taken, 17);
        assert_eq!(events.next(), None);
    }

    #[test]
    fn data_is_read_as_the_standard_says() {
        let table = [
            ("data: a\n\n", Some("a")),
            ("data:a\n\n", Some("a")),
            ("data:  a\r\n\r\n", Some(" a")),
            ("data: a\ndata: b\n\n", Some("a\nb")),
            ("event: x\ndata: {}\rdata: 1\n\n", Some("{}\n1")),
            ("data\n\n", Some("")),
            (": data: a\n\n", None),
            ("database: a\n\n", None),
            ("\n", None),
        ];
        for (event, expected) in table {
            assert_eq!(data(event).as_deref(), expected, "{event:?}");
        }
    }
}
