//! Pages whose tables name their proofs: the seed pages' promises, sentence by sentence, in
//! `docs/seeds.md`, and the attacks, case by case, in `docs/threats.md`. Each row names the tests
//! that hold it up, or says why no test can.

use std::collections::BTreeSet;

use super::{finding::Finding, rust_file::RustFile, tree::Tree};

/// A page of proofs.
struct Page {
    path: &'static str,
    /// What a row is about.
    about: &'static str,
    /// What stands before the reason why there is no test.
    excuse: &'static str,
}

const SEEDS: Page = Page {
    path: "docs/seeds.md",
    about: "sentence",
    excuse: "advice:",
};

const THREATS: Page = Page {
    path: "docs/threats.md",
    about: "case",
    excuse: "does not apply:",
};

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let pages = [SEEDS, THREATS];
    pages
        .iter()
        .flat_map(|page| check_page(tree, page))
        .collect()
}

fn check_page(tree: &Tree, page: &Page) -> Vec<Finding> {
    let (path, about) = (page.path, page.about);
    let Some(text) = tree.texts.get(path) else {
        return vec![Finding::fault(
            path,
            1,
            "this page of proofs does not exist",
        )];
    };
    let tests = test_names(tree);
    let mut findings = Vec::new();
    let mut rows = 0_usize;
    let mut before_is_table = false;
    for (line, number) in text.lines().zip(1..) {
        let cells = cells(line);
        match cells.as_deref() {
            Some(header) if !before_is_table => {
                let known = header.join("|") == format!("{about}|test");
                let columns = || format!("columns must be: {about} | test");
                let fault = || Finding::fault(path, number, columns());
                findings.extend((!known).then(fault));
            }
            Some(cells) if !is_rule(cells) => {
                rows += 1;
                let complaints = check_row(page, cells, &tests).into_iter();
                findings.extend(complaints.map(|what| Finding::fault(path, number, what)));
            }
            _ => {}
        }
        before_is_table = cells.is_some();
    }
    if rows == 0 {
        findings.push(Finding::fault(path, 1, "the page has no row"));
    }
    findings
}

fn check_row(page: &Page, cells: &[&str], tests: &BTreeSet<&str>) -> Vec<String> {
    let Page { about, excuse, .. } = page;
    let &[claim, proof] = cells else {
        return vec![format!(
            "a row has 2 cells, {about} and test; this one has {}",
            cells.len()
        )];
    };
    if claim.is_empty() {
        return vec![format!("the {about} is empty")];
    }
    if let Some(why) = proof.strip_prefix(excuse) {
        let silent = why.trim().is_empty();
        return silent
            .then(|| format!("`{excuse}` must say why"))
            .into_iter()
            .collect();
    }
    let names: Vec<&str> = proof.split('`').skip(1).step_by(2).collect();
    if names.is_empty() {
        return vec![format!("names neither a `test` nor `{excuse} why`")];
    }
    let missing = names.into_iter().filter(|name| !tests.contains(name));
    missing
        .map(|name| format!("there is no test `{name}` under crates/"))
        .collect()
}

/// The trimmed cells of a table's line; `None` outside of tables.
fn cells(line: &str) -> Option<Vec<&str>> {
    let inner = line.trim().strip_prefix('|')?;
    let inner = inner.strip_suffix('|').unwrap_or(inner);
    let mut cells = Vec::new();
    let mut start = 0;
    for (at, _) in inner.match_indices('|') {
        let before = inner.get(start..at)?;
        if !before.ends_with('\\') {
            cells.push(before.trim());
            start = at + 1;
        }
    }
    cells.push(inner.get(start..)?.trim());
    Some(cells)
}

/// Whether these are the dashes between a table's header and its rows.
fn is_rule(cells: &[&str]) -> bool {
    cells
        .iter()
        .all(|cell| !cell.is_empty() && cell.trim_matches([':', '-']).is_empty())
}

/// Every function under `crates/` that stands in a test file or is marked as a test.
fn test_names(tree: &Tree) -> BTreeSet<&str> {
    let files = tree
        .rust_files
        .iter()
        .filter(|file| file.path.starts_with("crates/"));
    files.flat_map(tests_of).collect()
}

fn tests_of(file: &RustFile) -> Vec<&str> {
    let lines: Vec<&str> = file.code.lines().map(str::trim).collect();
    let functions = file
        .declarations()
        .filter(|declaration| declaration.keyword == "fn");
    let tests = functions.filter(|function| {
        let before = lines.get(..function.line - 1).unwrap_or_default();
        let attributes = before.iter().rev().take_while(|line| {
            line.is_empty() || line.starts_with("#[") || line.ends_with(['(', ',', ')', ']'])
        });
        file.is_test() || attributes.into_iter().any(|line| is_test_attribute(line))
    });
    tests.map(|function| function.name).collect()
}

/// `#[test]`, `#[tokio::test]`, with or without arguments.
fn is_test_attribute(line: &str) -> bool {
    let path = line
        .strip_prefix("#[")
        .and_then(|rest| rest.split([']', '(']).next());
    path.is_some_and(|path| path.rsplit("::").next() == Some("test"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "# Seeds\n\n| sentence | test |\n|---|---|\n";

    fn findings(rows: &str) -> Vec<String> {
        let page = format!("{HEADER}{rows}\n");
        let tree = Tree::of(&[
            (SEEDS.path, &page),
            ("crates/mira-x/tests/it/main.rs", "fn dead_is_dead() {}"),
            (
                "crates/mira-x/src/lib.rs",
                "fn no_test() {}\n#[tokio::test(flavor = \"multi_thread\")]\nasync fn keys_end() {}",
            ),
        ]);
        check_page(&tree, &SEEDS)
            .iter()
            .map(Finding::to_string)
            .collect()
    }

    #[test]
    fn a_missing_page_is_found() {
        assert_eq!(check(&Tree::default()).len(), 2);
    }

    #[test]
    fn rows_with_tests_or_advice_pass() {
        let rows = "| Keys \\| more end. | `dead_is_dead`, `keys_end` |\n\
                    | Keep keys secret. | advice: it is up to the reader |";
        assert_eq!(findings(rows), [""; 0]);
    }

    #[test]
    fn a_test_that_is_not_there_is_found() {
        assert_eq!(
            findings("| Keys end. | `keys_end`, `no_test` |"),
            ["docs/seeds.md:5: there is no test `no_test` under crates/"],
        );
    }

    #[test]
    fn empty_cells_are_found() {
        for row in [
            "| | `keys_end` |",
            "| Keys end. | |",
            "| Keys end. | advice: |",
            "| Keys. |",
        ] {
            assert_eq!(findings(row).len(), 1, "{row}");
        }
    }

    #[test]
    fn a_page_without_rows_or_with_other_columns_is_found() {
        assert_eq!(findings(""), ["docs/seeds.md:1: the page has no row"]);
        let other = "\n| line | proof |\n|---|---|\n| Keys end. | `keys_end` |";
        assert_eq!(
            findings(other),
            ["docs/seeds.md:6: columns must be: sentence | test"]
        );
    }
}
