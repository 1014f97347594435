//! What was said in the sample meetings, a line for each thing said.

use crate::meeting::TranscriptLine;

/// The lines of a conversation, each `Speaker: text`.
pub(super) type Conversation = &'static str;

pub(super) const NORDWIND: Conversation = include_str!("conversations/nordwind.txt");
pub(super) const HALDEN: Conversation = include_str!("conversations/halden.txt");
pub(super) const BRIGHTFIELD: Conversation = include_str!("conversations/brightfield.txt");
pub(super) const ORCHARD: Conversation = include_str!("conversations/orchard.txt");
pub(super) const MERIDIAN: Conversation = include_str!("conversations/meridian.txt");
pub(super) const CASTELLAN: Conversation = include_str!("conversations/castellan.txt");
pub(super) const FENWICK: Conversation = include_str!("conversations/fenwick.txt");
pub(super) const KESTREL: Conversation = include_str!("conversations/kestrel.txt");
pub(super) const LUMEN: Conversation = include_str!("conversations/lumen.txt");
pub(super) const ATLAS: Conversation = include_str!("conversations/atlas.txt");

/// A conversation with its times, and how many seconds it took: people say five
/// words in two seconds and then breathe.
pub(super) fn transcribe(conversation: Conversation) -> (Vec<TranscriptLine>, i64) {
    let mut at_ms = 4_000;
    let said = conversation
        .lines()
        .filter_map(|line| line.split_once(": "));
    let lines = said.map(|(speaker, text)| {
        let words = i64::try_from(text.split_whitespace().count()).unwrap_or(0);
        let start_ms = at_ms;
        let end_ms = start_ms + words * 400;
        at_ms = end_ms + 900;
        TranscriptLine {
            speaker: Some(speaker.to_owned()),
            start_ms,
            end_ms,
            text: text.to_owned(),
        }
    });
    let lines = lines.collect();
    (lines, at_ms / 1000 + 5)
}
