//! What stands out in a conversation, by fixed rules.

use super::Analytics;
use crate::word::{Word, words};

words! {
    /// One thing that stands out.
    Observation {
        /// The host speaks more than 60 % of the time.
        TalksTooMuch => "talks_too_much",
        /// The host speaks for more than 150 seconds in one turn.
        LongMonologue => "long_monologue",
        /// In five minutes or more of talk, the host asks fewer than one question in
        /// five minutes.
        FewQuestions => "few_questions",
        /// The host speaks faster than 180 words a minute.
        FastPace => "fast_pace",
        /// The host interrupts more than once in five minutes of talk.
        Interrupts => "interrupts",
        /// More than three of a hundred words of the host fill a pause.
        ManyFillers => "many_fillers",
        /// In five minutes or more of talk, nothing is promised or fixed.
        NoNextStep => "no_next_step",
    }
}

impl Observation {
    /// What somebody could do about it.
    pub(crate) const fn advice(self) -> &'static str {
        match self {
            Self::TalksTooMuch => "Leave more of the conversation to the customer",
            Self::LongMonologue => "Break long explanations with a question",
            Self::FewQuestions => "Ask more questions",
            Self::FastPace => "Speak more slowly",
            Self::Interrupts => "Let people finish",
            Self::ManyFillers => "Pause instead of filling",
            Self::NoNextStep => "End with a next step and its day",
        }
    }
}

/// What stands out. All but the last rule need to know who the host is.
pub(super) fn observe(analytics: &Analytics) -> Vec<Observation> {
    let minutes = analytics.talk_secs / 60.0;
    let is_long = minutes >= 5.0;
    let is_much = |count: u32| f64::from(count) * 5.0 > minutes;
    let holds = |observation| match (observation, analytics.host_part()) {
        (Observation::NoNextStep, _) => is_long && analytics.next_steps.is_empty(),
        (_, None) => false,
        (Observation::TalksTooMuch, Some(host)) => host.talk_share.is_some_and(|it| it > 0.6),
        (Observation::LongMonologue, Some(host)) => host.longest_monologue_secs > 150.0,
        (Observation::FewQuestions, Some(host)) => {
            is_long && f64::from(host.questions) * 5.0 < minutes
        }
        (Observation::FastPace, Some(host)) => host.words_per_minute.is_some_and(|it| it > 180.0),
        (Observation::Interrupts, Some(host)) => {
            host.interruptions > 1 && is_much(host.interruptions)
        }
        (Observation::ManyFillers, Some(host)) => host.filler_words * 100 > host.words * 3,
    };
    Observation::WORDS
        .iter()
        .map(|(observation, _)| *observation)
        .filter(|observation| holds(*observation))
        .collect()
}
