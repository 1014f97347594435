//! Countries and their capitals. The capital of a country in the table is known,
//! so any other city is not it; a capital lies in its own country and no other.

use super::Word;
use super::words::{after, around, same};

/// The names of a country, the names of its capital or capitals.
type Row = (&'static [&'static str], &'static [&'static str]);

const CAPITALS: &[Row] = &[
    (&["argentina"], &["buenos aires"]),
    (&["australia"], &["canberra"]),
    (&["austria"], &["vienna"]),
    (&["belgium"], &["brussels"]),
    (&["brazil"], &["brasilia", "brasília"]),
    (&["canada"], &["ottawa"]),
    (&["chile"], &["santiago"]),
    (&["china"], &["beijing"]),
    (&["colombia"], &["bogota", "bogotá"]),
    (&["cuba"], &["havana"]),
    (&["czechia", "czech republic"], &["prague"]),
    (&["denmark"], &["copenhagen"]),
    (&["egypt"], &["cairo"]),
    (&["finland"], &["helsinki"]),
    (&["france"], &["paris"]),
    (&["germany"], &["berlin"]),
    (&["greece"], &["athens"]),
    (&["hungary"], &["budapest"]),
    (&["iceland"], &["reykjavik", "reykjavík"]),
    (&["india"], &["new delhi", "delhi"]),
    (&["ireland"], &["dublin"]),
    (&["italy"], &["rome"]),
    (&["japan"], &["tokyo"]),
    (&["kenya"], &["nairobi"]),
    (&["mexico"], &["mexico city"]),
    (&["netherlands", "holland"], &["amsterdam"]),
    (&["new zealand"], &["wellington"]),
    (&["norway"], &["oslo"]),
    (&["peru"], &["lima"]),
    (&["poland"], &["warsaw"]),
    (&["portugal"], &["lisbon"]),
    (&["russia", "russian federation"], &["moscow"]),
    (
        &["south africa"],
        &["pretoria", "cape town", "bloemfontein"],
    ),
    (&["south korea"], &["seoul"]),
    (&["spain"], &["madrid"]),
    (&["sweden"], &["stockholm"]),
    (&["switzerland"], &["bern", "berne"]),
    (&["thailand"], &["bangkok"]),
    (&["turkey", "türkiye"], &["ankara"]),
    (&["ukraine"], &["kyiv", "kiev"]),
    (
        &[
            "united kingdom",
            "uk",
            "england",
            "great britain",
            "britain",
        ],
        &["london"],
    ),
    (
        &["united states", "united states of america", "usa", "us"],
        &["washington", "washington dc"],
    ),
    (&["vietnam"], &["hanoi"]),
];

pub(super) fn judge(words: &[Word]) -> Option<bool> {
    if let Some((city, country)) = capital_claim(words) {
        return is_capital(city, country);
    }
    let (city, country) = [
        "is located in",
        "is situated in",
        "is city in",
        "lies in",
        "is in",
    ]
    .iter()
    .find_map(|phrase| around(words, phrase))?;
    let (home, _) = CAPITALS
        .iter()
        .find(|(_, capitals)| named(city, capitals))?;
    CAPITALS
        .iter()
        .find(|(countries, _)| named(country, countries))?;
    Some(named(country, home))
}

/// City and country of a claim that the one is the capital of the other.
fn capital_claim(words: &[Word]) -> Option<(&[Word], &[Word])> {
    for capital in ["capital", "capital city"] {
        if let Some(claim) = around(words, &format!("is {capital} of")) {
            return Some(claim);
        }
        if let Some(rest) = after(words, &format!("{capital} of")) {
            let (country, city) = around(rest, "is")?;
            return Some((city, country));
        }
        if let Some((country, city)) = around(words, &format!("'s {capital} is")) {
            return Some((city, country));
        }
        if let Some((before, [])) = around(words, &format!("'s {capital}")) {
            return around(before, "is");
        }
    }
    None
}

fn is_capital(city: &[Word], country: &[Word]) -> Option<bool> {
    let (_, capitals) = CAPITALS
        .iter()
        .find(|(countries, _)| named(country, countries))?;
    let is_right = named(city, capitals);
    // "The largest city" may well be the capital; only a name can be a wrong one.
    let is_city =
        is_right || CAPITALS.iter().any(|(_, capitals)| named(city, capitals)) || is_name(city);
    is_city.then_some(is_right)
}

/// Up to three capitalized words that do not just begin a sentence.
fn is_name(words: &[Word]) -> bool {
    let pronouns = ["it", "this", "that", "which", "there"];
    (1..=3).contains(&words.len())
        && words
            .iter()
            .all(|word| word.capitalized && !pronouns.contains(&word.stem.as_str()))
}

fn named(words: &[Word], names: &[&str]) -> bool {
    names.iter().any(|name| same(words, name))
}
