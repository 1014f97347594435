//! What words say: questions, filler words and next steps. The lists are English.

use super::NextStep;
use super::number::secs;
use crate::meeting::TranscriptLine;

/// Runs of characters between white space that have a letter or a digit.
pub(super) fn words(text: &str) -> u32 {
    let words = text
        .split_whitespace()
        .filter(|word| word.contains(char::is_alphanumeric));
    u32::try_from(words.count()).unwrap_or(u32::MAX)
}

/// Sentences that end in a question mark: `??` and `?!` end one, and a mark without
/// words before it none.
pub(super) fn questions(text: &str) -> u32 {
    let mut questions = 0;
    let mut has_words = false;
    for c in text.chars() {
        if c.is_alphanumeric() {
            has_words = true;
        } else if matches!(c, '?' | '？' | '؟') && has_words {
            questions += 1;
            has_words = false;
        }
    }
    questions
}

/// Sounds and phrases that fill a pause.
pub(super) fn filler_words(text: &str) -> u32 {
    let words = plain_words(text);
    let mut count = 0;
    let mut rest = words.as_slice();
    while let Some((first, after)) = rest.split_first() {
        let pair = after
            .first()
            .map(|second| (first.as_str(), second.as_str()));
        if FILLERS.contains(&first.as_str()) {
            count += 1;
        } else if pair.is_some_and(|pair| FILLER_PAIRS.contains(&pair)) {
            count += 1;
            rest = after.get(1..).unwrap_or_default();
            continue;
        }
        rest = after;
    }
    count
}

/// Sentences in which somebody promises or fixes something.
pub(super) fn next_steps(transcript: &[TranscriptLine]) -> Vec<NextStep> {
    let mut found = Vec::new();
    for line in transcript {
        let Some(speaker) = &line.speaker else {
            continue;
        };
        for sentence in sentences(&line.text).filter(|sentence| is_next_step(sentence)) {
            found.push(NextStep {
                speaker: speaker.clone(),
                start_secs: secs(line.start_ms),
                text: sentence.to_owned(),
            });
        }
    }
    found
}

fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(['.', '!', '?', '\n'])
        .map(str::trim)
        .filter(|sentence| !sentence.is_empty())
}

fn is_next_step(sentence: &str) -> bool {
    let words = plain_words(sentence).join(" ");
    let words = format!(" {words} ");
    NEXT_STEPS
        .iter()
        .any(|phrase| words.contains(&format!(" {phrase} ")))
}

/// The words in lower case, without marks around them.
fn plain_words(text: &str) -> Vec<String> {
    text.split_whitespace()
        .map(|word| {
            let word = word.trim_matches(|c: char| !c.is_alphanumeric());
            word.to_lowercase().replace('\u{2019}', "'")
        })
        .filter(|word| !word.is_empty())
        .collect()
}

/// Clark and Fox Tree (2002) for the sounds; "like" and "so" mean too much else.
const FILLERS: [&str; 9] = [
    "um",
    "umm",
    "uh",
    "uhm",
    "er",
    "erm",
    "hmm",
    "basically",
    "literally",
];

const FILLER_PAIRS: [(&str, &str); 4] = [
    ("you", "know"),
    ("i", "mean"),
    ("kind", "of"),
    ("sort", "of"),
];

const NEXT_STEPS: [&str; 18] = [
    "i'll send",
    "i will send",
    "we'll send",
    "we will send",
    "i'll set up",
    "i'll follow up",
    "i will follow up",
    "i'll get back to you",
    "i'll book",
    "i'll invite",
    "let's schedule",
    "let's meet",
    "let's set up",
    "let's book",
    "let's talk again",
    "next step",
    "next steps",
    "follow up on",
];
