//! From counts to the numbers that are shown, rounded so that they are the same on
//! every machine.

/// Seconds, to the millisecond.
#[expect(clippy::cast_precision_loss, reason = "a meeting is below 2^53 ms")]
pub(crate) fn secs(millis: i64) -> f64 {
    millis as f64 / 1000.0
}

/// `part` of `all`, 0 to 1 with four digits; nothing of nothing.
#[expect(clippy::cast_precision_loss, reason = "a meeting is below 2^53 ms")]
pub(crate) fn share(part: i64, all: i64) -> Option<f64> {
    (all > 0).then(|| rounded(part as f64 / all as f64, 10_000.0))
}

/// How many in a minute, with one digit; nothing in no time.
#[expect(clippy::cast_precision_loss, reason = "sums of counts stay below 2^53")]
pub(crate) fn per_minute(count: i64, millis: i64) -> Option<f64> {
    (millis > 0).then(|| rounded(count as f64 * 60_000.0 / millis as f64, 10.0))
}

/// The mean of `count` things that sum up to `sum`, with two digits.
#[expect(clippy::cast_precision_loss, reason = "sums of counts stay below 2^53")]
pub(crate) fn mean(sum: i64, count: i64) -> Option<f64> {
    (count > 0).then(|| rounded(sum as f64 / count as f64, 100.0))
}

fn rounded(value: f64, steps: f64) -> f64 {
    (value * steps).round() / steps
}
