//! Who spoke when: turns, talk time and interruptions, in whole milliseconds.

use super::language;
use crate::meeting::TranscriptLine;

/// What was counted of one conversation.
pub(super) struct Tally<'t> {
    /// In the order of their first words.
    pub(super) speakers: Vec<Speaker<'t>>,
    turns: Vec<Turn<'t>>,
}

/// What was counted of one person.
#[derive(Default)]
pub(super) struct Speaker<'t> {
    pub(super) name: &'t str,
    pub(super) talk_ms: i64,
    pub(super) words: u32,
    pub(super) questions: u32,
    pub(super) turns: u32,
    pub(super) longest_turn_ms: i64,
    pub(super) interruptions: u32,
    pub(super) filler_words: u32,
}

/// What one person said until another one spoke.
pub(super) struct Turn<'t> {
    pub(super) speaker: &'t str,
    pub(super) start_ms: i64,
    end_ms: i64,
    pub(super) talk_ms: i64,
    interrupts: bool,
}

impl<'t> Tally<'t> {
    pub(super) fn of(transcript: &'t [TranscriptLine]) -> Self {
        let turns = turns(transcript);
        let mut tally = Self {
            speakers: Vec::new(),
            turns: Vec::new(),
        };
        for line in transcript {
            if let Some(name) = line.speaker.as_deref() {
                tally.speaker(name).add(line);
            }
        }
        for turn in &turns {
            let speaker = tally.speaker(turn.speaker);
            speaker.turns += 1;
            speaker.interruptions += u32::from(turn.interrupts);
            speaker.longest_turn_ms = speaker.longest_turn_ms.max(turn.talk_ms);
        }
        Self { turns, ..tally }
    }

    /// The first of the longest turns.
    pub(super) fn longest_turn(&self) -> Option<&Turn<'t>> {
        let longest = self.turns.iter().map(|turn| turn.talk_ms).max()?;
        self.turns.iter().find(|turn| turn.talk_ms == longest)
    }

    /// The mean of the times between turns, rounded towards zero.
    pub(super) fn mean_gap_ms(&self) -> Option<i64> {
        let pairs = self.turns.iter().zip(self.turns.iter().skip(1));
        let gaps = pairs.map(|(before, after)| after.start_ms - before.end_ms);
        let count = i64::try_from(self.turns.len()).ok()? - 1;
        (count > 0).then(|| gaps.sum::<i64>() / count)
    }

    fn speaker(&mut self, name: &'t str) -> &mut Speaker<'t> {
        let known = self.speakers.iter().position(|known| known.name == name);
        let at = known.unwrap_or_else(|| {
            self.speakers.push(Speaker {
                name,
                ..Speaker::default()
            });
            self.speakers.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "it was found or pushed there")]
        &mut self.speakers[at]
    }
}

impl Speaker<'_> {
    fn add(&mut self, line: &TranscriptLine) {
        self.talk_ms += line.end_ms - line.start_ms;
        self.words += language::words(&line.text);
        self.questions += language::questions(&line.text);
        self.filler_words += language::filler_words(&line.text);
    }
}

/// Runs of one speaker's lines.
fn turns(transcript: &[TranscriptLine]) -> Vec<Turn<'_>> {
    let mut turns: Vec<Turn<'_>> = Vec::new();
    for (at, line) in transcript.iter().enumerate() {
        let Some(speaker) = line.speaker.as_deref() else {
            continue;
        };
        let talk_ms = line.end_ms - line.start_ms;
        match turns.last_mut() {
            Some(turn) if turn.speaker == speaker => {
                turn.end_ms = turn.end_ms.max(line.end_ms);
                turn.talk_ms += talk_ms;
            }
            _ => turns.push(Turn {
                speaker,
                start_ms: line.start_ms,
                end_ms: line.end_ms,
                talk_ms,
                interrupts: interrupts(transcript.get(..at).unwrap_or_default(), speaker, line),
            }),
        }
    }
    turns
}

/// Whether somebody else, who began earlier, would have gone on for a while. Lines
/// come in the order of their starts, and none reaches beyond the window.
fn interrupts(before: &[TranscriptLine], speaker: &str, line: &TranscriptLine) -> bool {
    before.iter().rev().take(LOOK_BACK).any(|earlier| {
        let is_other = earlier
            .speaker
            .as_deref()
            .is_some_and(|name| name != speaker);
        is_other && earlier.start_ms < line.start_ms && earlier.end_ms >= line.start_ms + OVERLAP_MS
    })
}

/// Shorter overlaps are how people take turns: Heldner and Edlund (2010).
const OVERLAP_MS: i64 = 500;
/// How many lines before may still be spoken: more than people in any meeting.
const LOOK_BACK: usize = 100;
