//! Exact numbers: fractions of 128-bit integers in lowest terms. Whatever does
//! not fit is `None`, and a claim about it cannot be determined.

use std::cmp::Ordering;

/// The largest exponent that is worth trying; more overflows for every base
/// but 0, 1 and -1.
const MAX_EXPONENT: i128 = 127;

/// A fraction; the denominator is positive and shares no factor with the
/// numerator, so that equal numbers are equal field by field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ratio {
    numerator: i128,
    denominator: i128,
}

impl Ratio {
    pub(super) fn new(numerator: i128, denominator: i128) -> Option<Self> {
        let divisor = i128::try_from(common_divisor(numerator, denominator)?).ok()?;
        let divisor = if denominator < 0 { -divisor } else { divisor };
        let numerator = numerator.checked_div(divisor)?;
        Some(Self {
            numerator,
            denominator: denominator.checked_div(divisor)?,
        })
    }

    pub(super) fn integer(value: u64) -> Self {
        Self {
            numerator: value.into(),
            denominator: 1,
        }
    }

    /// Reads `12`, `3.14`, `1,000` or `-5`; commas must separate thousands.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (unsigned, sign) = match text.strip_prefix('-') {
            Some(rest) => (rest, -1),
            None => (text, 1),
        };
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        let digits =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let mut groups = whole.split(',');
        let first = groups.next()?;
        let grouped = groups.clone().next().is_none() || first.len() <= 3;
        if !digits(first) || !grouped || !digits(fraction) {
            return None;
        }
        if groups.any(|group| group.len() != 3 || !digits(group)) {
            return None;
        }
        let scale = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
        let whole: i128 = whole.replace(',', "").parse().ok()?;
        let numerator = whole
            .checked_mul(scale)?
            .checked_add(fraction.parse().ok()?)?;
        Self::new(sign * numerator, scale)
    }

    /// The number itself if it is whole.
    pub(super) fn whole(self) -> Option<i128> {
        (self.denominator == 1).then_some(self.numerator)
    }

    pub(super) fn is_positive(self) -> bool {
        self.numerator > 0
    }

    pub(super) fn is_negative(self) -> bool {
        self.numerator < 0
    }

    pub(super) fn negate(self) -> Option<Self> {
        Some(Self {
            numerator: self.numerator.checked_neg()?,
            ..self
        })
    }

    pub(super) fn plus(self, other: Self) -> Option<Self> {
        let left = self.numerator.checked_mul(other.denominator)?;
        let right = other.numerator.checked_mul(self.denominator)?;
        Self::new(
            left.checked_add(right)?,
            self.denominator.checked_mul(other.denominator)?,
        )
    }

    pub(super) fn minus(self, other: Self) -> Option<Self> {
        self.plus(other.negate()?)
    }

    pub(super) fn times(self, other: Self) -> Option<Self> {
        let numerator = self.numerator.checked_mul(other.numerator)?;
        Self::new(numerator, self.denominator.checked_mul(other.denominator)?)
    }

    pub(super) fn over(self, other: Self) -> Option<Self> {
        let numerator = self.numerator.checked_mul(other.denominator)?;
        Self::new(numerator, self.denominator.checked_mul(other.numerator)?)
    }

    /// Powers with a whole, not negative exponent.
    pub(super) fn power(self, exponent: Self) -> Option<Self> {
        let exponent = exponent
            .whole()
            .filter(|exponent| (0..=MAX_EXPONENT).contains(exponent))?;
        (0..exponent).try_fold(Self::integer(1), |product, _| product.times(self))
    }

    /// The square root if it is rational.
    pub(super) fn square_root(self) -> Option<Self> {
        let root = |value: i128| {
            let root = u128::try_from(value).ok()?.isqrt();
            i128::try_from(root)
                .ok()
                .filter(|root| root * root == value)
        };
        Self::new(root(self.numerator)?, root(self.denominator)?)
    }

    pub(super) fn compare(self, other: Self) -> Option<Ordering> {
        let left = self.numerator.checked_mul(other.denominator)?;
        Some(left.cmp(&other.numerator.checked_mul(self.denominator)?))
    }
}

/// The greatest common divisor; `None` if the denominator is zero.
fn common_divisor(numerator: i128, denominator: i128) -> Option<u128> {
    if denominator == 0 {
        return None;
    }
    let (mut a, mut b) = (numerator.unsigned_abs(), denominator.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    Some(a)
}
