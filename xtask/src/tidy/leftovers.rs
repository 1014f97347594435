//! Nothing unfinished or switched off: no debugging macro, no promise to do it later, no ignored
//! test, and no lint suppressed without saying why.

use super::{
    finding::Finding,
    rust_file::{RustFile, is_word},
    tree::Tree,
};

/// Found as whole words anywhere outside literals, comments included.
const LEFTOVERS: &[(&str, &str)] = &[
    ("dbg!", "debugging output"),
    ("todo!", "unfinished"),
    ("unimplemented!", "unfinished"),
    ("FIXME", "unfinished"),
    ("XXX", "unfinished"),
    ("#[ignore", "a test that does not run proves nothing"),
];

const ALLOWS: &[(&str, &str)] = &[("#[allow(", EXPECT), ("#![allow(", EXPECT)];
const EXPECT: &str = "use `#[expect(…, reason = \"…\")]`";

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    tree.rust_files.iter().flat_map(check_file).collect()
}

fn check_file(file: &RustFile) -> Vec<Finding> {
    let allows = if file.is_generated() { &[] } else { ALLOWS };
    let patterns = || LEFTOVERS.iter().chain(allows);
    let lines = file.unquoted.lines().zip(1..);
    let found = lines.flat_map(|(text, line)| {
        let here = patterns().filter(move |(pattern, _)| has_word(text, pattern));
        here.map(move |(pattern, why)| (line, format!("`{pattern}`: {why}")))
    });
    found
        .map(|(line, what)| Finding::fault(&file.path, line, what))
        .collect()
}

/// Whether `pattern` stands in `text` and not as part of a longer word.
fn has_word(text: &str, pattern: &str) -> bool {
    text.match_indices(pattern).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text
            .get(at + pattern.len()..)
            .and_then(|after| after.chars().next());
        let continues = pattern.ends_with(is_word) && after.is_some_and(is_word);
        !continues && !before.is_some_and(is_word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> Vec<String> {
        let tree = Tree::of(&[("crates/mira-x/src/lib.rs", text)]);
        check(&tree).iter().map(Finding::to_string).collect()
    }

    #[test]
    fn every_leftover_is_found() {
        for (pattern, _) in LEFTOVERS.iter().chain(ALLOWS) {
            assert_eq!(
                findings(&format!("fn a() {{\n    {pattern}\n}}")).len(),
                1,
                "{pattern}"
            );
        }
        assert_eq!(
            findings("#[ignore = \"slow\"]\n#[ignored_by_nobody]").len(),
            1
        );
    }

    #[test]
    fn a_comment_is_no_hiding_place() {
        assert_eq!(
            findings("\n// FIXME: later\n"),
            ["crates/mira-x/src/lib.rs:2: `FIXME`: unfinished"],
        );
    }

    #[test]
    fn literals_and_longer_words_pass() {
        assert_eq!(
            findings("let a = \"todo!()\"; // mk_verify_XXX XXXX my_dbg!"),
            [""; 0]
        );
        assert_eq!(
            findings("#[expect(dead_code, reason = \"for later\")]"),
            [""; 0]
        );
    }

    #[test]
    fn only_generated_code_may_allow() {
        let text = "// @generated\n#[allow(clippy::all)]\n";
        assert_eq!(findings(text), [""; 0]);
        assert_eq!(findings(&text.replace("@generated", "")).len(), 1);
    }
}
