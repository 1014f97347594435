//! Enumerations whose variants have one word each, the same in code, tables,
//! JSON, pages and logs.

/// The text is none of an enumeration's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{noun} is one of {words}")]
pub struct ParseTextError {
    /// What was expected, such as `environment`.
    pub noun: &'static str,
    /// The words it can be.
    pub words: &'static str,
}

/// Gives a fieldless enumeration its words: `as_str`, `ALL`, `Display`, `FromStr`.
#[macro_export]
macro_rules! words {
    ($name:ident, $noun:literal, { $($variant:ident => $word:literal),+ $(,)? }) => {
        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word for it, everywhere.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::ParseTextError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::ParseTextError {
                        noun: $noun,
                        words: $crate::join_words!($($word),+),
                    }),
                }
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! join_words {
    ($first:literal $(, $rest:literal)*) => { concat!($first $(, ", ", $rest)*) };
}

pub(crate) use words;
