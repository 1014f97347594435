//! What model calls use, in tokens, and what that costs, in micro-dollars.

use mira_core::MicroUsd;
use mira_outbound::Usage;

/// What a model costs. Negative prices count as zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Price {
    /// A million tokens of questions.
    pub prompt_per_million: MicroUsd,
    /// A million tokens of answers.
    pub completion_per_million: MicroUsd,
}

/// What one call used, and by whose count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Count {
    /// The provider's.
    Reported(Usage),
    /// Ours, from the bytes, because the provider does not say.
    Estimated(Usage),
}

/// What one request has used so far, by model.
#[derive(Debug, Clone)]
pub(crate) struct Tally {
    models: Vec<Usage>,
    cost: MicroUsd,
    is_estimated: bool,
}

/// No call uses more tokens than this; a provider that says so is not believed,
/// and sums stay far from overflow.
const MAX_TOKENS: u64 = 1_000_000_000;

/// English takes about this many bytes per token.
const BYTES_PER_TOKEN: u64 = 4;

const MILLION: u128 = 1_000_000;

impl Price {
    /// The cost of one call, rounded half up to a micro-dollar.
    pub fn cost(self, usage: Usage) -> MicroUsd {
        let part = |tokens: u64, price: MicroUsd| {
            u128::from(tokens) * u128::try_from(price.as_micros()).unwrap_or(0)
        };
        let millionths = part(usage.prompt_tokens, self.prompt_per_million)
            + part(usage.completion_tokens, self.completion_per_million);
        let micros = (millionths + MILLION / 2) / MILLION;
        MicroUsd::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
    }
}

impl Count {
    /// The tokens of a call whose provider does not say, from the bytes of its
    /// question and answer.
    pub(crate) fn estimated(prompt_bytes: usize, completion_bytes: usize) -> Self {
        let tokens = |bytes: usize| {
            u64::try_from(bytes)
                .unwrap_or(MAX_TOKENS)
                .div_ceil(BYTES_PER_TOKEN)
        };
        Self::Estimated(counted(Usage {
            prompt_tokens: tokens(prompt_bytes),
            completion_tokens: tokens(completion_bytes),
            total_tokens: 0,
        }))
    }

    /// The tokens, whoever counted them.
    pub(crate) fn usage(self) -> Usage {
        match self {
            Self::Reported(usage) | Self::Estimated(usage) => usage,
        }
    }
}

impl Tally {
    /// Nothing used yet of `models` models.
    pub(crate) fn new(models: usize) -> Self {
        Self {
            models: vec![Usage::default(); models],
            cost: MicroUsd::ZERO,
            is_estimated: false,
        }
    }

    /// Adds one call of the model at `index`.
    pub(crate) fn add(&mut self, index: usize, price: Price, count: Count) {
        let usage = counted(count.usage());
        self.is_estimated |= matches!(count, Count::Estimated(_));
        if let Some(model) = self.models.get_mut(index) {
            *model = sum(*model, usage);
            let cost = self.cost.checked_add(price.cost(usage));
            self.cost = cost.unwrap_or(MicroUsd::from_micros(i64::MAX));
        }
    }

    /// What each model used, in order.
    pub(crate) fn models(&self) -> &[Usage] {
        &self.models
    }

    /// What all of them used together.
    pub(crate) fn total(&self) -> Usage {
        self.models.iter().copied().fold(Usage::default(), sum)
    }

    /// What that costs.
    pub(crate) fn cost(&self) -> MicroUsd {
        self.cost
    }

    /// Whether any of it was counted by us, because a provider did not say.
    pub(crate) fn is_estimated(&self) -> bool {
        self.is_estimated
    }
}

