//! Sentences of a text. A period ends one only if what follows could begin
//! another: not inside "3.14", after "U.S." or "Dr.", or before a small letter.

/// Words whose period is their own; in lower case, inner periods kept.
const ABBREVIATIONS: [&str; 25] = [
    "mr", "mrs", "ms", "dr", "prof", "st", "vs", "etc", "inc", "ltd", "co", "corp", "jr", "sr",
    "approx", "ca", "cf", "fig", "gen", "sen", "rep", "gov", "mt", "ft", "al",
];
const ENDS: [char; 7] = ['.', '!', '?', '…', '。', '！', '？'];

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sentence {
    /// Without its final mark.
    pub(super) text: String,
    pub(super) is_question: bool,
    /// Whether it had a final mark.
    pub(super) is_marked: bool,
}

pub(super) fn split(text: &str) -> Vec<Sentence> {
    paragraphs(text)
        .iter()
        .flat_map(|paragraph| sentences(paragraph))
        .collect()
}

/// Lines joined where the text was merely wrapped: when the next one begins
/// with a small letter.
fn paragraphs(text: &str) -> Vec<String> {
    let mut paragraphs: Vec<String> = Vec::new();
    let mut is_open = false;
    for line in text.lines().map(str::trim) {
        let continues = is_open && line.starts_with(char::is_lowercase);
        match paragraphs.last_mut() {
            Some(last) if continues => {
                last.push(' ');
                last.push_str(line);
            }
            _ => paragraphs.push(without_marker(line).to_owned()),
        }
        is_open = !line.is_empty();
    }
    paragraphs
}

/// A line without the `-`, `*` or `1.` of a list.
fn without_marker(line: &str) -> &str {
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = (rest.len() < line.len())
        .then(|| rest.strip_prefix(['.', ')']))
        .flatten();
    let bullet = || line.strip_prefix(['-', '*', '•']);
    let item = numbered
        .or_else(bullet)
        .filter(|item| item.starts_with(' '));
    item.map_or(line, str::trim_start)
}

fn sentences(paragraph: &str) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    let mut rest = paragraph;
    while let Some((text, mark, after)) = first(rest) {
        sentences.push(Sentence {
            text: text.to_owned(),
            is_question: mark.contains(['?', '？']),
            is_marked: !mark.is_empty(),
        });
        rest = after;
    }
    sentences.retain(|sentence| sentence.text.contains(char::is_alphanumeric));
    sentences
}

/// The first sentence, its final mark, and what follows.
fn first(text: &str) -> Option<(&str, &str, &str)> {
    let text = text.trim_start();
    for (at, _) in text.match_indices(ENDS) {
        let (before, from_mark) = text.split_at(at);
        let is_mark = |c: char| ENDS.contains(&c) || "\"'”’)]".contains(c);
        let after = from_mark.trim_start_matches(is_mark);
        let mark = from_mark.strip_suffix(after).unwrap_or_default();
        if !ends_here(before, mark, after) {
            continue;
        }
        let keeps_period = mark == "." && is_abbreviation(before, after);
        let text = if keeps_period {
            text.get(..=at).unwrap_or(before)
        } else {
            before
        };
        return Some((text, mark, after));
    }
    (!text.is_empty()).then_some((text.trim_end(), "", ""))
}

fn ends_here(before: &str, mark: &str, after: &str) -> bool {
    if after.is_empty() {
        return true;
    }
    if mark.starts_with(['。', '！', '？']) {
        return true;
    }
    let next = after.trim_start();
    next.len() < after.len()
        && !(mark.starts_with('.')
            && (next.starts_with(char::is_lowercase) || is_abbreviation(before, next)))
}

/// Whether a period after `before` belongs to its last word.
fn is_abbreviation(before: &str, next: &str) -> bool {
    let word = before
        .rsplit(char::is_whitespace)
        .next()
        .unwrap_or_default();
    let word = word
        .trim_start_matches(|c: char| !c.is_alphanumeric())
        .to_lowercase();
    // "U.S", "e.g", and the initial in "J. Smith".
    let is_initials = word
        .split('.')
        .all(|part| part.chars().count() == 1 && part.chars().all(char::is_alphabetic));
    let is_number_sign = word == "no" && next.starts_with(|c: char| c.is_ascii_digit());
    is_initials || is_number_sign || ABBREVIATIONS.contains(&word.as_str())
}
