//! Instants as people read them: UTC, with the exact text in `datetime`.

use maud::{Markup, html};
use mira_core::Timestamp;
use mira_wire::format_instant;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// The day, such as `2026-01-15`.
pub(crate) fn day(at: Timestamp) -> Markup {
    let text = format_instant(at);
    html! { time datetime=(text) title=(to_the_minute(&text)) { (date_part(&text)) } }
}

/// The day and the minute, such as `2026-01-15 10:30 UTC`.
pub(crate) fn minute(at: Timestamp) -> Markup {
    let text = format_instant(at);
    html! { time datetime=(text) { (to_the_minute(&text)) } }
}

/// The day and the second, such as `2026-01-15 10:30:05`, where UTC is said
/// elsewhere.
pub(crate) fn second(at: Timestamp) -> Markup {
    let text = format_instant(at);
    let time = text.split('T').nth(1).and_then(|time| time.get(..8));
    html! { time datetime=(text) { (date_part(&text)) " " (time.unwrap_or_default()) } }
}

/// How long ago, such as `5 min ago`; days after a month.
pub(crate) fn ago(at: Timestamp, now: Timestamp) -> Markup {
    let secs = (now - at).as_secs();
    let words = match secs {
        ..MINUTE => "just now".to_owned(),
        MINUTE..HOUR => format!("{} min ago", secs / MINUTE),
        HOUR..DAY => format!("{} h ago", secs / HOUR),
        DAY.. if secs < 2 * DAY => "yesterday".to_owned(),
        DAY.. if secs < 30 * DAY => format!("{} days ago", secs / DAY),
        _ => return day(at),
    };
    let text = format_instant(at);
    html! { time datetime=(text) title=(to_the_minute(&text)) { (words) } }
}

/// As a `datetime-local` control holds it, in UTC: `2026-01-15T10:30`, with
/// seconds where there are any.
pub(crate) fn control_value(at: Timestamp) -> String {
    let text = format_instant(at);
    let text = text.trim_end_matches('Z').trim_end_matches(".000");
    let whole_minute = text.len() == 19 && text.ends_with(":00");
    let end = if whole_minute { 16 } else { text.len() };
    text.get(..end).unwrap_or(text).to_owned()
}

/// What [`control_value`] wrote, and any other value of such a control.
pub(crate) fn read_control(text: &str) -> Option<Timestamp> {
    let seconds = if text.len() == 16 { ":00" } else { "" };
    mira_wire::parse_instant(&format!("{text}{seconds}Z")).ok()
}

/// The day of an instant on the wire.
pub(crate) fn date_part(text: &str) -> &str {
    text.split('T').next().unwrap_or(text)
}

fn to_the_minute(text: &str) -> String {
    let time = text.split('T').nth(1).and_then(|time| time.get(..5));
    format!("{} {} UTC", date_part(text), time.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use mira_core::Timestamp;

    use super::{ago, control_value, read_control};

    #[test]
    fn controls_hold_the_whole_instant() {
        for millis in [1_768_473_000_000, 1_768_473_015_000, 1_768_473_015_123] {
            let at = Timestamp::from_millis(millis);
            assert_eq!(read_control(&control_value(at)), Some(at), "{millis}");
        }
        let at = Timestamp::from_millis(1_768_473_000_000);
        assert_eq!(control_value(at), "2026-01-15T10:30");
        assert_eq!(read_control("soon"), None);
    }

    #[test]
    fn the_past_is_told_in_the_largest_unit_that_fits() {
        let now = Timestamp::from_millis(1_768_473_000_000);
        for (secs, words) in [
            (59, "just now"),
            (60, "1 min ago"),
            (3_600, "1 h ago"),
            (86_400, "yesterday"),
            (172_800, "2 days ago"),
            (30 * 86_400, "2025-12-16"),
        ] {
            let html = ago(now.plus_secs(-secs), now).into_string();
            assert!(html.contains(&format!(">{words}<")), "{html}");
        }
    }
}