/// The usage as it is counted: within reason, and with a total that is the sum.
/// Tokens that only the reported total knows, of hidden reasoning for example,
/// belong to the answer.
fn counted(reported: Usage) -> Usage {
    let prompt_tokens = reported.prompt_tokens.min(MAX_TOKENS);
    let unnamed = reported.total_tokens.saturating_sub(prompt_tokens);
    let completion_tokens = reported.completion_tokens.max(unnamed).min(MAX_TOKENS);
    Usage {
        prompt_tokens,
        completion_tokens,
        total_tokens: prompt_tokens + completion_tokens,
    }
}

fn sum(left: Usage, right: Usage) -> Usage {
    Usage {
        prompt_tokens: left.prompt_tokens.saturating_add(right.prompt_tokens),
        completion_tokens: left
            .completion_tokens
            .saturating_add(right.completion_tokens),
        total_tokens: left.total_tokens.saturating_add(right.total_tokens),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(prompt_tokens: u64, completion_tokens: u64, total_tokens: u64) -> Usage {
        Usage {
            prompt_tokens,
            completion_tokens,
            total_tokens,
        }
    }

    fn price(prompt: i64, completion: i64) -> Price {
        Price {
            prompt_per_million: MicroUsd::from_micros(prompt),
            completion_per_million: MicroUsd::from_micros(completion),
        }
    }

    #[test]
    fn cost_is_rounded_half_up_once_per_call() {
        let table = [
            (price(1_000_000, 2_000_000), usage(3, 4, 7), 11),
            (price(150_000, 600_000), usage(1, 0, 1), 0),
            (price(150_000, 600_000), usage(3, 0, 3), 0),
            (price(499_999, 0), usage(1, 0, 1), 0),
            (price(500_000, 0), usage(1, 0, 1), 1),
            // 0.45 + 0.6: the parts are summed before they are rounded.
            (price(150_000, 600_000), usage(3, 1, 4), 1),
            (price(1_500_000, 0), usage(1, 0, 1), 2),
            (
                price(2_500_000, 10_000_000),
                usage(1_000_000, 1_000_000, 2_000_000),
                12_500_000,
            ),
            (price(-5, -5), usage(1_000_000, 1_000_000, 2_000_000), 0),
            (
                price(i64::MAX, i64::MAX),
                usage(u64::MAX, u64::MAX, 0),
                i64::MAX,
            ),
        ];
        for (price, usage, micros) in table {
            assert_eq!(price.cost(usage).as_micros(), micros, "{price:?} {usage:?}");
        }
    }

    #[test]
    fn tally_rounds_each_call_and_not_their_sum() {
        let mut tally = Tally::new(2);
        for index in [0, 1, 0] {
            tally.add(index, price(500_000, 0), Count::Reported(usage(1, 0, 1)));
        }
        assert!(!tally.is_estimated());
        assert_eq!(tally.cost().as_micros(), 3);
        assert_eq!(tally.models(), [usage(2, 0, 2), usage(1, 0, 1)]);
        assert_eq!(tally.total(), usage(3, 0, 3));
        tally.add(0, price(500_000, 0), Count::estimated(4, 0));
        assert!(tally.is_estimated());
    }

    #[test]
    fn total_is_always_the_sum_of_its_parts() {
        let table = [
            (usage(10, 5, 15), usage(10, 5, 15)),
            (usage(10, 5, 45), usage(10, 35, 45)),
            (usage(10, 5, 3), usage(10, 5, 15)),
            (usage(u64::MAX, 0, 0), usage(MAX_TOKENS, 0, MAX_TOKENS)),
        ];
        for (reported, expected) in table {
            assert_eq!(counted(reported), expected, "{reported:?}");
        }
    }

    #[test]
    fn estimate_is_a_token_for_every_four_bytes_begun() {
        let estimated = |prompt, completion| Count::estimated(prompt, completion).usage();
        assert_eq!(estimated(0, 0), usage(0, 0, 0));
        assert_eq!(estimated(1, 4), usage(1, 1, 2));
        assert_eq!(estimated(9, 5), usage(3, 2, 5));
    }
}
