//! Files that a configuration names.

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::error::{ConfigError, Fault, Source};

/// The name of a file, and where it stands. In the configuration file it is
/// relative to that file's folder, in a variable to the working folder.
#[derive(Debug, Clone)]
pub(super) struct FileName {
    path: PathBuf,
    place: Place,
}

/// Where the name of a file was written.
#[derive(Debug, Clone)]
enum Place {
    File(Range<usize>),
    Variable(&'static str),
}

impl FileName {
    /// The name in the variable `variable`.
    pub(super) fn of_variable(variable: &'static str, path: &str) -> Self {
        Self {
            path: path.into(),
            place: Place::Variable(variable),
        }
    }

    /// Where it stands in the file; nowhere if it is from a variable.
    pub(super) fn span(&self) -> Range<usize> {
        match &self.place {
            Place::File(span) => span.clone(),
            Place::Variable(_) => 0..0,
        }
    }

    /// Where the file is, if the configuration's own folder is `folder`.
    pub(super) fn path(&self, folder: &Path) -> PathBuf {
        match self.place {
            Place::File(_) => folder.join(&self.path),
            Place::Variable(_) => self.path.clone(),
        }
    }

    /// Whether it is `word`, which stands for something else than a file.
    pub(super) fn is_word(&self, word: &str) -> bool {
        self.path == Path::new(word)
    }

    /// The bytes of the file.
    pub(super) fn read(&self, source: &Source<'_>) -> Result<Vec<u8>, ConfigError> {
        let path = self.path(source.folder());
        std::fs::read(&path).map_err(|cause| {
            let reason = format!("cannot read {}: {cause}", path.display());
            self.error(source, reason)
        })
    }

    /// The error that the file is no good, at the place where it is named.
    pub(super) fn error(&self, source: &Source<'_>, reason: String) -> ConfigError {
        match &self.place {
            Place::File(span) => source.error(Fault::new(span.clone(), reason)),
            Place::Variable(name) => ConfigError::Setting { name, reason },
        }
    }
}

impl<'de> Deserialize<'de> for FileName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Spanned::<PathBuf>::deserialize(deserializer)?;
        Ok(Self {
            place: Place::File(name.span()),
            path: name.into_inner(),
        })
    }
}
