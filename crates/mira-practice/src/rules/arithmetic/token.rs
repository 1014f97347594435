//! The language of arithmetic claims: a text in lower case becomes numbers,
//! operators, relations and properties, or is not of this language.

use crate::rules::ratio::Ratio;
use crate::rules::spelled;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Number(Ratio),
    Plus,
    Minus,
    Times,
    Over,
    Power,
    Squared,
    Cubed,
    Root,
    Sum,
    Product,
    And,
    Open,
    Close,
    Is,
    Relation(Relation),
    Property(Property),
    DivisibleBy,
    Divides,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    Equal,
    Unequal,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Property {
    Even,
    Odd,
    Prime,
    Composite,
    Positive,
    Negative,
    Whole,
}

/// Words that change nothing.
const FILLERS: [&str; 6] = ["the", "a", "an", "number", "exactly", "result"];

/// The phrases of the language; the first that fits is taken, so a longer one
/// stands before its own beginning.
const PHRASES: &[(&str, Token)] = &[
    (
        "greater than or equal to",
        Token::Relation(Relation::AtLeast),
    ),
    ("less than or equal to", Token::Relation(Relation::AtMost)),
    ("greater than", Token::Relation(Relation::Greater)),
    ("larger than", Token::Relation(Relation::Greater)),
    ("bigger than", Token::Relation(Relation::Greater)),
    ("higher than", Token::Relation(Relation::Greater)),
    ("more than", Token::Relation(Relation::Greater)),
    ("exceeds", Token::Relation(Relation::Greater)),
    ("exceed", Token::Relation(Relation::Greater)),
    ("less than", Token::Relation(Relation::Less)),
    ("smaller than", Token::Relation(Relation::Less)),
    ("lower than", Token::Relation(Relation::Less)),
    ("fewer than", Token::Relation(Relation::Less)),
    ("at least", Token::Relation(Relation::AtLeast)),
    ("at most", Token::Relation(Relation::AtMost)),
    ("different from", Token::Relation(Relation::Unequal)),
    ("differs from", Token::Relation(Relation::Unequal)),
    ("same as", Token::Relation(Relation::Equal)),
    ("equal to", Token::Relation(Relation::Equal)),
    ("equals", Token::Relation(Relation::Equal)),
    ("equal", Token::Relation(Relation::Equal)),
    ("makes", Token::Relation(Relation::Equal)),
    ("make", Token::Relation(Relation::Equal)),
    ("gives", Token::Relation(Relation::Equal)),
    ("==", Token::Relation(Relation::Equal)),
    ("=", Token::Relation(Relation::Equal)),
    ("!=", Token::Relation(Relation::Unequal)),
    ("≠", Token::Relation(Relation::Unequal)),
    ("<=", Token::Relation(Relation::AtMost)),
    ("≤", Token::Relation(Relation::AtMost)),
    ("<", Token::Relation(Relation::Less)),
    (">=", Token::Relation(Relation::AtLeast)),
    ("≥", Token::Relation(Relation::AtLeast)),
    (">", Token::Relation(Relation::Greater)),
    ("is", Token::Is),
    ("are", Token::Is),
    ("even", Token::Property(Property::Even)),
    ("odd", Token::Property(Property::Odd)),
    ("prime", Token::Property(Property::Prime)),
    ("composite", Token::Property(Property::Composite)),
    ("positive", Token::Property(Property::Positive)),
    ("negative", Token::Property(Property::Negative)),
    ("integer", Token::Property(Property::Whole)),
    ("divisible by", Token::DivisibleBy),
    ("multiple of", Token::DivisibleBy),
    ("divisor of", Token::Divides),
    ("factor of", Token::Divides),
    ("square root of", Token::Root),
    ("sum of", Token::Sum),
    ("product of", Token::Product),
    ("and", Token::And),
    ("plus", Token::Plus),
    ("+", Token::Plus),
    ("minus", Token::Minus),
    ("-", Token::Minus),
    ("−", Token::Minus),
    ("–", Token::Minus),
    ("multiplied by", Token::Times),
    ("times", Token::Times),
    ("x", Token::Times),
    ("*", Token::Times),
    ("×", Token::Times),
    ("·", Token::Times),
    ("divided by", Token::Over),
    ("over", Token::Over),
    ("/", Token::Over),
    ("÷", Token::Over),
    ("to power of", Token::Power),
    ("^", Token::Power),
    ("squared", Token::Squared),
    ("cubed", Token::Cubed),
    ("(", Token::Open),
    (")", Token::Close),
];

/// The tokens of a text in lower case; `None` if any part of it is none.
pub(super) fn read(text: &str) -> Option<Vec<Token>> {
    let mut words = pieces(text);
    words.retain(|word| !FILLERS.contains(word));
    let mut tokens = Vec::new();
    let mut rest = words.as_slice();
    while !rest.is_empty() {
        let (token, count) = number(rest).or_else(|| phrase(rest))?;
        tokens.push(token);
        rest = rest.get(count..)?;
    }
    Some(tokens)
}

/// Cuts a text into numbers, words and symbols. A hyphen inside a word is a
/// space: "twenty-one".
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text.trim_start();
    let mut after_word = false;
    while let Some(first) = rest.chars().next() {
        let run = |of: fn(char) -> bool| rest.find(|c| !of(c)).unwrap_or(rest.len());
        let in_number = |c: char| c.is_ascii_digit() || c == '.' || c == ',';
        let is_hyphen =
            first == '-' && after_word && rest.chars().nth(1).is_some_and(char::is_alphabetic);
        let length = if first.is_ascii_digit() {
            run(in_number)
        } else if first.is_alphabetic() {
            run(char::is_alphabetic)
        } else if ["==", "!=", "<=", ">="]
            .iter()
            .any(|symbol| rest.starts_with(symbol))
        {
            2
        } else {
            first.len_utf8()
        };
        let (piece, after) = rest.split_at(length);
        if !is_hyphen {
            pieces.push(piece.trim_end_matches(['.', ',']));
        }
        after_word = first.is_alphabetic();
        rest = after.trim_start();
    }
    pieces
}

/// A number in words, in digits, or in digits before a word like "million".
fn number(words: &[&str]) -> Option<(Token, usize)> {
    if let Some((value, taken)) = spelled::number(words) {
        return Some((Token::Number(Ratio::integer(value)), taken));
    }
    let value = Ratio::parse(words.first()?)?;
    match words.get(1).and_then(|word| spelled::scale(word)) {
        Some(scale) => Some((Token::Number(value.times(Ratio::integer(scale))?), 2)),
        None => Some((Token::Number(value), 1)),
    }
}

fn phrase(words: &[&str]) -> Option<(Token, usize)> {
    let (phrase, token) = PHRASES.iter().find(|(phrase, _)| {
        let mut words = words.iter();
        phrase.split(' ').all(|word| words.next() == Some(&word))
    })?;
    Some((*token, phrase.split(' ').count()))
}
