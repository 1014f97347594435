//! The repository as the rules see it: every path, the text of the files they read, and the
//! workspace's packages from cargo metadata. Rules take it whole, so that a test can plant a fault
//! in a tree of three lines.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs, io,
    path::Path,
    process::Command,
};

use serde::Deserialize;

use super::rust_file::RustFile;

/// Everything the rules look at. Paths are relative to the root, with `/`.
#[derive(Default)]
pub(crate) struct Tree {
    /// Files and folders.
    pub(crate) paths: BTreeSet<String>,
    pub(crate) rust_files: Vec<RustFile>,
    /// Text of `*.md` and `*.toml` by path.
    pub(crate) texts: BTreeMap<String, String>,
    pub(crate) packages: Vec<Package>,
}

/// A crate of this workspace, as `cargo metadata` tells it.
#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) dependencies: Vec<Dependency>,
}

/// One entry of a package's dependency tables.
#[derive(Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// `None` is a normal dependency.
    pub(crate) kind: Option<DependencyKind>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DependencyKind {
    Dev,
    Build,
}

/// Why there is no tree to look at.
#[derive(Debug)]
pub(crate) enum TreeError {
    Read { path: String, source: io::Error },
    Cargo(io::Error),
    CargoRefused(String),
    Metadata(serde_json::Error),
}

impl Tree {
    /// Reads the repository at `root`.
    pub(crate) fn load(root: &Path) -> Result<Self, TreeError> {
        let mut tree = Self {
            packages: packages(root)?,
            ..Self::default()
        };
        tree.read_folder(root, "")?;
        Ok(tree)
    }

    fn read_folder(&mut self, root: &Path, folder: &str) -> Result<(), TreeError> {
        let unreadable = |source| TreeError::Read {
            path: folder.to_owned(),
            source,
        };
        for entry in fs::read_dir(root.join(folder)).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if folder.is_empty() {
                name
            } else {
                format!("{folder}/{name}")
            };
            let kind = entry.file_type().map_err(unreadable)?;
            if kind.is_dir() && !is_foreign(&path) {
                self.paths.insert(path.clone());
                self.read_folder(root, &path)?;
            } else if kind.is_file() {
                self.read_file(root, path)?;
            }
        }
        Ok(())
    }

    fn read_file(&mut self, root: &Path, path: String) -> Result<(), TreeError> {
        let extension = Path::new(&path)
            .extension()
            .and_then(|extension| extension.to_str());
        if matches!(extension, Some("rs" | "md" | "toml")) {
            let text = fs::read_to_string(root.join(&path)).map_err(|source| TreeError::Read {
                path: path.clone(),
                source,
            })?;
            self.insert(path, text);
        } else {
            self.paths.insert(path);
        }
        Ok(())
    }

    fn insert(&mut self, path: String, text: String) {
        self.paths.insert(path.clone());
        if Path::new(&path)
            .extension()
            .is_some_and(|extension| extension == "rs")
        {
            self.rust_files.push(RustFile::new(path, text));
        } else {
            self.texts.insert(path, text);
        }
    }

    /// The line of `path` on which `is_it` first holds; 1 if it does nowhere.
    pub(crate) fn line_of(&self, path: &str, is_it: impl Fn(&str) -> bool) -> usize {
        let text = self.texts.get(path).map_or("", String::as_str);
        text.lines().position(is_it).map_or(1, |index| index + 1)
    }

    /// A tree of these files, for the rules' own tests.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let mut tree = Self::default();
        for (path, text) in files {
            for (at, _) in path.match_indices('/') {
                tree.paths.insert(path[..at].to_owned());
            }
            tree.insert((*path).to_owned(), (*text).to_owned());
        }
        tree
    }
}

/// Folders that are in the repository's folder but not of the repository.
fn is_foreign(path: &str) -> bool {
    matches!(path, ".git" | "mira-data" | "target")
}

fn packages(root: &Path) -> Result<Vec<Package>, TreeError> {
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Package>,
    }
    let output = Command::new("cargo")
        .args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
            "--offline",
        ])
        .current_dir(root)
        .output()
        .map_err(TreeError::Cargo)?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(TreeError::CargoRefused(complaint));
    }
    let metadata: Metadata = serde_json::from_slice(&output.stdout).map_err(TreeError::Metadata)?;
    Ok(metadata.packages)
}

impl fmt::Display for TreeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { path, source } => write!(f, "cannot read `{path}`: {source}"),
            Self::Cargo(error) => write!(f, "cannot start cargo metadata: {error}"),
            Self::CargoRefused(complaint) => write!(f, "cargo metadata failed: {complaint}"),
            Self::Metadata(error) => write!(f, "cannot read what cargo metadata says: {error}"),
        }
    }
}
