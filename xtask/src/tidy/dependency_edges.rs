//! The edges between crates are those of the table in `xtask/src/edges.rs` and no others, and the
//! pure crates stay pure: what a crate may not know is what keeps it simple.

use super::{
    finding::Finding,
    tree::{Dependency, DependencyKind, Package, Tree},
};
use crate::edges::{ROWS, Row, TABLE};

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    tree.packages
        .iter()
        .flat_map(|package| check_package(tree, package))
        .collect()
}

fn check_package(tree: &Tree, package: &Package) -> Vec<Finding> {
    let manifest = manifest(&package.name);
    let Some(row) = ROWS.iter().find(|row| row.name == package.name) else {
        let what = format!("{} has no row in the table of edges, {TABLE}", package.name);
        return vec![Finding::fault(&manifest, 1, what)];
    };
    let used = package
        .dependencies
        .iter()
        .filter(|used| used.kind != Some(DependencyKind::Dev));
    used.filter_map(|used| {
        let what = denial(tree, row, used)?;
        let line = tree.line_of(&manifest, |line| {
            line.strip_prefix(&used.name)
                .is_some_and(|rest| rest.starts_with(['.', ' ', '=']))
        });
        Some(Finding::fault(&manifest, line, what))
    })
    .collect()
}

/// Why `row` may not use this one, if so.
fn denial(tree: &Tree, row: &Row, used: &Dependency) -> Option<String> {
    let (from, to) = (row.name, used.name.as_str());
    if tree.packages.iter().any(|package| package.name == to) {
        let denied = !row.may_use.contains(&to);
        return denied.then(|| format!("{from} must not use {to}: the table is in {TABLE}"));
    }
    let denied = row.must_not_use.contains(&to);
    denied.then(|| format!("{from} must do without {to}: the table is in {TABLE}"))
}

fn manifest(package: &str) -> String {
    if package == "xtask" {
        "xtask/Cargo.toml".to_owned()
    } else {
        format!("crates/{package}/Cargo.toml")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A workspace in which `from` uses `to`, and both beside `mira-testkit`.
    fn findings(from: &str, to: &str, kind: Option<DependencyKind>) -> Vec<String> {
        let manifest = manifest(from);
        let text = format!("[package]\n\n[dependencies]\n{to}.workspace = true\n");
        let mut tree = Tree::of(&[(&manifest, &text)]);
        for name in ["mira-store", "mira-testkit", "mira-tower", "mira-wire"] {
            if name != from {
                tree.packages.push(Package {
                    name: name.to_owned(),
                    dependencies: vec![],
                });
            }
        }
        let dependencies = vec![Dependency {
            name: to.to_owned(),
            kind,
        }];
        tree.packages.push(Package {
            name: from.to_owned(),
            dependencies,
        });
        check(&tree).iter().map(Finding::to_string).collect()
    }

    #[test]
    fn an_edge_of_the_table_is_allowed() {
        assert_eq!(findings("mira-tower", "mira-wire", None), [""; 0]);
        assert_eq!(findings("mira-store", "rusqlite", None), [""; 0]);
    }

    #[test]
    fn an_edge_outside_the_table_is_named_with_the_table() {
        assert_eq!(
            findings("mira-meetings", "mira-store", None),
            [
                "crates/mira-meetings/Cargo.toml:4: mira-meetings must not use mira-store: \
              the table is in xtask/src/edges.rs"
            ],
        );
        assert_eq!(
            findings("mira-network", "mira-tower", Some(DependencyKind::Build)).len(),
            1
        );
    }

    #[test]
    fn the_testkit_is_for_tests_only() {
        assert_eq!(findings("mira-console", "mira-testkit", None).len(), 1);
        assert_eq!(
            findings("mira-console", "mira-testkit", Some(DependencyKind::Dev)).len(),
            0
        );
    }

    #[test]
    fn pure_crates_stay_pure() {
        for (from, to) in [
            ("mira-key", "getrandom"),
            ("mira-core", "tokio"),
            ("mira-verifier", "rusqlite"),
            ("mira-store", "axum"),
        ] {
            assert_eq!(findings(from, to, None).len(), 1, "{from} uses {to}");
        }
    }

    #[test]
    fn a_crate_without_a_row_is_refused() {
        assert_eq!(
            findings("mira-annex", "serde", None),
            [
                "crates/mira-annex/Cargo.toml:1: mira-annex has no row in the table of edges, \
              xtask/src/edges.rs"
            ],
        );
    }

    #[test]
    fn the_table_names_only_crates_it_has_rows_for() {
        for row in ROWS {
            for used in row.may_use {
                assert!(
                    ROWS.iter().any(|other| other.name == *used),
                    "{} uses {used}",
                    row.name
                );
            }
        }
    }
}
