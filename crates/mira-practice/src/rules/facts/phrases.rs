//! Facts without a slot: statements in their common phrasings, and whether they
//! are true.

use super::Word;
use super::words::same;

const TRUE: &[&str] = &[
    "earth orbits sun",
    "earth revolves around sun",
    "earth goes around sun",
    "earth moves around sun",
    "earth circles sun",
    "moon orbits earth",
    "moon revolves around earth",
    "moon goes around earth",
    "earth is round",
    "earth is sphere",
    "earth is spherical",
    "earth is planet",
    "sun is star",
    "sun rises in east",
    "sun sets in west",
    "light is faster than sound",
    "light travels faster than sound",
    "jupiter is largest planet in solar system",
    "jupiter is largest planet in our solar system",
    "jupiter is largest planet of solar system",
    "mercury is closest planet to sun",
    "water is h2o",
    "water consists of hydrogen and oxygen",
    "water is made of hydrogen and oxygen",
    "chemical formula of water is h2o",
    "ice floats on water",
    "ice floats in water",
    "gold is metal",
    "diamonds are made of carbon",
    "humans need oxygen",
    "humans need oxygen to live",
    "humans need oxygen to survive",
    "humans are mammals",
    "whales are mammals",
    "dolphins are mammals",
    "bats are mammals",
    "mount everest is highest mountain",
    "mount everest is highest mountain in world",
    "mount everest is highest mountain on earth",
    "mount everest is tallest mountain in world",
    "mount everest is tallest mountain on earth",
    "pacific is largest ocean",
    "pacific ocean is largest ocean",
    "pacific ocean is largest ocean in world",
    "pacific ocean is largest ocean on earth",
    "great wall of china is in china",
    "shakespeare wrote hamlet",
    "william shakespeare wrote hamlet",
    "hamlet was written by shakespeare",
    "hamlet was written by william shakespeare",
    "leonardo da vinci painted mona lisa",
    "mona lisa was painted by leonardo da vinci",
];

const FALSE: &[&str] = &[
    "earth is flat",
    "earth is disc",
    "sun orbits earth",
    "sun revolves around earth",
    "sun goes around earth",
    "earth orbits moon",
    "sun is planet",
    "moon is star",
    "moon is planet",
    "moon is made of cheese",
    "moon is made of green cheese",
    "sun rises in west",
    "sun sets in east",
    "sound is faster than light",
    "sound travels faster than light",
    "pluto is largest planet in solar system",
    "whales are fish",
    "dolphins are fish",
    "bats are birds",
    "penguins can fly",
    "spiders are insects",
    "humans can breathe under water",
    "humans can breathe underwater",
    "atlantic ocean is largest ocean",
    "great wall of china is in japan",
];

pub(super) fn judge(words: &[Word]) -> Option<bool> {
    let is_in = |phrases: &[&str]| phrases.iter().any(|phrase| same(words, phrase));
    if is_in(TRUE) {
        return Some(true);
    }
    is_in(FALSE).then_some(false)
}
