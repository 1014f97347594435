//! Numbers in words: "twenty one", "two hundred and five", "3 million".

const SMALL: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 8] = [
    "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];
const SCALES: [(&str, u64); 4] = [
    ("dozen", 12),
    ("thousand", 1_000),
    ("million", 1_000_000),
    ("billion", 1_000_000_000),
];

/// The number at the beginning of `words` and how many of them it takes.
pub(super) fn number(words: &[&str]) -> Option<(u64, usize)> {
    let mut total: u64 = 0;
    let mut group: u64 = 0;
    let mut taken = 0;
    while let Some(word) = words.get(taken) {
        if let Some(value) = below_hundred(word, group % 100) {
            group += value;
        } else if *word == "hundred" && group < 100 {
            group = group.max(1) * 100;
        } else if let Some(scale) = scale(word) {
            total = total.checked_add(group.max(1).checked_mul(scale)?)?;
            group = 0;
        } else if !joins(words, taken) {
            break;
        }
        taken += 1;
    }
    (taken > 0).then_some((total.checked_add(group)?, taken))
}

/// The value of a word that may follow `before`, what is there below a hundred.
fn below_hundred(word: &str, before: u64) -> Option<u64> {
    let position = |list: &[&str]| list.iter().position(|known| *known == word);
    let place = |at: usize| u64::try_from(at).ok();
    if let Some(unit) = position(&SMALL).and_then(place) {
        let follows_tens = before >= 20 && before.is_multiple_of(10) && (1..10).contains(&unit);
        return (before == 0 || follows_tens).then_some(unit);
    }
    let tens = position(&TENS).and_then(place)?;
    (before == 0).then_some((tens + 2) * 10)
}

/// The factor a word stands for.
pub(super) fn scale(word: &str) -> Option<u64> {
    SCALES
        .iter()
        .find(|(known, _)| *known == word)
        .map(|(_, scale)| *scale)
}

/// Whether the word at `at` is the "and" in "two hundred and five".
fn joins(words: &[&str], at: usize) -> bool {
    let before = at
        .checked_sub(1)
        .and_then(|before| words.get(before))
        .copied();
    let after = words
        .get(at + 1)
        .is_some_and(|word| below_hundred(word, 0).is_some());
    words.get(at) == Some(&"and") && before == Some("hundred") && after
}
