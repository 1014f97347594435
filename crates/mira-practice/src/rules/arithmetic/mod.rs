//! Claims about numbers: equalities, comparisons and properties, in digits or
//! in words, calculated exactly. A claim with any word outside this small
//! language is not a claim about numbers.

mod token;

use std::cmp::Ordering;

use super::ratio::Ratio;
use super::statement::Statement;
use token::{Property, Relation, Token};

/// Deeper nesting is refused, so that the parser's recursion is bounded.
const MAX_DEPTH: usize = 32;
/// Larger numbers are not tested for being prime.
const MAX_PRIME: i128 = 10_000_000_000;

/// Whether the positive statement is true, if it is one about numbers.
pub(super) fn judge(statement: &Statement) -> Option<bool> {
    let text = statement.words.join(" ").to_lowercase();
    let tokens = token::read(&text)?;
    let mut parser = Parser {
        tokens: &tokens,
        depth: 0,
    };
    let verdict = parser.claim()?;
    parser.tokens.is_empty().then_some(verdict)
}

/// Recursive descent over what is left of the tokens.
struct Parser<'a> {
    tokens: &'a [Token],
    depth: usize,
}

impl Parser<'_> {
    fn next(&mut self) -> Option<Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(*first)
    }

    fn take(&mut self, token: Token) -> bool {
        let found = self.tokens.first() == Some(&token);
        if found {
            self.next();
        }
        found
    }

    fn claim(&mut self) -> Option<bool> {
        let left = self.expression()?;
        let is = self.take(Token::Is);
        match self.tokens.first()? {
            Token::Property(property) if is => {
                self.next();
                holds(*property, left)
            }
            Token::DivisibleBy if is => {
                self.next();
                divides(self.expression()?, left)
            }
            Token::Divides if is => {
                self.next();
                divides(left, self.expression()?)
            }
            Token::Relation(relation) => {
                self.next();
                relates(left, *relation, self.expression()?)
            }
            _ if is => Some(left == self.expression()?),
            _ => None,
        }
    }

    fn expression(&mut self) -> Option<Ratio> {
        let mut value = self.term()?;
        loop {
            if self.take(Token::Plus) {
                value = value.plus(self.term()?)?;
            } else if self.take(Token::Minus) {
                value = value.minus(self.term()?)?;
            } else {
                return Some(value);
            }
        }
    }

    fn term(&mut self) -> Option<Ratio> {
        let mut value = self.factor()?;
        loop {
            if self.take(Token::Times) {
                value = value.times(self.factor()?)?;
            } else if self.take(Token::Over) {
                value = value.over(self.factor()?)?;
            } else {
                return Some(value);
            }
        }
    }

    /// A sign binds looser than a power: `-2 ^ 2` is -4.
    fn factor(&mut self) -> Option<Ratio> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let value = if self.take(Token::Minus) {
            self.factor()?.negate()
        } else {
            let base = self.atom()?;
            if self.take(Token::Power) {
                base.power(self.factor()?)
            } else {
                Some(base)
            }
        };
        self.depth -= 1;
        value
    }

    fn atom(&mut self) -> Option<Ratio> {
        let mut value = match self.next()? {
            Token::Number(value) => value,
            Token::Root => self.factor()?.square_root()?,
            Token::Sum => self.listed(Ratio::plus)?,
            Token::Product => self.listed(Ratio::times)?,
            Token::Open => {
                let value = self.expression()?;
                if !self.take(Token::Close) {
                    return None;
                }
                value
            }
            _ => return None,
        };
        loop {
            let exponent = if self.take(Token::Squared) {
                2
            } else if self.take(Token::Cubed) {
                3
            } else {
                return Some(value);
            };
            value = value.power(Ratio::integer(exponent))?;
        }
    }

    /// "2 and 3 and 4" after "sum of" or "product of".
    fn listed(&mut self, combine: fn(Ratio, Ratio) -> Option<Ratio>) -> Option<Ratio> {
        let mut value = self.factor()?;
        while self.take(Token::And) {
            value = combine(value, self.factor()?)?;
        }
        Some(value)
    }
}

fn relates(left: Ratio, relation: Relation, right: Ratio) -> Option<bool> {
    let order = left.compare(right)?;
    Some(match relation {
        Relation::Equal => order == Ordering::Equal,
        Relation::Unequal => order != Ordering::Equal,
        Relation::Less => order == Ordering::Less,
        Relation::AtMost => order != Ordering::Greater,
        Relation::Greater => order == Ordering::Greater,
        Relation::AtLeast => order != Ordering::Less,
    })
}

fn holds(property: Property, value: Ratio) -> Option<bool> {
    let whole = value.whole();
    match property {
        Property::Even => Some(whole.is_some_and(|value| value % 2 == 0)),
        Property::Odd => Some(whole.is_some_and(|value| value % 2 != 0)),
        Property::Prime => whole.map_or(Some(false), is_prime),
        Property::Composite => match whole {
            Some(value) if value > 1 => is_prime(value).map(|prime| !prime),
            _ => Some(false),
        },
        Property::Positive => Some(value.is_positive()),
        Property::Negative => Some(value.is_negative()),
        Property::Whole => Some(whole.is_some()),
    }
}

fn divides(divisor: Ratio, value: Ratio) -> Option<bool> {
    Some(value.over(divisor)?.whole().is_some())
}

/// By trial division; `None` above [`MAX_PRIME`].
fn is_prime(value: i128) -> Option<bool> {
    if value > MAX_PRIME {
        return None;
    }
    let divisors = (2..).take_while(|divisor| divisor * divisor <= value);
    Some(value > 1 && !divisors.into_iter().any(|divisor| value % divisor == 0))
}
