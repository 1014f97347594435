//! What WebVTT and SRT share: lines with their numbers, times, and who speaks.

use super::{BadTranscript, Placed, at};
use crate::meeting::TranscriptLine;

/// A paragraph of a file: lines that are not blank, with their numbers from 1.
pub(super) type Block<'t> = Vec<(usize, &'t str)>;

/// The paragraphs of `text`. Lines end in LF, CRLF or CR.
pub(super) fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut block = Block::new();
    let mut rest = text;
    let mut number = 0;
    while !rest.is_empty() {
        number += 1;
        let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let (line, after) = rest.split_at(end);
        rest = after
            .strip_prefix("\r\n")
            .or_else(|| after.strip_prefix(['\n', '\r']))
            .unwrap_or(after);
        if !line.trim().is_empty() {
            block.push((number, line));
        } else if !block.is_empty() {
            blocks.push(std::mem::take(&mut block));
        }
    }
    blocks.push(block);
    blocks.retain(|block| !block.is_empty());
    blocks
}

/// The times of `00:00:01.000 --> 00:00:02.500`, which may be followed by settings.
pub(super) fn times(
    (number, line): (usize, &str),
    fraction: char,
) -> Result<(i64, i64), BadTranscript> {
    let bad = |reason| at("line", number, reason);
    let (start, rest) = line
        .split_once("-->")
        .ok_or_else(|| bad("times are written start --> end"))?;
    let end = rest.split_whitespace().next().unwrap_or_default();
    let start = start.trim();
    if start.starts_with('-') || end.starts_with('-') {
        return Err(bad("a time is below zero"));
    }
    let read = |text| millis(text, fraction).ok_or_else(|| bad("a time cannot be read"));
    Ok((read(start)?, read(end)?))
}

/// `[hours:]minutes:seconds` and three digits after `fraction`, in milliseconds.
fn millis(text: &str, fraction: char) -> Option<i64> {
    let (clock, thousandths) = text.split_once(fraction)?;
    let digits = |text: &str, least: usize, most: usize| {
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        let fits = (least..=most).contains(&text.len());
        (is_number && fits)
            .then(|| text.parse::<i64>().ok())
            .flatten()
    };
    let mut parts = clock.rsplit(':');
    let secs = digits(parts.next()?, 2, 2).filter(|secs| *secs < 60)?;
    let minutes = digits(parts.next()?, 2, 2).filter(|minutes| *minutes < 60)?;
    let hours = parts.next().map_or(Some(0), |hours| digits(hours, 1, 4))?;
    if parts.next().is_some() {
        return None;
    }
    Some(((hours * 60 + minutes) * 60 + secs) * 1000 + digits(thousandths, 3, 3)?)
}

/// What is said in a cue, after its `Name: ` if it begins with one.
pub(super) fn named(line: usize, times: (i64, i64), text: &str) -> Placed {
    let (speaker, text) = match text.split_once(':') {
        Some((name, said)) if is_name(name) && said.starts_with(' ') => (Some(name.trim()), said),
        _ => (None, text),
    };
    placed(line, times, speaker, text)
}

/// What `speaker` says.
pub(super) fn placed(
    line: usize,
    (start_ms, end_ms): (i64, i64),
    speaker: Option<&str>,
    text: &str,
) -> Placed {
    Placed {
        line,
        said: TranscriptLine {
            speaker: speaker.map(str::to_owned),
            start_ms,
            end_ms,
            text: text.trim().to_owned(),
        },
    }
}

/// Whether the words before a colon are somebody's name: at most four of them,
/// beginning with a capital letter or a digit, without the marks of a sentence.
fn is_name(text: &str) -> bool {
    let begins_well = text.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit());
    let has_marks = text.contains(['.', ',', '?', '!', ';', '<', '>', '"']);
    let is_short = text.chars().count() <= 50 && text.split_whitespace().count() <= 4;
    begins_well && is_short && (!has_marks || is_title(text))
}

/// `Dr. Lee`: a full stop after a title is none that ends a sentence.
fn is_title(text: &str) -> bool {
    let mut words = text.split(' ');
    let first = words.next().unwrap_or_default();
    let is_short_form = first.len() <= 4 && first.ends_with('.') && first.len() > 2;
    is_short_form && !words.any(|word| word.contains(['.', ',', '?', '!', ';', '<', '>', '"']))
}
