//! Enumerations whose variants have one word each, in tables and everywhere else.

/// Gives a fieldless enumeration its words: `ALL`, `as_str`, `Display`, `FromStr`.
macro_rules! words {
    ($vis:vis $name:ident, $noun:literal, { $first:ident => $first_word:literal
        $(, $variant:ident => $word:literal)* $(,)? }) => {
        impl $name {
            /// Every value, in order.
            $vis const ALL: &'static [Self] = &[Self::$first $(, Self::$variant)*];

            /// The word for it, everywhere.
            $vis const fn as_str(self) -> &'static str {
                match self { Self::$first => $first_word, $(Self::$variant => $word),* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = mira_core::ParseTextError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let found = Self::ALL.iter().copied().find(|one| one.as_str() == text);
                found.ok_or(mira_core::ParseTextError {
                    noun: $noun,
                    words: concat!($first_word $(, ", ", $word)*),
                })
            }
        }
    };
}

pub(crate) use words;
