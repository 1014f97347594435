//! A stretch of time that numbers are asked for: its first instant is inside, its
//! last outside.

use mira_core::Timestamp;

use crate::invalid::Invalid;
use crate::parameters::Parameters;

/// From an instant, up to another that is outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
}

impl Period {
    /// `from` and `to`; without them the 30 days before `to`, which is `now`.
    /// Callers in other time zones say so in the instants.
    pub(crate) fn read(parameters: &Parameters, now: Timestamp) -> Result<Self, Invalid> {
        let to = parameters.instant("to")?.unwrap_or(now);
        let from = parameters.instant("from")?;
        let from = from.unwrap_or_else(|| to.plus_secs(-30 * DAY_SECS));
        let from = from.max(EARLIEST);
        if from >= to {
            return Err(Invalid::NotBefore("from", "to"));
        }
        Ok(Self { from, to })
    }

    /// The same length of time just before, as far as years can be written.
    pub(crate) fn previous(self) -> Self {
        let from = Timestamp::from_millis(self.from.as_millis() - self.millis());
        Self {
            from: from.max(EARLIEST),
            to: self.from,
        }
    }

    /// How long each of its stretches is, in milliseconds: a day, a week, four weeks
    /// or more, so that there are at most sixty.
    pub(crate) fn stretch_ms(self) -> i64 {
        let most = |days: &i64| self.millis() <= days * DAY_MS * MOST_STRETCHES;
        let days = [1, 7, 28].into_iter().find(most);
        let needed = || self.millis().div_euclid(DAY_MS * MOST_STRETCHES) + 1;
        days.unwrap_or_else(needed) * DAY_MS
    }

    /// Its stretches from its beginning on; the last may be shorter.
    pub(crate) fn stretches(self) -> impl Iterator<Item = Self> {
        let stretch = self.stretch_ms();
        let starts = (0..).map(move |number| self.from.as_millis() + number * stretch);
        starts
            .take_while(move |start| *start < self.to.as_millis())
            .map(move |start| Self {
                from: Timestamp::from_millis(start),
                to: Timestamp::from_millis((start + stretch).min(self.to.as_millis())),
            })
    }

    fn millis(self) -> i64 {
        self.to.as_millis() - self.from.as_millis()
    }
}

const DAY_SECS: i64 = 86_400;
pub(crate) const DAY_MS: i64 = DAY_SECS * 1000;
/// The first instant that RFC 3339 can write: 0000-01-01T00:00:00Z.
const EARLIEST: Timestamp = Timestamp::from_millis(-62_167_219_200_000);
const MOST_STRETCHES: i64 = 60;

#[cfg(test)]
mod tests {
    use super::{DAY_MS, EARLIEST, Period};
    use mira_core::Timestamp;

    fn days(count: i64) -> Period {
        Period {
            from: Timestamp::from_millis(5),
            to: Timestamp::from_millis(5 + count * DAY_MS),
        }
    }

    #[test]
    fn stretches_cover_the_period_and_are_at_most_sixty() {
        for (period, stretch_days) in [
            (1, 1),
            (60, 1),
            (61, 7),
            (420, 7),
            (421, 28),
            (365_000, 6084),
        ] {
            let period = days(period);
            assert_eq!(period.stretch_ms(), stretch_days * DAY_MS);
            let stretches: Vec<Period> = period.stretches().collect();
            assert!((1..=60).contains(&stretches.len()), "{}", stretches.len());
            assert_eq!(stretches.first().map(|first| first.from), Some(period.from));
            assert_eq!(stretches.last().map(|last| last.to), Some(period.to));
            assert!(stretches.windows(2).all(|pair| pair[0].to == pair[1].from));
        }
    }

    #[test]
    fn previous_period_is_as_long_and_ends_where_this_begins() {
        let previous = days(7).previous();
        assert_eq!(previous.to, Timestamp::from_millis(5));
        assert_eq!(previous.from, Timestamp::from_millis(5 - 7 * DAY_MS));
    }

    #[test]
    fn previous_period_begins_no_earlier_than_years_are_written() {
        let to = Timestamp::from_millis(0);
        let long = Period { from: EARLIEST, to };
        assert_eq!(
            long.previous(),
            Period {
                from: EARLIEST,
                to: EARLIEST
            }
        );
    }
}
