//! A claim as words, with its negations taken out and counted: "Paris is not
//! the capital of Spain" is the denial of "Paris is the capital of Spain".

/// A longer claim is not one of those the rules know.
const MAX_CHARS: usize = 400;

/// A positive statement and whether the claim denies it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Statement {
    /// The words as written, without the final mark and quotes around.
    pub(super) words: Vec<String>,
    pub(super) negated: bool,
}

impl Statement {
    /// `None` for a claim that is empty or too long.
    pub(super) fn parse(claim: &str) -> Option<Self> {
        let claim = claim.trim_matches(|c: char| c.is_whitespace() || "\"'“”‘’.!".contains(c));
        if claim.is_empty() || claim.chars().count() > MAX_CHARS {
            return None;
        }
        let mut statement = Self {
            words: Vec::new(),
            negated: false,
        };
        for word in claim.replace('’', "'").split_whitespace() {
            statement.push(word);
        }
        statement.unwrap_preamble();
        Some(statement)
    }

    fn push(&mut self, word: &str) {
        let lower = word.to_ascii_lowercase();
        if lower == "cannot" {
            self.push("can");
            self.push("not");
        } else if let Some(verb) = lower.strip_suffix("n't") {
            // "can't" has lost an n.
            self.push(if verb == "ca" { "can" } else { verb });
            self.push("not");
        } else if lower == "not" || lower == "never" {
            self.negated = !self.negated;
            let auxiliary =
                |last: &mut String| ["do", "does", "did"].contains(&&*last.to_lowercase());
            self.words.pop_if(auxiliary);
        } else {
            self.words.push(word.to_owned());
        }
    }

    /// Takes off "It is true that" and "It is false that".
    fn unwrap_preamble(&mut self) {
        let starts = |word: &str| {
            let preamble = ["it", "is", word, "that"];
            self.words.len() > 4
                && preamble
                    .iter()
                    .zip(&self.words)
                    .all(|(a, b)| a.eq_ignore_ascii_case(b))
        };
        let is_false = starts("false");
        if is_false || starts("true") {
            self.negated ^= is_false;
            self.words.drain(..4);
        }
    }
}
