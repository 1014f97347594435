//! Files and functions that fit in a head: a file stops at 600 lines (tests at 1,000), and a note
//! points at files that pass 400 and functions that scroll.

use super::{finding::Finding, rust_file::RustFile, tree::Tree};

const FILE_NOTE: usize = 400;
const FILE_STOP: usize = 600;
const TEST_FILE_STOP: usize = 1_000;
const FUNCTION_NOTE: usize = 70;

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let files = tree.rust_files.iter().filter(|file| !file.is_generated());
    files
        .flat_map(|file| check_file(file).into_iter().chain(check_functions(file)))
        .collect()
}

fn check_file(file: &RustFile) -> Option<Finding> {
    let lines = file.text.lines().count();
    let stop = if file.is_test() {
        TEST_FILE_STOP
    } else {
        FILE_STOP
    };
    if lines > stop {
        let what = format!("{lines} lines; a file stops at {stop}: split it by noun");
        return Some(Finding::fault(&file.path, 1, what));
    }
    let is_long = lines > FILE_NOTE && !file.is_test();
    is_long.then(|| Finding::note(&file.path, 1, format!("{lines} lines, over {FILE_NOTE}")))
}

fn check_functions(file: &RustFile) -> Vec<Finding> {
    let lines: Vec<&str> = file.code.lines().collect();
    let functions = file
        .declarations()
        .filter(|declaration| declaration.keyword == "fn");
    let long = functions.filter_map(|function| {
        let length = body_length(lines.get(function.line - 1..)?);
        let what = || {
            format!(
                "`{}` has {length} lines, over {FUNCTION_NOTE}",
                function.name
            )
        };
        (length > FUNCTION_NOTE).then(|| Finding::note(&file.path, function.line, what()))
    });
    long.collect()
}

/// The lines from a function's first to the one that closes its braces; counts braces, knows no
/// grammar.
fn body_length(lines: &[&str]) -> usize {
    let mut depth = 0_usize;
    for (line, length) in lines.iter().zip(1..) {
        for c in line.chars() {
            match c {
                '{' => depth += 1,
                '}' if depth <= 1 => return length,
                '}' => depth -= 1,
                ';' if depth == 0 => return length,
                _ => {}
            }
        }
    }
    lines.len()
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
    fn a_file_stops_at_600_lines() {
        let path = "crates/mira-x/src/lib.rs";
        assert_eq!(
            findings(path, &"\n".repeat(601)),
            ["crates/mira-x/src/lib.rs:1: 601 lines; a file stops at 600: split it by noun"],
        );
        assert!(
            findings(path, &"\n".repeat(600))
                .concat()
                .contains("note: 600 lines")
        );
        assert_eq!(findings(path, &"\n".repeat(400)), [""; 0]);
    }

    #[test]
    fn a_test_file_stops_at_1000_lines() {
        for path in [
            "crates/mira-x/tests/it/main.rs",
            "crates/mira-x/src/tests.rs",
        ] {
            assert_eq!(findings(path, &"\n".repeat(1_000)), [""; 0]);
            assert_eq!(findings(path, &"\n".repeat(1_001)).len(), 1);
        }
    }

    #[test]
    fn generated_files_may_be_long() {
        let text = format!("// @generated\n{}", "\n".repeat(700));
        assert_eq!(findings("crates/mira-x/src/table.rs", &text), [""; 0]);
    }

    #[test]
    fn a_scrolling_function_is_noted() {
        let function = |lines| format!("fn short() {{}}\nfn long(\n) {{{}}}\n", "\n".repeat(lines));
        assert_eq!(
            findings("x.rs", &function(69)),
            ["x.rs:2: note: `long` has 71 lines, over 70"],
        );
        assert_eq!(findings("x.rs", &function(68)), [""; 0]);
    }
}
