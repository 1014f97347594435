//! Transcripts as callers send them: WebVTT (W3C), SRT, or JSON segments, read
//! strictly. What is wrong is told with its line, and nothing is guessed.

mod cue;
mod json;
mod srt;
mod vtt;

use mira_wire::Instant;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

pub(crate) use self::json::Segment;

use crate::meeting::TranscriptLine;
use crate::word::{Word, words};

words! {
    /// How a transcript is written.
    TranscriptFormat {
        /// WebVTT.
        Vtt => "vtt",
        /// SubRip.
        Srt => "srt",
        /// JSON segments.
        Json => "json",
    }
}

/// A transcript as it is sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Transcript, example = json!({
    "format": "vtt",
    "content": "WEBVTT\n\n00:00.000 --> 00:02.500\n<v Ann>How do you plan today?\n",
}))]
pub(crate) struct TranscriptBody {
    /// How it is written.
    pub(crate) format: TranscriptFormat,
    /// The file's text; with `json` the segments themselves are good too.
    #[schema(value_type = TranscriptContentSchema)]
    pub(crate) content: TranscriptContent,
}

/// The text of a file, or segments.
#[derive(Debug)]
pub(crate) enum TranscriptContent {
    Text(String),
    Segments(Vec<Segment>),
}

/// How [`TranscriptContent`] looks in the document.
#[derive(ToSchema)]
#[schema(as = TranscriptContent)]
#[expect(dead_code, reason = "only its schema is used")]
#[serde(untagged)]
pub(crate) enum TranscriptContentSchema {
    /// The text of a file.
    #[schema(title = "Text")]
    Text(String),
    /// Segments, with `json` alone.
    #[schema(title = "Segments")]
    Segments(Vec<Segment>),
}

/// Why a transcript is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place} {line}: {reason}")]
pub(crate) struct BadTranscript {
    /// What is counted: lines, or segments.
    pub(crate) place: &'static str,
    /// Which one, from 1.
    pub(crate) line: usize,
    pub(crate) reason: &'static str,
}

impl TranscriptBody {
    /// What was said, in order; nothing where the transcript is empty.
    pub(crate) fn read(self) -> Result<Vec<TranscriptLine>, BadTranscript> {
        match (self.format, self.content) {
            (format, TranscriptContent::Text(text)) => read(format, &text),
            (TranscriptFormat::Json, TranscriptContent::Segments(segments)) => {
                check(json::place(segments), "segment")
            }
            (_, TranscriptContent::Segments(_)) => {
                Err(at("line", 1, "content must be the text of the file"))
            }
        }
    }
}

/// What is said in the text of a file of this format.
pub(crate) fn read(
    format: TranscriptFormat,
    text: &str,
) -> Result<Vec<TranscriptLine>, BadTranscript> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match format {
        TranscriptFormat::Vtt => check(vtt::read(text)?, "line"),
        TranscriptFormat::Srt => check(srt::read(text)?, "line"),
        TranscriptFormat::Json => check(json::read(text)?, "segment"),
    }
}

/// One thing that was said, with the place where it stands.
pub(crate) struct Placed {
    pub(crate) line: usize,
    pub(crate) said: TranscriptLine,
}

/// What no format may break: time goes on, nobody says two things at once, and
/// somebody is named.
fn check(placed: Vec<Placed>, place: &'static str) -> Result<Vec<TranscriptLine>, BadTranscript> {
    if let Some(beyond) = placed.get(MAX_LINES) {
        return Err(at(place, beyond.line, "more than 20,000 things are said"));
    }
    let mut last_start = 0;
    let mut ends: Vec<(&str, i64)> = Vec::new();
    for Placed { line, said } in &placed {
        check_line(said).map_err(|reason| at(place, *line, reason))?;
        if said.start_ms < last_start {
            return Err(at(place, *line, "it starts before the one above it"));
        }
        last_start = said.start_ms;
        let Some(speaker) = &said.speaker else {
            continue;
        };
        if let Some((_, end)) = ends.iter_mut().find(|(name, _)| name == speaker) {
            if said.start_ms < *end {
                let reason = "its speaker is still saying something else";
                return Err(at(place, *line, reason));
            }
            *end = said.end_ms;
            continue;
        }
        if ends.len() == MAX_SPEAKERS {
            return Err(at(place, *line, "more than 100 people speak"));
        }
        ends.push((speaker, said.end_ms));
    }
    if let (Some(first), true) = (placed.first(), ends.is_empty()) {
        return Err(at(place, first.line, "nobody is named as a speaker"));
    }
    Ok(placed.into_iter().map(|placed| placed.said).collect())
}

fn check_line(said: &TranscriptLine) -> Result<(), &'static str> {
    let is_unfit = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if said.start_ms < 0 {
        return Err("it starts before the meeting");
    }
    if said.end_ms < said.start_ms {
        return Err("it ends before it starts");
    }
    if said.end_ms > MAX_MS {
        return Err("it ends after more than 48 hours");
    }
    if said.text.trim().is_empty() || said.text.chars().count() > MAX_TEXT {
        return Err("what is said must be 1 to 10,000 characters");
    }
    if said.text.contains(is_unfit) {
        return Err("it has a control character");
    }
    if said.text.contains('\u{fffd}') {
        return Err("it has U+FFFD, which stands for bytes in another encoding");
    }
    let is_bad_name = |name: &String| {
        name.trim().is_empty() || name.chars().count() > MAX_NAME || name.contains(char::is_control)
    };
    if said.speaker.as_ref().is_some_and(is_bad_name) {
        return Err("a speaker must be 1 to 200 characters without control characters");
    }
    Ok(())
}

fn at(place: &'static str, line: usize, reason: &'static str) -> BadTranscript {
    BadTranscript {
        place,
        line,
        reason,
    }
}

/// When a meeting that started at `started_at` ended: with its last words.
pub(crate) fn ended_at(started_at: Instant, transcript: &[TranscriptLine]) -> Option<Instant> {
    let last = transcript.iter().map(|line| line.end_ms).max()?;
    let millis = started_at.0.as_millis().saturating_add(last);
    Some(Instant(mira_core::Timestamp::from_millis(millis)))
}

impl<'de> Deserialize<'de> for TranscriptContent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(json::ContentVisitor)
    }
}

const MAX_LINES: usize = 20_000;
const MAX_SPEAKERS: usize = 100;
const MAX_MS: i64 = 48 * 3_600_000;
const MAX_TEXT: usize = 10_000;
const MAX_NAME: usize = 200;

#[cfg(test)]
mod tests;
