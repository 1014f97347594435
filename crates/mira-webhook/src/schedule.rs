//! When a delivery that was not taken is tried again.

use std::time::Duration;

/// How long to wait after each attempt that failed. The schedule that the Standard
/// Webhooks specification proposes: soon at first, for about three days in all.
const PAUSES: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(14),
    Duration::from_hours(20),
    Duration::from_hours(24),
];

/// The pause after `attempts` attempts, or none if they were the last.
pub(crate) fn pause_after(attempts: u32) -> Option<Duration> {
    let index = usize::try_from(attempts).ok()?.checked_sub(1)?;
    PAUSES.get(index).copied()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::pause_after;

    #[test]
    fn ten_attempts_are_made_over_about_three_days() {
        let pauses: Vec<_> = (1..).map_while(pause_after).collect();
        assert_eq!(pauses.len(), 9);
        assert!(pauses.is_sorted());
        let whole: Duration = pauses.iter().sum();
        assert!(Duration::from_hours(72) < whole && whole < Duration::from_hours(78));
        assert_eq!(pause_after(0), None);
        assert_eq!(pause_after(u32::MAX), None);
    }
}
