//! A tap on an answer that is passed through: it reads along, changes nothing,
//! and knows at any time what the answer has used.

use mira_outbound::Usage;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::usage::estimated;

/// A longer line of a stream is counted but not understood.
const MAX_LINE_BYTES: usize = 256 * 1024;

/// What has been seen of a streamed answer (server-sent events).
#[derive(Debug, Default)]
pub(crate) struct Tap {
    line: Vec<u8>,
    is_overlong: bool,
    usage: Option<Usage>,
    answer_bytes: usize,
    is_complete: bool,
}

/// The part of an answer, or of a piece of one, that tells what it used.
#[derive(Deserialize)]
struct Answer<'a> {
    // Read apart: an odd count must not hide the rest.
    usage: Option<Value>,
    #[serde(borrow)]
    choices: Option<Vec<Choice<'a>>>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow)]
    message: Option<Said<'a>>,
    #[serde(borrow)]
    delta: Option<Said<'a>>,
}

/// Everything a model is paid for to say; measured, not read.
#[derive(Deserialize)]
struct Said<'a> {
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    reasoning_content: Option<&'a RawValue>,
    #[serde(borrow)]
    refusal: Option<&'a RawValue>,
    #[serde(borrow)]
    tool_calls: Option<&'a RawValue>,
}

/// What a whole JSON answer used; `None` if it is not an answer. A provider that
/// does not say leaves an estimate.
pub(crate) fn usage_of(answer: &[u8], prompt_bytes: usize) -> Option<Usage> {
    let answer: Answer<'_> = serde_json::from_slice(answer).ok()?;
    answer.choices.as_ref()?;
    let estimate = || estimated(prompt_bytes, answer.bytes());
    Some(answer.reported().unwrap_or_else(estimate))
}

impl Tap {
    /// Reads the next bytes of the stream, wherever they were cut.
    pub(crate) fn read(&mut self, bytes: &[u8]) {
        let mut pieces = bytes.split(|byte| *byte == b'\n');
        if let Some(first) = pieces.next() {
            self.extend_line(first);
        }
        for piece in pieces {
            self.end_line();
            self.extend_line(piece);
        }
    }

    /// What the answer has used so far. Before its end, a provider's count may be
    /// of a moment ago, and the estimate counts if it is higher.
    pub(crate) fn usage(&self, prompt_bytes: usize) -> Usage {
        let estimate = estimated(prompt_bytes, self.answer_bytes);
        match self.usage {
            Some(usage) if self.is_complete => usage,
            Some(usage) if usage.completion_tokens < estimate.completion_tokens => Usage {
                prompt_tokens: usage.prompt_tokens,
                ..estimate
            },
            Some(usage) => usage,
            None => estimate,
        }
    }

    fn extend_line(&mut self, piece: &[u8]) {
        if self.is_overlong || self.line.len() + piece.len() > MAX_LINE_BYTES {
            self.answer_bytes += self.line.len() + piece.len();
            self.line.clear();
            self.is_overlong = true;
        } else {
            self.line.extend_from_slice(piece);
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        if !std::mem::take(&mut self.is_overlong)
            && let Some(data) = line.strip_prefix(b"data:")
        {
            self.read_data(data.trim_ascii());
        }
        self.line = line;
        self.line.clear();
    }

    fn read_data(&mut self, data: &[u8]) {
        if data == b"[DONE]" {
            self.is_complete = true;
            return;
        }
        let Ok(answer) = serde_json::from_slice::<Answer<'_>>(data) else {
            return;
        };
        self.answer_bytes += answer.bytes();
        if let Some(usage) = answer.reported() {
            self.usage = Some(usage);
            // The counts of the whole answer come in a chunk without choices.
            self.is_complete |= answer.choices.is_none_or(|choices| choices.is_empty());
        }
    }
}

impl Answer<'_> {
    fn reported(&self) -> Option<Usage> {
        serde_json::from_value(self.usage.clone()?).ok()
    }

    fn bytes(&self) -> usize {
        let choices = self.choices.iter().flatten();
        let said = choices.flat_map(|choice| [&choice.message, &choice.delta]);
        said.flatten().map(Said::bytes).sum()
    }
}

impl Said<'_> {
    fn bytes(&self) -> usize {
        [
            self.content,
            self.reasoning_content,
            self.refusal,
            self.tool_calls,
        ]
        .into_iter()
        .flatten()
        // Without the quotation marks.
        .map(|value| value.get().len().saturating_sub(2))
        .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = concat!(
        ": comment\r\n",
        "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}],\"usage\":null}\r\n\r\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"12345\"}}]}\n\n",
        "data:{\"choices\":[{\"delta\":{\"reasoning_content\":\"678\",\"content\":null}}]}\n\n",
    );
    const USAGE: &str =
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":1}}\n\n";

    fn tapped(stream: &str, step: usize) -> Tap {
        let mut tap = Tap::default();
        for piece in stream.as_bytes().chunks(step) {
            tap.read(piece);
        }
        tap
    }

    #[test]
    fn usage_is_found_wherever_the_bytes_are_cut() {
        let stream = format!("{STREAM}{USAGE}data: [DONE]\n\n");
        for step in 1..stream.len() {
            let usage = tapped(&stream, step).usage(100);
            assert_eq!(
                (usage.prompt_tokens, usage.completion_tokens),
                (7, 1),
                "{step}"
            );
        }
    }

    #[test]
    fn stream_without_usage_is_estimated_from_what_was_said() {
        assert_eq!(tapped(STREAM, 10).usage(9), estimated(9, 8));
        assert_eq!(tapped("data: nonsense\n\n", 10).usage(9), estimated(9, 0));
    }

    #[test]
    fn count_of_an_unfinished_answer_is_not_below_the_estimate() {
        let early = USAGE.replace("[]", "[{}]");
        let usage = tapped(&format!("{STREAM}{early}"), 64).usage(100);
        assert_eq!((usage.prompt_tokens, usage.completion_tokens), (7, 2));
    }

    #[test]
    fn endless_line_is_counted_and_forgotten() {
        let mut tap = Tap::default();
        tap.read(&vec![b'x'; MAX_LINE_BYTES]);
        tap.read(&vec![b'x'; MAX_LINE_BYTES]);
        assert!(tap.line.is_empty());
        tap.read(format!("\n{USAGE}").as_bytes());
        assert_eq!(tap.usage(0).prompt_tokens, 7);
        assert_eq!(tap.answer_bytes, 2 * MAX_LINE_BYTES);
    }

    #[test]
    fn whole_answer_says_what_it_used_or_is_estimated() {
        let said = r#"{"choices":[{"message":{"content":"12345"}}],"usage":{"prompt_tokens":3,"completion_tokens":4}}"#;
        assert_eq!(usage_of(said.as_bytes(), 0).unwrap().total_tokens, 7);
        let odd = said.replace(":3", ":\"3\"");
        assert_eq!(usage_of(odd.as_bytes(), 8), Some(estimated(8, 5)));
        for nonsense in ["", "{}", "<html>", r#"{"choices":1}"#] {
            assert_eq!(usage_of(nonsense.as_bytes(), 8), None, "{nonsense}");
        }
    }
}
