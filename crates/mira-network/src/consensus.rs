//! Consensus: the letter that enough models answer, and what it says of a claim.

use serde::Serialize;

/// An option of the question that models are asked about a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum Letter {
    /// The claim is true. This is what the claim itself says.
    A,
    /// The claim is false.
    B,
    /// It cannot be determined.
    C,
}

/// What the models say of a claim together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum Assessment {
    #[serde(rename = "TRUE")]
    True,
    #[serde(rename = "FALSE")]
    False,
    #[serde(rename = "NO CONSENSUS")]
    NoConsensus,
}

/// The letter that at least `min_required` of `answers` are, and more than are any
/// other. Absent answers count for nothing; a tie is no consensus.
pub(crate) fn consensus(answers: &[Option<Letter>], min_required: usize) -> Option<Letter> {
    let votes = |letter| {
        answers
            .iter()
            .filter(|answer| **answer == Some(letter))
            .count()
    };
    let letters = [Letter::A, Letter::B, Letter::C];
    let most = letters.map(votes).into_iter().max()?;
    let mut leaders = letters.into_iter().filter(|letter| votes(*letter) == most);
    let leader = leaders.next()?;
    (most >= min_required && leaders.next().is_none()).then_some(leader)
}

impl Assessment {
    /// What a consensus says of the claim.
    pub(crate) fn of(consensus: Option<Letter>) -> Self {
        match consensus {
            Some(Letter::A) => Self::True,
            Some(Letter::B) => Self::False,
            Some(Letter::C) | None => Self::NoConsensus,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One character per model; `-` is no answer.
    fn of(answers: &str, min_required: usize) -> Option<Letter> {
        let answers: Vec<_> = answers
            .chars()
            .map(|c| match c {
                'A' => Some(Letter::A),
                'B' => Some(Letter::B),
                'C' => Some(Letter::C),
                _ => None,
            })
            .collect();
        consensus(&answers, min_required)
    }

    #[test]
    fn consensus_takes_enough_equal_letters_and_more_than_any_other() {
        use Letter::{A, B, C};
        let table = [
            ("AAA", 2, Some(A)),
            ("AAB", 2, Some(A)),
            ("AAB", 3, None),
            ("ABC", 2, None),
            ("BB-", 2, Some(B)),
            ("B--", 2, None),
            ("CCA", 2, Some(C)),
            ("---", 2, None),
            ("", 2, None),
            ("AABB", 2, None),
            ("AABBB", 2, Some(B)),
            ("AAABBBC", 3, None),
            ("AAABBCC", 3, Some(A)),
            ("AA-----", 2, Some(A)),
        ];
        for (answers, min_required, expected) in table {
            assert_eq!(
                of(answers, min_required),
                expected,
                "{answers} {min_required}"
            );
        }
    }

    #[test]
    fn only_a_and_b_decide() {
        let table = [
            (Some(Letter::A), r#""TRUE""#),
            (Some(Letter::B), r#""FALSE""#),
            (Some(Letter::C), r#""NO CONSENSUS""#),
            (None, r#""NO CONSENSUS""#),
        ];
        for (consensus, expected) in table {
            let written = serde_json::to_string(&Assessment::of(consensus)).unwrap();
            assert_eq!(written, expected);
        }
    }
}
