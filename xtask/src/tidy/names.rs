//! Names say what a thing is. Words that only say "more code" are banned from paths and types, and
//! a function that hands something out is named after it, without `get_`.

use super::{finding::Finding, rust_file::RustFile, tree::Tree};

const BANNED: &[&str] = &[
    "common", "helper", "helpers", "manager", "misc", "util", "utils",
];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let paths = tree.paths.iter().filter_map(|path| check_path(path));
    paths
        .chain(tree.rust_files.iter().flat_map(check_declarations))
        .collect()
}

fn check_path(path: &str) -> Option<Finding> {
    let name = path.rsplit('/').next().unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default();
    let word = banned_word(stem)?;
    Some(Finding::fault(
        path,
        1,
        format!("`{word}` in a name does not say what the thing is"),
    ))
}

fn check_declarations(file: &RustFile) -> Vec<Finding> {
    let declarations = file.declarations().filter_map(|declaration| {
        let name = declaration.name;
        let what = match declaration.keyword {
            "struct" | "enum" | "trait" | "mod" => {
                let word = banned_word(name)?;
                format!("`{word}` in `{name}` does not say what the thing is")
            }
            "fn" if name.starts_with("get_") => {
                format!("`{name}`: name the thing it returns, without `get_`")
            }
            _ => return None,
        };
        Some(Finding::fault(&file.path, declaration.line, what))
    });
    declarations.collect()
}

/// The first banned word of a name in any case convention.
fn banned_word(name: &str) -> Option<&'static str> {
    let mut spaced = String::new();
    for c in name.chars() {
        if c.is_uppercase() {
            spaced.push(' ');
        }
        spaced.push(if c.is_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            ' '
        });
    }
    spaced
        .split_whitespace()
        .find_map(|word| BANNED.iter().find(|banned| **banned == word).copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> Vec<String> {
        check(&Tree::of(&[(path, text)]))
            .iter()
            .map(Finding::to_string)
            .collect()
    }

    #[test]
    fn empty_words_are_found_in_paths() {
        for path in [
            "crates/mira-x/src/utils.rs",
            "crates/mira-x/src/key_helpers.rs",
            "crates/mira-x/tests/common/mod.rs",
            "crates/mira-x/assets/misc.css",
        ] {
            assert_eq!(findings(path, "").len(), 1, "{path}");
        }
    }

    #[test]
    fn empty_words_are_found_in_types_and_modules() {
        for text in [
            "pub struct KeyManager;",
            "enum Misc {}",
            "pub(crate) trait KeyUtil {}",
            "mod utils;",
        ] {
            assert_eq!(
                findings("crates/mira-x/src/lib.rs", text).len(),
                1,
                "{text}"
            );
        }
    }

    #[test]
    fn getters_are_found_with_their_line() {
        assert_eq!(
            findings(
                "crates/mira-x/src/lib.rs",
                "\npub async fn get_key(id: KeyId) {}"
            ),
            ["crates/mira-x/src/lib.rs:2: `get_key`: name the thing it returns, without `get_`"],
        );
    }

    #[test]
    fn other_names_and_mentions_pass() {
        let text = "// mod utils\nstruct Miscount;\nfn get() { let s = \"fn get_it\"; }\n\
                    fn budget_left() {}";
        assert_eq!(findings("crates/mira-x/src/commonplace.rs", text), [""; 0]);
    }
}
