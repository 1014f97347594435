//! The numbers of reports, as sums that can be added up, and what they say.

use serde::Serialize;
use utoipa::ToSchema;

use crate::analytics::{Analytics, Observation, mean, per_minute, secs, share};
use crate::report::Report;
use crate::word::Word as _;

/// How many kinds of observation there are.
pub(crate) const OBSERVATIONS: usize = Observation::WORDS.len();

/// Sums over reports; those of one report are its own numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) reports: i64,
    /// Reports that know their host.
    pub(crate) hosted: i64,
    pub(crate) scored: i64,
    pub(crate) talk_ms: i64,
    /// Everybody's talk time where the host is known.
    pub(crate) hosted_talk_ms: i64,
    pub(crate) host_talk_ms: i64,
    pub(crate) host_questions: i64,
    pub(crate) questions: i64,
    pub(crate) longest_ms: i64,
    pub(crate) words: i64,
    pub(crate) filler_words: i64,
    pub(crate) interruptions: i64,
    pub(crate) next_steps: i64,
    pub(crate) score: i64,
    /// In the order of the observations' words.
    pub(crate) observations: [i64; OBSERVATIONS],
}

/// What the reports of a period say. A metric without anything to measure is null.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Metrics {
    /// How many reports there are.
    pub(crate) reports: i64,
    /// How many of them a model has scored.
    pub(crate) scored: i64,
    pub(crate) talk_secs: f64,
    /// The hosts' share of the talk time where the host is known, 0 to 1.
    pub(crate) host_talk_share: Option<f64>,
    pub(crate) questions_per_meeting: Option<f64>,
    /// Questions of the hosts, per meeting whose host is known.
    pub(crate) host_questions_per_meeting: Option<f64>,
    pub(crate) mean_longest_monologue_secs: Option<f64>,
    pub(crate) words_per_minute: Option<f64>,
    pub(crate) filler_words_per_100_words: Option<f64>,
    pub(crate) interruptions_per_meeting: Option<f64>,
    pub(crate) next_steps_per_meeting: Option<f64>,
    /// Of the scored reports, 0 to 100.
    pub(crate) mean_score: Option<f64>,
}

impl Facts {
    /// Those of one report, if it has analytics.
    pub(crate) fn of(report: &Report) -> Option<Self> {
        let analytics = report.analytics.as_ref()?;
        let longest = analytics.longest_monologue.as_ref();
        let host = analytics.host_part();
        let talk_ms = millis(analytics.talk_secs);
        let words = analytics.speakers.iter().map(|part| i64::from(part.words));
        Some(Self {
            reports: 1,
            hosted: host.is_some().into(),
            scored: report.verdict.score.is_some().into(),
            talk_ms,
            hosted_talk_ms: host.map_or(0, |_| talk_ms),
            host_talk_ms: host.map_or(0, |part| millis(part.talk_secs)),
            host_questions: host.map_or(0, |part| part.questions.into()),
            questions: analytics.questions.into(),
            longest_ms: longest.map_or(0, |turn| millis(turn.secs)),
            words: words.sum(),
            filler_words: analytics.filler_words.into(),
            interruptions: analytics.interruptions.into(),
            next_steps: i64::try_from(analytics.next_steps.len()).unwrap_or(i64::MAX),
            score: report.verdict.score.unwrap_or(0).into(),
            observations: observed(analytics),
        })
    }

    /// These and `other` together.
    pub(crate) fn plus(mut self, other: &Self) -> Self {
        self.reports += other.reports;
        self.hosted += other.hosted;
        self.scored += other.scored;
        self.talk_ms += other.talk_ms;
        self.hosted_talk_ms += other.hosted_talk_ms;
        self.host_talk_ms += other.host_talk_ms;
        self.host_questions += other.host_questions;
        self.questions += other.questions;
        self.longest_ms += other.longest_ms;
        self.words += other.words;
        self.filler_words += other.filler_words;
        self.interruptions += other.interruptions;
        self.next_steps += other.next_steps;
        self.score += other.score;
        for (count, more) in self.observations.iter_mut().zip(other.observations) {
            *count += more;
        }
        self
    }

    /// What they say.
    pub(crate) fn metrics(&self) -> Metrics {
        Metrics {
            reports: self.reports,
            scored: self.scored,
            talk_secs: secs(self.talk_ms),
            host_talk_share: share(self.host_talk_ms, self.hosted_talk_ms),
            questions_per_meeting: mean(self.questions, self.reports),
            host_questions_per_meeting: mean(self.host_questions, self.hosted),
            mean_longest_monologue_secs: mean(self.longest_ms, self.reports * 1000),
            words_per_minute: per_minute(self.words, self.talk_ms),
            filler_words_per_100_words: mean(self.filler_words * 100, self.words),
            interruptions_per_meeting: mean(self.interruptions, self.reports),
            next_steps_per_meeting: mean(self.next_steps, self.reports),
            mean_score: mean(self.score, self.scored),
        }
    }
}

impl Metrics {
    /// Those that a change is told of, by their names.
    pub(crate) fn comparable(&self) -> [(&'static str, Option<f64>); 9] {
        [
            ("host_talk_share", self.host_talk_share),
            ("questions_per_meeting", self.questions_per_meeting),
            (
                "host_questions_per_meeting",
                self.host_questions_per_meeting,
            ),
            (
                "mean_longest_monologue_secs",
                self.mean_longest_monologue_secs,
            ),
            ("words_per_minute", self.words_per_minute),
            (
                "filler_words_per_100_words",
                self.filler_words_per_100_words,
            ),
            ("interruptions_per_meeting", self.interruptions_per_meeting),
            ("next_steps_per_meeting", self.next_steps_per_meeting),
            ("mean_score", self.mean_score),
        ]
    }
}

fn observed(analytics: &Analytics) -> [i64; OBSERVATIONS] {
    let mut observed = [0; OBSERVATIONS];
    for (count, (observation, _)) in observed.iter_mut().zip(Observation::WORDS) {
        *count = analytics.observations.contains(observation).into();
    }
    observed
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "seconds that were whole milliseconds below 2^53"
)]
fn millis(secs: f64) -> i64 {
    (secs * 1000.0).round() as i64
}
