//! Periods cut into whole spans, whose sums are kept, and the edges that are left.

use mira_core::OrganizationId;

use crate::period::Period;
use crate::sql::Value;

/// Half-open ranges of a query, each with the number of the period that it is of.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Ranges(Vec<(u64, i64, i64)>);

/// What periods are made of.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Cut {
    /// Instants before the first whole span and after the last.
    pub(super) edges: Ranges,
    /// Numbers of whole spans since the epoch.
    pub(super) spans: Ranges,
}

impl Cut {
    /// Cuts `periods`, whose numbers count from 0, into spans of `span_ms`.
    pub(super) fn new(periods: impl IntoIterator<Item = Period>, span_ms: i64) -> Self {
        let mut cut = Self::default();
        for (number, period) in (0..).zip(periods) {
            let (from, to) = (period.from.as_millis(), period.to.as_millis());
            let first = -(-from).div_euclid(span_ms);
            let last = to.div_euclid(span_ms);
            if first < last {
                cut.edges.add(number, from, first * span_ms);
                cut.spans.add(number, first, last);
                cut.edges.add(number, last * span_ms, to);
            } else {
                cut.edges.add(number, from, to);
            }
        }
        cut
    }
}

impl Ranges {
    fn add(&mut self, number: u64, low: i64, high: i64) {
        if low < high {
            self.0.push((number, low, high));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The period that the range called `part` is of.
    pub(super) fn period(&self, part: usize) -> Option<u64> {
        self.0.get(part).map(|(number, ..)| *number)
    }

    /// `WITH part (n, low, high)` over the values that follow `$1`. There are few such
    /// texts, however many ranges there are, so each is prepared once.
    pub(super) fn with(&self) -> String {
        let row = |n: usize| {
            let (low, high) = (2 * n + 2, 2 * n + 3);
            format!("({n}, CAST(${low} AS BIGINT), CAST(${high} AS BIGINT))")
        };
        let rows: Vec<String> = (0..self.padded()).map(row).collect();
        format!("WITH part (n, low, high) AS (VALUES {})", rows.join(", "))
    }

    /// `organization` and the ranges, with empty ones at the end.
    pub(super) fn values(&self, organization: OrganizationId) -> Vec<Value<'static>> {
        let mut values = vec![Value::from(organization)];
        values.extend(
            self.0
                .iter()
                .flat_map(|(_, low, high)| [*low, *high].map(Value::from)),
        );
        values.resize(2 * self.padded() + 1, Value::from(0_i64));
        values
    }

    fn padded(&self) -> usize {
        self.0.len().next_power_of_two()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mira_core::Timestamp;

    fn cut(from: i64, to: i64) -> Cut {
        let (from, to) = (Timestamp::from_millis(from), Timestamp::from_millis(to));
        Cut::new([Period { from, to }], 10)
    }

    #[test]
    fn period_is_whole_spans_and_its_edges_and_nothing_twice() {
        type Pairs = &'static [(i64, i64)];
        let table: [(i64, i64, Pairs, Pairs); 8] = [
            (0, 10, &[(0, 1)], &[]),
            (0, 30, &[(0, 3)], &[]),
            (5, 38, &[(1, 3)], &[(5, 10), (30, 38)]),
            (1, 9, &[], &[(1, 9)]),
            (5, 15, &[], &[(5, 15)]),
            (5, 20, &[(1, 2)], &[(5, 10)]),
            (-15, 5, &[(-1, 0)], &[(-15, -10), (0, 5)]),
            (-20, -10, &[(-2, -1)], &[]),
        ];
        let numbered = |ranges: &[(i64, i64)]| {
            Ranges(ranges.iter().map(|(low, high)| (0, *low, *high)).collect())
        };
        for (from, to, spans, edges) in table {
            let cut = cut(from, to);
            assert_eq!(cut.spans, numbered(spans), "{from} to {to}");
            assert_eq!(cut.edges, numbered(edges), "{from} to {to}");
        }
    }

    #[test]
    fn text_of_a_query_depends_on_few_counts() {
        let mut ranges = Ranges::default();
        let mut texts = std::collections::BTreeSet::new();
        for number in 0..120 {
            ranges.add(number, 1, 2);
            texts.insert(ranges.with());
            assert_eq!(
                ranges.values(OrganizationId::from_bytes([0; 16])).len() % 2,
                1
            );
        }
        assert_eq!(texts.len(), 8);
    }
}
