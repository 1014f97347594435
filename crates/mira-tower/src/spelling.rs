//! Header names that read as others.
//!
//! A server that hands headers on as variables folds punctuation, so that to it
//! `X_Mira_Key_Id` and `X-Mira-Key-Id` are one name. Whoever removes the one must
//! remove the other. Names are in lower case here, as the library keeps them.

/// Whether `name` reads as `canonical`, which has letters, digits and hyphens only.
pub fn reads_as(name: &str, canonical: &str) -> bool {
    name.len() == canonical.len() && begins_as(name, canonical)
}

/// Whether `name` begins with what reads as `canonical`.
pub fn begins_as(name: &str, canonical: &str) -> bool {
    name.len() >= canonical.len()
        && name.bytes().zip(canonical.bytes()).all(|(byte, wanted)| {
            byte == wanted || (wanted == b'-' && !byte.is_ascii_alphanumeric())
        })
}

/// Whether `name` has nothing but letters, digits and hyphens.
pub fn is_canonical(name: &str) -> bool {
    name.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::{begins_as, is_canonical, reads_as};

    #[test]
    fn punctuation_of_any_kind_reads_as_a_hyphen() {
        for name in [
            "x-mira-key-id",
            "x_mira_key_id",
            "x.mira-key_id",
            "x~mira|key'id",
        ] {
            assert!(reads_as(name, "x-mira-key-id"), "{name}");
            assert!(begins_as(name, "x-mira-"), "{name}");
        }
        for name in ["xmira-key-id", "x-mirakey-id", "x-mira-key-ids", "x-mira"] {
            assert!(!reads_as(name, "x-mira-key-id"), "{name}");
        }
        assert!(is_canonical("x-forwarded-for") && !is_canonical("x_forwarded_for"));
    }
}
