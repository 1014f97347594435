//! WebVTT, as the W3C has it: <https://www.w3.org/TR/webvtt1/>.

use super::cue::{Block, blocks, named, placed, times};
use super::{BadTranscript, Placed, at};

/// What the cues say; comments, styles and regions say nothing.
pub(super) fn read(text: &str) -> Result<Vec<Placed>, BadTranscript> {
    let mut blocks = blocks(text).into_iter();
    let is_header = |line: &str| {
        line.strip_prefix("WEBVTT")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
    };
    match blocks.next().as_deref() {
        Some([(1, line), ..]) if is_header(line) => {}
        _ => return Err(at("line", 1, "a WebVTT file begins with WEBVTT")),
    }
    let mut said = Vec::new();
    for block in blocks {
        read_block(&block, &mut said)?;
    }
    Ok(said)
}

fn read_block(block: &Block<'_>, said: &mut Vec<Placed>) -> Result<(), BadTranscript> {
    let Some((first, rest)) = block.split_first() else {
        return Ok(());
    };
    let word = first.1.split_whitespace().next().unwrap_or_default();
    if matches!(word, "NOTE" | "STYLE" | "REGION") && !first.1.contains("-->") {
        return Ok(());
    }
    // A cue may have a name in a line of its own.
    let (timing, payload) = match rest.split_first() {
        Some((timing, payload)) if !first.1.contains("-->") => (timing, payload),
        _ => (first, rest),
    };
    let times = times(*timing, '.')?;
    let lines: Vec<&str> = payload.iter().map(|(_, line)| *line).collect();
    let line = payload.first().map_or(timing.0, |(number, _)| *number);
    speak(line, times, &lines.join("\n"), said);
    Ok(())
}

/// What a cue says: each `<v Name>` is a voice, everything else in angle brackets
/// is dress. A cue without words is a pause.
fn speak(line: usize, times: (i64, i64), payload: &str, said: &mut Vec<Placed>) {
    let mut speaker: Option<String> = None;
    let mut text = String::new();
    let mut voices: Vec<(Option<String>, String)> = Vec::new();
    let mut rest = payload;
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        let (tag, after) = tag.split_once('>').unwrap_or((tag, ""));
        rest = after;
        if let Some(name) = voice(tag) {
            voices.push((speaker.take(), std::mem::take(&mut text)));
            speaker = Some(plain(name));
        }
    }
    text.push_str(rest);
    voices.push((speaker, text));
    for (speaker, text) in voices {
        let text = plain(&text);
        if text.trim().is_empty() {
            continue;
        }
        said.push(match speaker {
            Some(name) => placed(line, times, Some(name.trim()), &text),
            None => named(line, times, &text),
        });
    }
}

/// The name in `v Name` or `v.loud Name`.
fn voice(tag: &str) -> Option<&str> {
    let rest = tag.strip_prefix('v')?;
    let is_class = rest.starts_with('.');
    let (_, name) = rest.split_once([' ', '\t', '\n'])?;
    (is_class || rest.starts_with([' ', '\t', '\n'])).then_some(name.trim())
}

/// The text with its character references read.
fn plain(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&nbsp;", "\u{a0}")
        .replace("&lrm;", "\u{200e}")
        .replace("&rlm;", "\u{200f}")
        .replace("&amp;", "&")
}
