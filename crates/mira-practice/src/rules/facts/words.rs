//! Words of a statement made comparable: no articles, no punctuation, no plural
//! or third person ending, numbers in digits.

use crate::rules::spelled;

const ARTICLES: [&str; 4] = ["the", "a", "an", "exactly"];

/// A word in its compared form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) stem: String,
    /// Whether it was written like a name.
    pub(super) capitalized: bool,
}

pub(super) fn normalize(words: &[String]) -> Vec<Word> {
    let text = words.join(" ");
    let text = text
        .replace("°", " degrees ")
        .replace('℃', " degrees C")
        .replace("'s", " 's ");
    let plain: Vec<&str> = text
        .split_whitespace()
        .map(trim)
        .filter(|word| !word.is_empty())
        .collect();
    let lower: Vec<String> = plain.iter().map(|word| word.to_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    let mut normal = Vec::new();
    let mut at = 0;
    while let (Some(word), Some(written), Some(rest)) =
        (lower.get(at), plain.get(at), lower.get(at..))
    {
        if let Some((value, taken)) = spelled::number(rest) {
            normal.push(Word {
                stem: value.to_string(),
                capitalized: false,
            });
            at += taken;
            continue;
        }
        if !ARTICLES.contains(word) {
            let capitalized = written.starts_with(char::is_uppercase);
            normal.push(Word {
                stem: stem(word),
                capitalized,
            });
        }
        at += 1;
    }
    normal
}

/// Whether words are those of a phrase as the tables write it: lower case,
/// without articles.
pub(super) fn same(words: &[Word], phrase: &str) -> bool {
    words
        .iter()
        .map(|word| word.stem.as_str())
        .eq(phrase.split(' ').map(base))
}

/// What follows after a phrase at the beginning.
pub(super) fn after<'a>(words: &'a [Word], phrase: &str) -> Option<&'a [Word]> {
    let (start, rest) = words.split_at_checked(phrase.split(' ').count())?;
    same(start, phrase).then_some(rest)
}

/// What stands before and after the first occurrence of a phrase.
pub(super) fn around<'a>(words: &'a [Word], phrase: &str) -> Option<(&'a [Word], &'a [Word])> {
    (0..words.len()).find_map(|at| {
        let (before, rest) = words.split_at_checked(at)?;
        Some((before, after(rest, phrase)?))
    })
}

/// The word without marks around it; a sign stays with its number.
fn trim(word: &str) -> &str {
    let unmarked = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '-' && c != '\'');
    match unmarked.strip_prefix('-') {
        Some(rest) if !rest.starts_with(|c: char| c.is_ascii_digit()) => rest,
        _ => unmarked,
    }
}

fn stem(word: &str) -> String {
    if word.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
        return word.replace(',', "");
    }
    // "U.S." and "D.C." are written with and without periods.
    base(&word.replace('.', "")).to_owned()
}

/// One form for singular and plural, first and third person.
fn base(word: &str) -> &str {
    match word {
        "are" => "is",
        "has" => "have",
        "goes" => "go",
        _ => match word.strip_suffix('s') {
            Some(cut) if word.len() > 3 && !cut.ends_with('s') => cut,
            _ => word,
        },
    }
}
