//! Transcripts whose numbers were worked out by hand.

#![expect(
    clippy::float_cmp,
    reason = "the numbers are rounded, and the same everywhere"
)]

use super::{Analytics, Observation, analyze, find_host};
use crate::meeting::TranscriptLine;

/// Lines of `speaker start-end text`, in seconds; `?` is nobody.
fn lines(text: &str) -> Vec<TranscriptLine> {
    let line = |line: &str| {
        let (speaker, rest) = line.trim().split_once(' ').unwrap();
        let (times, text) = rest.split_once(' ').unwrap();
        let (start, end) = times.split_once('-').unwrap();
        let millis = |secs: &str| (secs.parse::<f64>().unwrap() * 1000.0).round();
        #[expect(clippy::cast_possible_truncation, reason = "seconds of a test")]
        TranscriptLine {
            speaker: (speaker != "?").then(|| speaker.to_owned()),
            start_ms: millis(start) as i64,
            end_ms: millis(end) as i64,
            text: text.to_owned(),
        }
    };
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(line)
        .collect()
}

fn analytics(text: &str) -> Analytics {
    analyze(&lines(text), Some("Ann"))
}

/// Ann speaks 10 + 10 + 20 = 40 s of 40 + 60 = 100 s; her turns are 20 s and 20 s,
/// Ben's one turn is 60 s. The gaps are 22 - 20 = 2 s and 80 - 82 = -2 s.
const TALK: &str = "
    Ann 0-10 Good morning Ben. How are you? And the vans??
    Ann 10-20 Um, I mean, tell me.
    ? 20-21 (a phone rings)
    Ben 22-82 We lose an hour a day.
    Ann 80-100 Right. I'll send the figures on Friday. Fine?!
";

#[test]
fn talk_time_is_shared_out() {
    let talk = analytics(TALK);
    let [ann, ben] = talk.speakers.as_slice() else {
        panic!("two people speak: {talk:?}");
    };
    assert_eq!((ann.speaker.as_str(), ben.speaker.as_str()), ("Ann", "Ben"));
    assert_eq!(
        (talk.talk_secs, ann.talk_secs, ben.talk_secs),
        (100.0, 40.0, 60.0)
    );
    assert_eq!((ann.talk_share, ben.talk_share), (Some(0.4), Some(0.6)));
}

#[test]
fn longest_monologue_is_a_turn_without_its_pauses() {
    let talk = analytics(TALK);
    let longest = talk.longest_monologue.unwrap();
    assert_eq!(
        (longest.speaker.as_str(), longest.start_secs, longest.secs),
        ("Ben", 22.0, 60.0)
    );
    assert_eq!(talk.speakers[0].longest_monologue_secs, 20.0);
    let paused = analytics("Ann 0-10 One.\nAnn 60-70 Two.\nBen 71-86 Three.");
    // Ann's turn is 70 s long, of which she speaks 20.
    assert_eq!(paused.longest_monologue.unwrap().secs, 20.0);
}

#[test]
fn questions_are_counted_by_who_asks() {
    let talk = analytics(TALK);
    // "How are you?", "And the vans??", "Fine?!" are Ann's.
    assert_eq!(talk.speakers[0].questions, 3);
    assert_eq!((talk.speakers[1].questions, talk.questions), (0, 3));
    assert_eq!(analytics("Ann 0-1 ? ?? Why？").questions, 1);
}

#[test]
fn pace_is_words_in_a_minute_of_speaking() {
    let talk = analytics(TALK);
    // Ann: 9 + 5 + 8 = 22 words in 40 s; Ben: 6 in 60 s; 28 in 100 s.
    assert_eq!(talk.speakers[0].words, 22);
    assert_eq!(talk.speakers[0].words_per_minute, Some(33.0));
    assert_eq!(talk.speakers[1].words_per_minute, Some(6.0));
    assert_eq!(talk.words_per_minute, Some(16.8));
}

#[test]
fn turns_and_their_gaps_leave_nameless_lines_out() {
    let talk = analytics(TALK);
    assert_eq!(talk.turns, 3);
    assert_eq!((talk.speakers[0].turns, talk.speakers[1].turns), (2, 1));
    assert_eq!(talk.mean_turn_gap_secs, Some(0.0));
    let overlapping = analytics("Ann 0-10 One.\nBen 9-20 Two.\nAnn 22-23 Three.\nBen 23-24 Four.");
    // -1 s, 2 s and 0 s: a third of a second.
    assert_eq!(overlapping.mean_turn_gap_secs, Some(0.333));
}

