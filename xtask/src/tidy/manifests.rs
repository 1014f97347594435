//! Every crate of the workspace lives in the folder of its name, opts into the workspace's lints, and
//! says at the top of its root module what it is.

use serde::Deserialize;

use super::{finding::Finding, tree::Tree};

/// The parts of a `Cargo.toml` this rule reads.
#[derive(Deserialize)]
struct Manifest {
    package: Option<Package>,
    #[serde(default)]
    lints: Lints,
}

#[derive(Deserialize)]
struct Package {
    name: String,
}

#[derive(Default, Deserialize)]
struct Lints {
    #[serde(default)]
    workspace: bool,
}

/// The fuzz targets are a workspace of their own: binaries without a `main`, each its own root.
const OTHER_WORKSPACE: &str = "fuzz";

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let folders = tree.texts.iter().filter_map(|(path, text)| {
        let folder = path.strip_suffix("/Cargo.toml")?;
        if folder == OTHER_WORKSPACE {
            return None;
        }
        Some((folder, check_manifest(path, folder, text)))
    });
    folders
        .flat_map(|(folder, findings)| findings.into_iter().chain(check_roots(tree, folder)))
        .collect()
}

fn check_manifest(path: &str, folder: &str, text: &str) -> Vec<Finding> {
    let manifest: Manifest = match toml::from_str(text) {
        Ok(manifest) => manifest,
        Err(error) => return vec![Finding::fault(path, 1, error.message())],
    };
    let mut findings = Vec::new();
    let name = manifest
        .package
        .map(|package| package.name)
        .unwrap_or_default();
    if folder.rsplit('/').next() != Some(&name) {
        findings.push(Finding::fault(
            path,
            1,
            format!("crate `{name}` in folder `{folder}`"),
        ));
    }
    if !manifest.lints.workspace {
        findings.push(Finding::fault(
            path,
            1,
            "`[lints] workspace = true` is missing",
        ));
    }
    findings
}

fn check_roots(tree: &Tree, folder: &str) -> Vec<Finding> {
    let is_root = |path: &str| {
        let inside = path
            .strip_prefix(folder)
            .and_then(|rest| rest.strip_prefix("/src/"));
        matches!(inside, Some("lib.rs" | "main.rs"))
    };
    let mut roots = tree
        .rust_files
        .iter()
        .filter(|file| is_root(&file.path))
        .peekable();
    if roots.peek().is_none() {
        let what = "the crate has neither `src/lib.rs` nor `src/main.rs`";
        return vec![Finding::fault(&format!("{folder}/Cargo.toml"), 1, what)];
    }
    roots
        .filter(|file| !file.text.trim_start().starts_with("//!"))
        .map(|file| {
            Finding::fault(
                &file.path,
                1,
                "the file must begin with its `//!` module doc",
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINTED: &str = "[package]\nname = \"mira-x\"\n\n[lints]\nworkspace = true\n";

    fn findings(manifest: &str, root: &str, text: &str) -> Vec<String> {
        let tree = Tree::of(&[("crates/mira-x/Cargo.toml", manifest), (root, text)]);
        check(&tree).iter().map(Finding::to_string).collect()
    }

    #[test]
    fn a_crate_in_order_passes() {
        assert_eq!(
            findings(LINTED, "crates/mira-x/src/lib.rs", "//! What it is.\n"),
            [""; 0]
        );
        assert_eq!(
            findings(LINTED, "crates/mira-x/src/main.rs", "//! What it is.\n"),
            [""; 0]
        );
    }

    #[test]
    fn missing_lints_are_found() {
        let manifest = LINTED.replace("workspace = true", "");
        assert_eq!(
            findings(&manifest, "crates/mira-x/src/lib.rs", "//! What it is.\n"),
            ["crates/mira-x/Cargo.toml:1: `[lints] workspace = true` is missing"],
        );
    }

    #[test]
    fn a_folder_of_another_name_is_found() {
        let manifest = LINTED.replace("mira-x", "mira-y");
        assert_eq!(
            findings(&manifest, "crates/mira-x/src/lib.rs", "//! What it is.\n"),
            ["crates/mira-x/Cargo.toml:1: crate `mira-y` in folder `crates/mira-x`"],
        );
    }

    #[test]
    fn a_missing_module_doc_is_found() {
        assert_eq!(
            findings(
                LINTED,
                "crates/mira-x/src/lib.rs",
                "/// Not of the module.\nfn a() {}"
            ),
            ["crates/mira-x/src/lib.rs:1: the file must begin with its `//!` module doc"],
        );
    }

    #[test]
    fn a_crate_without_a_root_is_found() {
        assert_eq!(
            findings(LINTED, "crates/mira-x/src/key.rs", "//! Key.\n").len(),
            1
        );
    }
}
