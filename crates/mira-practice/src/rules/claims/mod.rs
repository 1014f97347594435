//! Claims of a text: its sentences and clauses that state something. English
//! rules of thumb, written so that they rather keep a sentence whole.

mod sentences;
mod verbs;

use sentences::Sentence;
use verbs::is_clause;

/// Where a sentence is cut if what is on both sides could stand alone.
const JOINTS: [&str; 3] = ["; ", ", and ", ", but "];

/// First words that make a sentence a question whatever its mark.
const QUESTION_WORDS: [&str; 8] = [
    "what", "who", "whom", "whose", "where", "when", "why", "how",
];
const AUXILIARIES: [&str; 22] = [
    "is", "are", "am", "was", "were", "do", "does", "did", "has", "have", "had", "can", "could",
    "will", "would", "shall", "should", "may", "might", "must", "isn't", "aren't",
];
const REQUESTS: [&str; 17] = [
    "please",
    "tell",
    "give",
    "show",
    "explain",
    "write",
    "list",
    "describe",
    "let",
    "let's",
    "help",
    "check",
    "translate",
    "summarize",
    "say",
    "consider",
    "have",
];
const GREETINGS: [&str; 10] = [
    "hello",
    "hi",
    "hey",
    "dear",
    "greetings",
    "welcome",
    "thanks",
    "thank",
    "bye",
    "goodbye",
];
const TIMES_OF_DAY: [&str; 5] = ["morning", "afternoon", "evening", "day", "night"];
/// Fewer words state something only with a verb the rules know.
const MIN_WORDS: usize = 3;

/// A longer sentence, in bytes, is not cut: every joint costs a look at the rest.
const MAX_CUT_LEN: usize = 4_000;

/// The claims of a text, in its order.
pub(super) fn extract(text: &str) -> Vec<String> {
    let sentences = sentences::split(text);
    let statements = sentences.iter().filter_map(statement);
    statements.flat_map(clauses).map(str::to_owned).collect()
}

/// What a sentence states, without a greeting in front of it.
fn statement(sentence: &Sentence) -> Option<&str> {
    let mut text = sentence.text.as_str();
    if sentence.is_question {
        return None;
    }
    if is_greeting(text) {
        text = text
            .split_once(", ")
            .map(|(_, rest)| rest)
            .filter(|rest| is_clause(rest))?;
    }
    let words: Vec<String> = text.split_whitespace().map(plain).collect();
    let states = is_clause(text) || words.len() >= MIN_WORDS;
    (states && !asks(&words, sentence.is_marked)).then_some(text)
}

/// Whether words ask or request something. A final mark other than a question
/// mark counts against a question, but not in "What is …" or "Who was …".
fn asks(words: &[String], is_marked: bool) -> bool {
    let is_in = |at: usize, list: &[&str]| {
        words
            .get(at)
            .is_some_and(|word| list.contains(&word.as_str()))
    };
    let is_question = is_in(0, &QUESTION_WORDS) && (is_in(1, &AUXILIARIES) || !is_marked);
    is_question || is_in(0, &AUXILIARIES) && !is_marked || is_in(0, &REQUESTS)
}

fn is_greeting(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let Some(first) = words.next() else {
        return false;
    };
    let second = words.next().map(plain).unwrap_or_default();
    match plain(first).as_str() {
        // "No man is an island" greets nobody.
        "yes" | "no" | "okay" | "ok" => first.ends_with(',') || second.is_empty(),
        "good" => TIMES_OF_DAY.contains(&second.as_str()),
        "nice" => second == "to",
        "see" => second == "you",
        first => GREETINGS.contains(&first),
    }
}

fn clauses(sentence: &str) -> Vec<&str> {
    let mut clauses = Vec::new();
    let mut start = 0;
    let joints = if sentence.len() > MAX_CUT_LEN {
        Vec::new()
    } else {
        joints(sentence)
    };
    for (at, joint) in joints {
        let (Some(left), Some(right)) = (sentence.get(start..at), sentence.get(at + joint..))
        else {
            continue;
        };
        if is_clause(left) && is_clause(right) {
            clauses.push(left.trim());
            start = at + joint;
        }
    }
    clauses.extend(sentence.get(start..).map(str::trim));
    clauses
}

/// Position and length of every joint, in order.
fn joints(sentence: &str) -> Vec<(usize, usize)> {
    let found = |joint: &'static str| {
        sentence
            .match_indices(joint)
            .map(|(at, joint)| (at, joint.len()))
    };
    let mut joints: Vec<_> = JOINTS.into_iter().flat_map(found).collect();
    joints.sort_unstable();
    joints
}

/// A word in lower case without marks around it.
fn plain(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric())
        .to_lowercase()
}

#[cfg(test)]
mod tests;
