//! SRT, as SubRip wrote it: a number, the times, what is said.

use super::cue::{blocks, named, times};
use super::{BadTranscript, Placed, at};

pub(super) fn read(text: &str) -> Result<Vec<Placed>, BadTranscript> {
    let mut said = Vec::new();
    for block in blocks(text) {
        let Some((first, rest)) = block.split_first() else {
            continue;
        };
        let is_number = first.1.trim().bytes().all(|byte| byte.is_ascii_digit());
        let Some((timing, payload)) = rest.split_first().filter(|_| is_number) else {
            return Err(at(
                "line",
                first.0,
                "a cue has a number, its times and text",
            ));
        };
        let times = times(*timing, ',')?;
        let lines: Vec<&str> = payload.iter().map(|(_, line)| *line).collect();
        let text = undressed(&lines.join("\n"));
        if let (Some((line, _)), false) = (payload.first(), text.trim().is_empty()) {
            said.push(named(*line, times, &text));
        }
    }
    Ok(said)
}

/// The text without `<i>` and the like, the only markup that players know.
fn undressed(text: &str) -> String {
    let mut plain = text.to_owned();
    for tag in ["<b>", "</b>", "<i>", "</i>", "<u>", "</u>", "</font>"] {
        plain = plain.replace(tag, "");
    }
    while let Some((before, rest)) = plain.split_once("<font") {
        let after = rest.split_once('>').map_or("", |(_, after)| after);
        plain = format!("{before}{after}");
    }
    plain
}
