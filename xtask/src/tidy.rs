//! What must hold for the repository as a whole. Each rule is a function from the tree to its
//! findings, in a file of its own; this one runs them all and prints what they found.

mod dependency_edges;
mod document_paths;
mod finding;
mod leftovers;
mod lengths;
mod manifests;
mod names;
mod rust_file;
mod seeds;
mod tree;

use std::path::Path;

use finding::{Finding, Severity};
use tree::Tree;

const RULES: &[fn(&Tree) -> Vec<Finding>] = &[
    dependency_edges::check,
    names::check,
    lengths::check,
    document_paths::check,
    seeds::check,
    leftovers::check,
    manifests::check,
];

/// Prints one line per finding; false if one of them is more than a note.
pub(crate) fn run(root: &Path) -> bool {
    let tree = match Tree::load(root) {
        Ok(tree) => tree,
        Err(error) => {
            eprintln!("tidy: {error}");
            return false;
        }
    };
    let findings = RULES.iter().flat_map(|rule| rule(&tree));
    let (faults, notes): (Vec<_>, Vec<_>) =
        findings.partition(|finding| finding.severity == Severity::Fault);
    for finding in notes.iter().chain(&faults) {
        println!("{finding}");
    }
    if !faults.is_empty() {
        eprintln!("tidy: {} to mend", faults.len());
    }
    faults.is_empty()
}
