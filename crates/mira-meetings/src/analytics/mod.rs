//! Conversation analytics: what can be counted in a transcript. The same transcript
//! always gives the same numbers, and no model is asked. `docs/analytics.md` defines
//! every metric and says where it comes from.

mod host;
mod language;
mod number;
mod observation;
mod tally;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub(crate) use self::host::find_host;
pub(crate) use self::number::{mean, per_minute, secs, share};
pub(crate) use self::observation::Observation;

use self::tally::Tally;
use crate::meeting::TranscriptLine;

/// What can be counted in one conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Analytics {
    /// The speaker who is the organization's own, if it is known who that is.
    pub(crate) host: Option<String>,
    /// How long people spoke, in seconds; two at once count twice.
    pub(crate) talk_secs: f64,
    /// Everybody who spoke, in the order of their first words.
    pub(crate) speakers: Vec<SpeakerAnalytics>,
    /// The longest time that one person held the floor.
    pub(crate) longest_monologue: Option<Monologue>,
    /// Words per minute of speaking.
    pub(crate) words_per_minute: Option<f64>,
    pub(crate) questions: u32,
    /// How often somebody took the floor.
    pub(crate) turns: u32,
    /// The mean time from the end of a turn to the beginning of the next, in
    /// seconds; below zero where people talk over each other.
    pub(crate) mean_turn_gap_secs: Option<f64>,
    pub(crate) interruptions: u32,
    pub(crate) filler_words: u32,
    /// What was promised or agreed on.
    pub(crate) next_steps: Vec<NextStep>,
    /// What stands out, by fixed rules.
    pub(crate) observations: Vec<Observation>,
}

/// One person's part in a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct SpeakerAnalytics {
    pub(crate) speaker: String,
    pub(crate) talk_secs: f64,
    /// Of everybody's talk time, 0 to 1.
    pub(crate) talk_share: Option<f64>,
    pub(crate) words: u32,
    pub(crate) words_per_minute: Option<f64>,
    pub(crate) questions: u32,
    pub(crate) turns: u32,
    pub(crate) longest_monologue_secs: f64,
    /// How often this person began while another was speaking.
    pub(crate) interruptions: u32,
    pub(crate) filler_words: u32,
}

/// One turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Monologue {
    pub(crate) speaker: String,
    /// When it begins, in seconds since the meeting began.
    pub(crate) start_secs: f64,
    /// How long the person spoke, pauses left out.
    pub(crate) secs: f64,
}

/// One thing that was promised or agreed on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct NextStep {
    pub(crate) speaker: String,
    /// When the line with it begins, in seconds since the meeting began.
    pub(crate) start_secs: f64,
    /// The sentence.
    pub(crate) text: String,
}

/// Counts a conversation. Lines that name nobody are left out.
pub(crate) fn analyze(transcript: &[TranscriptLine], host: Option<&str>) -> Analytics {
    let tally = Tally::of(transcript);
    let talk_ms = tally.speakers.iter().map(|speaker| speaker.talk_ms).sum();
    let words: u32 = tally.speakers.iter().map(|speaker| speaker.words).sum();
    let total = |count: fn(&tally::Speaker<'_>) -> u32| tally.speakers.iter().map(count).sum();
    let speakers: Vec<SpeakerAnalytics> = tally
        .speakers
        .iter()
        .map(|speaker| part(speaker, talk_ms))
        .collect();
    let longest = tally.longest_turn();
    let mut analytics = Analytics {
        host: host.map(str::to_owned),
        talk_secs: secs(talk_ms),
        longest_monologue: longest.map(|turn| Monologue {
            speaker: turn.speaker.to_owned(),
            start_secs: secs(turn.start_ms),
            secs: secs(turn.talk_ms),
        }),
        words_per_minute: per_minute(words.into(), talk_ms),
        questions: total(|speaker| speaker.questions),
        turns: total(|speaker| speaker.turns),
        mean_turn_gap_secs: tally.mean_gap_ms().map(secs),
        interruptions: total(|speaker| speaker.interruptions),
        filler_words: total(|speaker| speaker.filler_words),
        next_steps: language::next_steps(transcript),
        observations: Vec::new(),
        speakers,
    };
    analytics.observations = observation::observe(&analytics);
    analytics
}

impl Analytics {
    /// The host's own part.
    pub(crate) fn host_part(&self) -> Option<&SpeakerAnalytics> {
        let host = self.host.as_ref()?;
        self.speakers.iter().find(|part| part.speaker == *host)
    }
}

fn part(speaker: &tally::Speaker<'_>, all_ms: i64) -> SpeakerAnalytics {
    SpeakerAnalytics {
        speaker: speaker.name.to_owned(),
        talk_secs: secs(speaker.talk_ms),
        talk_share: share(speaker.talk_ms, all_ms),
        words: speaker.words,
        words_per_minute: per_minute(speaker.words.into(), speaker.talk_ms),
        questions: speaker.questions,
        turns: speaker.turns,
        longest_monologue_secs: secs(speaker.longest_turn_ms),
        interruptions: speaker.interruptions,
        filler_words: speaker.filler_words,
    }
}

#[cfg(test)]
mod tests;
