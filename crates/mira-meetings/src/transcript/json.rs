//! JSON segments: `[{"speaker", "start_secs", "end_secs", "text"}]`, as a meeting's
//! transcript is shown.

use std::fmt;

use serde::Deserialize;
use serde::de::{SeqAccess, Visitor};
use utoipa::ToSchema;

use super::{BadTranscript, Placed, TranscriptContent};
use crate::meeting::TranscriptLine;

/// One thing that was said.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TranscriptSegment, example = json!(
    {"speaker": "Ann", "start_secs": 0.0, "end_secs": 2.5, "text": "How do you plan today?"}
))]
pub(crate) struct Segment {
    /// Who says it; at least one segment of a transcript names somebody.
    speaker: Option<String>,
    /// Seconds since the meeting began.
    #[schema(minimum = 0, maximum = 172_800)]
    start_secs: f64,
    /// Seconds since the meeting began, not before the start.
    #[schema(minimum = 0, maximum = 172_800)]
    end_secs: f64,
    /// What is said.
    #[schema(min_length = 1, max_length = 10_000)]
    text: String,
}

pub(super) fn read(text: &str) -> Result<Vec<Placed>, BadTranscript> {
    let segments: Vec<Segment> = serde_json::from_str(text).map_err(|error| BadTranscript {
        place: "line",
        line: error.line(),
        reason: "not a JSON array of {speaker, start_secs, end_secs, text}",
    })?;
    Ok(place(segments))
}

/// The segments with their numbers from 1.
pub(super) fn place(segments: Vec<Segment>) -> Vec<Placed> {
    let numbered = (1..).zip(segments);
    numbered
        .map(|(line, segment)| Placed {
            line,
            said: segment.said(),
        })
        .collect()
}

impl Segment {
    fn said(self) -> TranscriptLine {
        TranscriptLine {
            speaker: self.speaker.map(|name| name.trim().to_owned()),
            start_ms: millis(self.start_secs),
            end_ms: millis(self.end_secs),
            text: self.text.trim().replace("\r\n", "\n"),
        }
    }
}

/// Whole milliseconds; what is beyond every meeting stays so.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a float cast saturates, and both ends are refused"
)]
fn millis(secs: f64) -> i64 {
    (secs * 1000.0).round() as i64
}

/// Reads a text or a list, each as strictly as it would be alone.
pub(super) struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = TranscriptContent;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the text of a file or a list of segments")
    }

    fn visit_str<E>(self, text: &str) -> Result<TranscriptContent, E> {
        Ok(TranscriptContent::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<TranscriptContent, E> {
        Ok(TranscriptContent::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<TranscriptContent, A::Error> {
        let mut segments = Vec::new();
        while let Some(segment) = list.next_element()? {
            segments.push(segment);
        }
        Ok(TranscriptContent::Segments(segments))
    }
}
