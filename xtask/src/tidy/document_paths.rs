//! Documents do not rot: a path that a page at the root or under `docs/` names in `inline code`, or
//! links to, exists.

use super::{finding::Finding, tree::Tree};

/// Inline code that begins so speaks of a path in this repository.
const FOLDERS: &[&str] = &["crates/", "docs/", "xtask/", ".ci/"];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let pages = tree.texts.iter().filter(|(path, _)| is_page(path));
    pages
        .flat_map(|(path, text)| check_page(tree, path, text))
        .collect()
}

fn is_page(path: &str) -> bool {
    path.strip_suffix(".md")
        .is_some_and(|stem| stem.starts_with("docs/") || !stem.contains('/'))
}

fn check_page(tree: &Tree, page: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut fenced = false;
    for (line, number) in text.lines().zip(1..) {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            let (code, prose) = split_code(line);
            let named = code
                .iter()
                .flat_map(|span| span.split_whitespace())
                .filter_map(named_path);
            let linked = link_targets(&prose)
                .into_iter()
                .filter_map(|link| linked_path(page, link));
            for path in named.map(str::to_owned).chain(linked) {
                if !path.is_empty() && !tree.paths.contains(&path) {
                    findings.push(Finding::fault(
                        page,
                        number,
                        format!("`{path}` does not exist"),
                    ));
                }
            }
        }
    }
    findings
}

/// The code spans of a line, and the rest of it.
fn split_code(line: &str) -> (Vec<&str>, String) {
    let (mut code, mut prose) = (Vec::new(), String::new());
    for (index, part) in line.split('`').enumerate() {
        if index % 2 == 1 {
            code.push(part);
        } else {
            prose.push_str(part);
        }
    }
    (code, prose)
}

/// The path a word of code names, up to the first wildcard or line number.
fn named_path(word: &str) -> Option<&str> {
    if !FOLDERS.iter().any(|folder| word.starts_with(folder)) {
        return None;
    }
    let word = word.trim_end_matches(['.', ',', ';', ')']);
    let word = word.split([':', '#']).next().unwrap_or(word);
    let fixed = match word.find(['*', '{', '<', '…']) {
        Some(wildcard) => word.get(..wildcard)?.rsplit_once('/')?.0,
        None => word,
    };
    Some(fixed.trim_end_matches('/'))
}

/// The targets of `[text](target "title")` and of `[label]: target`.
fn link_targets(prose: &str) -> Vec<&str> {
    let inline = prose
        .split("](")
        .skip(1)
        .filter_map(|tail| tail.split(')').next());
    let definition = prose
        .starts_with('[')
        .then(|| prose.split_once("]: "))
        .flatten();
    let targets = inline.chain(definition.map(|(_, target)| target));
    targets
        .filter_map(|target| target.split_whitespace().next())
        .collect()
}

/// The path in the repository that a relative link of `page` leads to.
fn linked_path(page: &str, link: &str) -> Option<String> {
    let link = link
        .trim_matches(['<', '>'])
        .split('#')
        .next()
        .unwrap_or_default();
    if link.is_empty() || link.starts_with('/') || link.contains(':') {
        return None;
    }
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(page: &str, text: &str) -> Vec<String> {
        let tree = Tree::of(&[
            (page, text),
            ("crates/mira-key/src/lib.rs", ""),
            ("docs/tour.md", ""),
            ("LICENSE-MIT.md", ""),
        ]);
        check(&tree).iter().map(Finding::to_string).collect()
    }

    #[test]
    fn a_path_in_code_that_is_gone_is_found() {
        for gone in [
            "`crates/mira-key/src/gone.rs`",
            "run `.ci/gone now`",
            "`crates/gone/*.rs`",
        ] {
            assert_eq!(findings("README.md", gone).len(), 1, "{gone}");
        }
        assert_eq!(
            findings("docs/design.md", "\nsee `docs/gone.md`."),
            ["docs/design.md:2: `docs/gone.md` does not exist"],
        );
    }

    #[test]
    fn a_link_that_leads_nowhere_is_found() {
        for (page, text, gone) in [
            ("README.md", "a [tour](docs/gone.md#start)", "docs/gone.md"),
            (
                "docs/a.md",
                "the [tour](tour.md) and [that](../tour.md \"t\")",
                "tour.md",
            ),
            ("docs/a.md", "[there]: gone.md", "docs/gone.md"),
            ("docs/a.md", "[out](../../gone.md)", "../gone.md"),
        ] {
            let expected = format!("{page}:1: `{gone}` does not exist");
            assert_eq!(findings(page, text), [expected], "{text}");
        }
    }

    #[test]
    fn what_exists_passes() {
        let text = "`crates/mira-key/src/lib.rs:12`, `crates/`, `crates/*/src/lib.rs`, `docs/`,\n\
                    [tour](tour.md), [license](../LICENSE-MIT.md), [up](..), [here](#here)";
        assert_eq!(findings("docs/a.md", text), [""; 0]);
    }

    #[test]
    fn what_is_no_path_of_ours_passes() {
        let text = "`/docs/mira-api.json` [site](https://example.org/x) [served](/healthz)\n\
                    ```\n[not](a-link)\n```\n`[not](a-link)`";
        assert_eq!(findings("README.md", text), [""; 0]);
    }

    #[test]
    fn pages_elsewhere_are_not_read() {
        assert_eq!(
            findings("crates/mira-key/notes.md", "`docs/gone.md`"),
            [""; 0]
        );
    }
}
