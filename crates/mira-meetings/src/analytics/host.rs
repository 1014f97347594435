//! Which speaker is the organization's own.

use crate::meeting::TranscriptLine;

/// The speaker whom the first attendee names: the same name, or its first word
/// alone where the transcript says just that.
pub(crate) fn find_host(attendees: &[String], transcript: &[TranscriptLine]) -> Option<String> {
    let attendee = attendees.first()?.trim();
    let first_word = attendee.split_whitespace().next()?;
    let named = |name: &str| {
        let mut speakers = transcript.iter().filter_map(|line| line.speaker.as_deref());
        speakers.find(|speaker| speaker.to_lowercase() == name.to_lowercase())
    };
    named(attendee)
        .or_else(|| named(first_word))
        .map(str::to_owned)
}
