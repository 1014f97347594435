//! Enumerations whose variants have one word each, the same in tables, JSON and
//! queries.

/// A fieldless enumeration with one word for each variant.
pub(crate) trait Word: Copy + Sized + 'static {
    /// Every value with its word, in order.
    const WORDS: &'static [(Self, &'static str)];

    /// The word for it.
    fn as_str(self) -> &'static str;

    /// The value that `word` stands for.
    fn parse(word: &str) -> Option<Self> {
        Self::WORDS
            .iter()
            .find_map(|(value, candidate)| (*candidate == word).then_some(*value))
    }

    /// All words, separated by commas, for people who used another.
    fn list() -> String {
        let words: Vec<&str> = Self::WORDS.iter().map(|(_, word)| *word).collect();
        words.join(", ")
    }
}

/// Declares an enumeration with its words, its JSON included.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident => $word:tt),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        pub(crate) enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant),+
        }

        impl Word for $name {
            const WORDS: &'static [(Self, &'static str)] = &[$((Self::$variant, $word)),+];

            fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
    };
}

pub(crate) use words;
