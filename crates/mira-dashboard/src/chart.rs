//! Bars, drawn on the server.
//!
//! The picture is stretched to its place, so all text stands beside it in HTML,
//! where it keeps its size.

use maud::{Markup, html};
use mira_console::{Day, Tally};
use mira_wire::format_instant;

use crate::moment::date_part;

const HEIGHT: u64 = 160;
const STEP: usize = 10;
const WIDTH: usize = 7;

/// A bar for each day: what was denied stands on what was allowed.
pub(crate) fn bars(days: &[(Day, Tally)]) -> Markup {
    let highest = days.iter().map(|(_, day)| day.allowed + day.denied).max();
    let top = round_up(highest.unwrap_or(0));
    html! {
        figure.chart {
            figcaption {
                span.key-allowed { "Allowed" }
                span.key-denied { "Denied" }
                span.chart-top { "up to " (grouped(top)) " a day" }
            }
            svg viewBox={ "0 0 " (days.len() * STEP) " " (HEIGHT) } preserveAspectRatio="none"
                role="img" aria-label="Requests per day; the same numbers stand in the table below" {
                @for quarter in 1..4_u64 {
                    @let y = HEIGHT * quarter / 4;
                    line.grid x1="0" y1=(y) x2=(days.len() * STEP) y2=(y) {}
                }
                @for (at, (day, tally)) in days.iter().enumerate() { (bar(at, *day, *tally, top)) }
            }
            div.chart-days {
                @if let Some((first, _)) = days.first() { span { (day_text(*first)) } }
                @if let Some((last, _)) = days.last() { span { (day_text(*last)) } }
            }
        }
    }
}

/// A number with its thousands apart: `12,345`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn bar(at: usize, day: Day, tally: Tally, top: u64) -> Markup {
    let (allowed, denied) = (scaled(tally.allowed, top), scaled(tally.denied, top));
    let x = at * STEP + (STEP - WIDTH) / 2;
    html! {
        g.day {
            title {
                (day_text(day)) ": " (grouped(tally.allowed)) " allowed, "
                (grouped(tally.denied)) " denied"
            }
            rect.hit x=(at * STEP) y="0" width=(STEP) height=(HEIGHT) {}
            rect.allowed x=(x) y=(HEIGHT - allowed) width=(WIDTH) height=(allowed) {}
            rect.denied x=(x) y=(HEIGHT.saturating_sub(allowed + denied)) width=(WIDTH) height=(denied) {}
        }
    }
}

/// The height of a count; one that is not nothing can be seen.
fn scaled(count: u64, top: u64) -> u64 {
    let height = u128::from(count) * u128::from(HEIGHT) / u128::from(top.max(1));
    u64::try_from(height)
        .unwrap_or(HEIGHT)
        .max(u64::from(count > 0))
}

/// The next of 10, 20, 50, 100, 200, …
fn round_up(highest: u64) -> u64 {
    let mut unit: u64 = 10;
    loop {
        for step in [1, 2, 5] {
            let top = unit.saturating_mul(step);
            if top >= highest {
                return top;
            }
        }
        unit = unit.saturating_mul(10);
    }
}

fn day_text(day: Day) -> String {
    date_part(&format_instant(day.start())).to_owned()
}

#[cfg(test)]
mod tests {
    use super::{grouped, round_up, scaled};

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (12_345_678, "12,345,678"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn scale_ends_at_a_round_number_above_every_bar() {
        for (highest, top) in [(0, 10), (10, 10), (11, 20), (21, 50), (99, 100), (101, 200)] {
            assert_eq!(round_up(highest), top, "{highest}");
        }
        assert_eq!(round_up(u64::MAX), u64::MAX);
    }

    #[test]
    fn bars_fit_and_the_smallest_can_be_seen() {
        assert_eq!(scaled(u64::MAX, u64::MAX), super::HEIGHT);
        assert_eq!(scaled(1, 1_000_000), 1);
        assert_eq!(scaled(0, 10), 0);
    }
}