#[test]
fn interruption_begins_half_a_second_before_another_has_finished() {
    let talk = analytics(TALK);
    // Ben would have gone on for two seconds.
    assert_eq!((talk.speakers[0].interruptions, talk.interruptions), (1, 1));
    assert_eq!(analytics("Ann 0-10 One.\nBen 9.5-12 Two.").interruptions, 1);
    assert_eq!(
        analytics("Ann 0-10 One.\nBen 9.501-12 Two.").interruptions,
        0
    );
    // Two voices at the same moment interrupt nobody.
    assert_eq!(analytics("Ann 0-10 One.\nBen 0-10 Two.").interruptions, 0);
}

#[test]
fn filler_words_are_sounds_and_phrases() {
    let talk = analytics(TALK);
    assert_eq!((talk.speakers[0].filler_words, talk.filler_words), (2, 2));
    let text = "Ann 0-9 Uh, you know, it is kind of, er, basically done. You knowing umbrellas.";
    assert_eq!(analytics(text).filler_words, 5);
}

#[test]
fn next_steps_are_sentences_with_a_promise() {
    let talk = analytics(TALK);
    assert_eq!(talk.next_steps.len(), 1);
    assert_eq!(talk.next_steps[0].text, "I'll send the figures on Friday.");
    assert_eq!(
        (
            talk.next_steps[0].speaker.as_str(),
            talk.next_steps[0].start_secs
        ),
        ("Ann", 80.0)
    );
    let text = "Ann 0-9 Let\u{2019}s schedule Monday! What is the next step? We sent it.";
    assert_eq!(analytics(text).next_steps.len(), 2);
}

#[test]
fn observations_hold_just_beyond_their_bounds() {
    use Observation::*;
    let seen = |text: &str| analytics(text).observations;
    assert_eq!(seen("Ann 0-60 One?\nBen 60-100 Two."), []);
    assert_eq!(seen("Ann 0-60.1 One?\nBen 60.1-100.1 Two."), [TalksTooMuch]);
    assert_eq!(seen("Ann 0-150 One?\nBen 150-290 Two."), []);
    assert_eq!(seen("Ann 0-150.1 One?\nBen 151-289 Two."), [LongMonologue]);
    // Five minutes: one question is enough, and a next step is missed.
    assert_eq!(seen("Ann 0-140 One?\nBen 140-300 Two."), [NoNextStep]);
    assert_eq!(
        seen("Ann 0-140 One.\nBen 140-300 Next steps."),
        [FewQuestions]
    );
    assert_eq!(seen("Ann 0-1 a b c\nBen 1-9 Two."), []);
    assert_eq!(seen("Ann 0-1 a b c d\nBen 1-9 Two."), [FastPace]);
    let twice = "Ann 0-9 a\nBen 1-12 b\nAnn 10-20 c\nBen 12-40 d\nAnn 30-50 e\nBen 50-60 f";
    assert_eq!(seen(twice), [Interrupts]);
    assert_eq!(seen("Ann 0-9 Um, yes.\nBen 9-20 Two."), [ManyFillers]);
}

#[test]
fn without_a_host_only_what_needs_none_is_observed() {
    let lines = lines("Ann 0-290 One.\nBen 290-300 Two.");
    let talk = analyze(&lines, None);
    assert_eq!(
        (talk.host, talk.observations),
        (None, vec![Observation::NoNextStep])
    );
}

#[test]
fn silence_has_no_numbers() {
    let nothing = analyze(&[], None);
    assert_eq!((nothing.talk_secs, nothing.turns), (0.0, 0));
    assert_eq!(
        (nothing.words_per_minute, nothing.mean_turn_gap_secs),
        (None, None)
    );
    assert_eq!(nothing.longest_monologue, None);
    let instant = analytics("Ann 5-5 Hi.");
    assert_eq!(instant.speakers[0].talk_share, None);
    assert_eq!(instant.speakers[0].words_per_minute, None);
}

#[test]
fn host_is_the_speaker_whom_the_first_attendee_names() {
    let lines = lines("Ben 0-1 a\nAnn 1-2 b");
    let find = |name: &str| find_host(&[name.to_owned(), "Ben".to_owned()], &lines);
    assert_eq!(find("ann"), Some("Ann".to_owned()));
    assert_eq!(find("Ann Lee"), Some("Ann".to_owned()));
    assert_eq!(find("Anna"), None);
    assert_eq!(find_host(&[], &lines), None);
}
