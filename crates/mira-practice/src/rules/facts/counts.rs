//! Facts with a number: the words before it, the number, the words after it. The
//! same words with another number are false.

use super::Word;
use super::words::{after, same};
use crate::rules::ratio::Ratio;

struct Count {
    before: &'static [&'static str],
    value: u64,
    after: &'static [&'static str],
}

const CELSIUS: &[&str] = &[
    "degrees celsius",
    "degrees c",
    "celsius",
    "degrees celsius at sea level",
    "degrees c at sea level",
    "celsius at sea level",
    "degrees celsius at standard pressure",
    "degrees celsius at standard atmospheric pressure",
];
const FAHRENHEIT: &[&str] = &[
    "degrees fahrenheit",
    "degrees f",
    "fahrenheit",
    "degrees fahrenheit at sea level",
    "degrees f at sea level",
];
const BOILING: &[&str] = &[
    "water boils at",
    "at sea level water boils at",
    "boiling point of water is",
];
const FREEZING: &[&str] = &[
    "water freezes at",
    "ice melts at",
    "freezing point of water is",
    "melting point of ice is",
];

const COUNTS: &[Count] = &[
    Count {
        before: BOILING,
        value: 100,
        after: CELSIUS,
    },
    Count {
        before: BOILING,
        value: 212,
        after: FAHRENHEIT,
    },
    Count {
        before: FREEZING,
        value: 0,
        after: CELSIUS,
    },
    Count {
        before: FREEZING,
        value: 32,
        after: FAHRENHEIT,
    },
    Count {
        before: &["speed of light is", "speed of light in vacuum is"],
        value: 299_792_458,
        after: &["meters per second", "metres per second", "m/s"],
    },
    Count {
        before: &["week has"],
        value: 7,
        after: &["days"],
    },
    Count {
        before: &["there are"],
        value: 7,
        after: &["days in week"],
    },
    Count {
        before: &["year has"],
        value: 12,
        after: &["months"],
    },
    Count {
        before: &["there are"],
        value: 12,
        after: &["months in year"],
    },
    Count {
        before: &["day has"],
        value: 24,
        after: &["hours"],
    },
    Count {
        before: &["there are"],
        value: 24,
        after: &["hours in day"],
    },
    Count {
        before: &["hour has"],
        value: 60,
        after: &["minutes"],
    },
    Count {
        before: &["there are"],
        value: 60,
        after: &["minutes in hour"],
    },
    Count {
        before: &["minute has"],
        value: 60,
        after: &["seconds"],
    },
    Count {
        before: &["there are"],
        value: 60,
        after: &["seconds in minute"],
    },
    Count {
        before: &["triangle has"],
        value: 3,
        after: &["sides", "angles"],
    },
    Count {
        before: &["square has"],
        value: 4,
        after: &["sides", "corners"],
    },
    Count {
        before: &["pentagon has"],
        value: 5,
        after: &["sides"],
    },
    Count {
        before: &["hexagon has"],
        value: 6,
        after: &["sides"],
    },
    Count {
        before: &["spider has"],
        value: 8,
        after: &["legs"],
    },
    Count {
        before: &["insect has"],
        value: 6,
        after: &["legs"],
    },
    Count {
        before: &["octopus has"],
        value: 8,
        after: &["arms"],
    },
    Count {
        before: &["solar system has", "our solar system has"],
        value: 8,
        after: &["planets"],
    },
    Count {
        before: &["there are"],
        value: 8,
        after: &["planets in solar system", "planets in our solar system"],
    },
    Count {
        before: &["earth has"],
        value: 1,
        after: &["moon", "natural satellite"],
    },
    Count {
        before: &["adult human has", "human body has", "adult human body has"],
        value: 206,
        after: &["bones"],
    },
    Count {
        before: &[
            "world war ii ended in",
            "world war 2 ended in",
            "second world war ended in",
        ],
        value: 1945,
        after: &[],
    },
    Count {
        before: &["berlin wall fell in"],
        value: 1989,
        after: &[],
    },
    Count {
        before: &["first moon landing was in", "apollo 11 landed on moon in"],
        value: 1969,
        after: &[],
    },
];

pub(super) fn judge(words: &[Word]) -> Option<bool> {
    COUNTS.iter().find_map(|count| {
        let rest = count
            .before
            .iter()
            .find_map(|phrase| after(words, phrase))?;
        let (number, rest) = rest.split_first()?;
        let ends = if rest.is_empty() {
            count.after.is_empty()
        } else {
            count.after.iter().any(|phrase| same(rest, phrase))
        };
        let value = Ratio::parse(&number.stem)?;
        ends.then(|| value == Ratio::integer(count.value))
    })
}
