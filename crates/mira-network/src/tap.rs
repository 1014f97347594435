//! A tap on an answer that is passed through: it reads along, changes nothing,
//! and knows at any time what the answer has used.

use mira_outbound::Usage;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::usage::Count;
use crate::whole_events::data;

/// What has been seen of a streamed answer.
#[derive(Debug, Default)]
pub(crate) struct Tap {
    usage: Option<Usage>,
    answer_bytes: usize,
    is_complete: bool,
}

/// What one event of a streamed answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// A part of the answer, or nothing.
    Part,
    /// The end of it.
    Done,
    /// A fault that the provider tells of, in words that are not for others.
    Fault,
    /// Nothing that belongs into an answer.
    Nonsense,
}

/// The part of an answer, or of a piece of one, that tells what it used.
#[derive(Deserialize)]
struct Answer<'a> {
    // Read apart: an odd count must not hide the rest.
    usage: Option<Value>,
    #[serde(borrow)]
    choices: Option<Vec<Choice<'a>>>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
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

/// What a whole JSON answer used; `None` if it is not an answer, or tells of a
/// fault. A provider that does not say leaves an estimate.
pub(crate) fn usage_of(answer: &[u8], prompt_bytes: usize) -> Option<Count> {
    let answer: Answer<'_> = serde_json::from_slice(answer).ok()?;
    answer.choices.as_ref()?;
    if answer.error.is_some() {
        return None;
    }
    let estimate = || Count::estimated(prompt_bytes, answer.bytes());
    Some(answer.reported().map_or_else(estimate, Count::Reported))
}

impl Tap {
    /// Reads one whole event of the stream.
    pub(crate) fn read(&mut self, event: &[u8]) -> Seen {
        // Server-sent events are UTF-8 always.
        let Ok(event) = std::str::from_utf8(event) else {
            return Seen::Nonsense;
        };
        let Some(data) = data(event) else {
            return Seen::Part;
        };
        match data.trim() {
            "" => Seen::Part,
            "[DONE]" => {
                self.is_complete = true;
                Seen::Done
            }
            json => self.read_json(json),
        }
    }

    /// What the answer has used so far. Before its end, a provider's count may be
    /// of a moment ago, and the estimate counts if it is higher.
    pub(crate) fn usage(&self, prompt_bytes: usize) -> Count {
        let estimate = Count::estimated(prompt_bytes, self.answer_bytes);
        let completion_tokens = estimate.usage().completion_tokens;
        match self.usage {
            Some(usage) if self.is_complete => Count::Reported(usage),
            Some(usage) if usage.completion_tokens < completion_tokens => Count::Estimated(Usage {
                prompt_tokens: usage.prompt_tokens,
                ..estimate.usage()
            }),
            Some(usage) => Count::Reported(usage),
            None => estimate,
        }
    }

    fn read_json(&mut self, json: &str) -> Seen {
        let Ok(answer) = serde_json::from_str::<Answer<'_>>(json) else {
            return Seen::Nonsense;
        };
        if answer.error.is_some() {
            return Seen::Fault;
        }
        self.answer_bytes += answer.bytes();
        if let Some(usage) = answer.reported() {
            self.usage = Some(usage);
            // The counts of the whole answer come in a chunk without choices.
            self.is_complete |= answer.choices.is_none_or(|choices| choices.is_empty());
        }
        Seen::Part
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

    const STREAM: [&str; 4] = [
        ": comment\r\n\r\n",
        "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}],\"usage\":null}\r\n\r\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"12345\"}}],\"error\":null}\n\n",
        "data:{\"choices\":[{\"delta\":{\"reasoning_content\":\"678\",\"content\":null}}]}\n\n",
    ];
    const USAGE: &str =
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":1}}\n\n";

    fn tapped(events: &[&str]) -> Tap {
        let mut tap = Tap::default();
        for event in events {
            assert_eq!(tap.read(event.as_bytes()), Seen::Part, "{event}");
        }
        tap
    }

    #[test]
    fn last_count_of_the_provider_is_what_an_answer_used() {
        let mut tap = tapped(&STREAM);
        tap.read(USAGE.as_bytes());
        assert_eq!(tap.read(b"data: [DONE]\n\n"), Seen::Done);
        let Count::Reported(usage) = tap.usage(100) else {
            panic!("an estimate");
        };
        assert_eq!((usage.prompt_tokens, usage.completion_tokens), (7, 1));
    }

    #[test]
    fn stream_without_usage_is_estimated_from_what_was_said() {
        assert_eq!(tapped(&STREAM).usage(9), Count::estimated(9, 8));
        assert_eq!(tapped(&[]).usage(9), Count::estimated(9, 0));
    }

    #[test]
    fn count_of_an_unfinished_answer_is_not_below_the_estimate() {
        let mut tap = tapped(&STREAM);
        tap.read(USAGE.replace("[]", "[{}]").as_bytes());
        let Count::Estimated(usage) = tap.usage(100) else {
            panic!("a count");
        };
        assert_eq!((usage.prompt_tokens, usage.completion_tokens), (7, 2));
    }

    #[test]
    fn faults_and_nonsense_are_told_from_parts() {
        let table: [(&[u8], Seen); 9] = [
            (b"data: {\"error\":{\"message\":\"sk\"}}\n\n", Seen::Fault),
            (
                b"event: error\ndata: {\"error\":\"sk\",\"choices\":[]}\n\n",
                Seen::Fault,
            ),
            (b"data: {\"er\ndata: ror\":\"sk\"}\n\n", Seen::Nonsense),
            (b"data: upstream said sk\n\n", Seen::Nonsense),
            (b"data: \xff\n\n", Seen::Nonsense),
            (b"data: []\n\n", Seen::Nonsense),
            (b"data: {}\n\n", Seen::Part),
            (b"data:\n\n", Seen::Part),
            (b"event: ping\n\n", Seen::Part),
        ];
        for (event, expected) in table {
            let seen = Tap::default().read(event);
            assert_eq!(seen, expected, "{}", String::from_utf8_lossy(event));
        }
    }

    #[test]
    fn whole_answer_says_what_it_used_or_is_estimated() {
        let said = r#"{"choices":[{"message":{"content":"12345"}}],"usage":{"prompt_tokens":3,"completion_tokens":4}}"#;
        let reported = usage_of(said.as_bytes(), 0).unwrap();
        assert!(matches!(reported, Count::Reported(usage) if usage.total_tokens == 7));
        let odd = said.replace(":3", ":\"3\"");
        assert_eq!(usage_of(odd.as_bytes(), 8), Some(Count::estimated(8, 5)));
        for nonsense in [
            "",
            "{}",
            "<html>",
            r#"{"choices":1}"#,
            r#"{"choices":[],"error":{"message":"sk"}}"#,
        ] {
            assert_eq!(usage_of(nonsense.as_bytes(), 8), None, "{nonsense}");
        }
    }
}
