//! The session that `mira login` keeps: a cookie and the server it is for, in a
//! file that only its owner can read.

use std::collections::BTreeMap;
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::CommandError;

/// A stored session.
#[derive(Serialize, Deserialize)]
pub(crate) struct Login {
    /// The server, without a slash at its end.
    pub(crate) url: String,
    /// The value of the `Cookie` field.
    pub(crate) cookie: String,
}

impl Login {
    /// The session that is stored, if there is one.
    pub(crate) fn read(
        environment: &BTreeMap<String, String>,
    ) -> Result<Option<Self>, CommandError> {
        let Ok(path) = path(environment) else {
            return Ok(None);
        };
        let stored = match std::fs::read(&path) {
            Ok(stored) => stored,
            Err(reason) if reason.kind() == ErrorKind::NotFound => return Ok(None),
            Err(reason) => return Err(CommandError::File { path, reason }),
        };
        // What an older version wrote is no session any more.
        Ok(serde_json::from_slice(&stored).ok())
    }

    /// Stores the session in place of any other.
    pub(crate) fn write(&self, environment: &BTreeMap<String, String>) -> Result<(), CommandError> {
        let path = path(environment)?;
        self.replace(&path)
            .map_err(|reason| CommandError::File { path, reason })
    }

    /// Forgets the session that is stored.
    pub(crate) fn forget(environment: &BTreeMap<String, String>) -> Result<(), CommandError> {
        let path = path(environment)?;
        match std::fs::remove_file(&path) {
            Err(reason) if reason.kind() != ErrorKind::NotFound => {
                Err(CommandError::File { path, reason })
            }
            _ => Ok(()),
        }
    }

    /// Writes a new file beside the old one and renames it, so that the secret is
    /// never in a file with the rights of another.
    fn replace(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(folder)?;
        }
        let new = path.with_extension("new");
        match std::fs::remove_file(&new) {
            Err(reason) if reason.kind() != ErrorKind::NotFound => return Err(reason),
            _ => {}
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&new)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        std::fs::rename(&new, path)
    }
}

/// `$XDG_CONFIG_HOME/mira/session.json`, or the same under `~/.config`.
fn path(environment: &BTreeMap<String, String>) -> Result<PathBuf, CommandError> {
    let variable = |name| environment.get(name).filter(|value| !value.is_empty());
    let folder = match (variable("XDG_CONFIG_HOME"), variable("HOME")) {
        (Some(config), _) => PathBuf::from(config),
        (None, Some(home)) => Path::new(home).join(".config"),
        (None, None) => return Err(CommandError::NoHome),
    };
    Ok(folder.join("mira").join("session.json"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::os::unix::fs::PermissionsExt as _;

    use super::Login;

    #[test]
    fn session_is_readable_by_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().to_str().unwrap().to_owned();
        let environment = BTreeMap::from([("HOME".to_owned(), home)]);
        assert!(Login::read(&environment).unwrap().is_none());
        for url in ["http://127.0.0.1:1", "http://127.0.0.1:2"] {
            let login = Login {
                url: url.to_owned(),
                cookie: "mira_session=x".to_owned(),
            };
            login.write(&environment).unwrap();
            assert_eq!(Login::read(&environment).unwrap().unwrap().url, url);
        }
        let file = folder.path().join(".config/mira/session.json");
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        Login::forget(&environment).unwrap();
        Login::forget(&environment).unwrap();
        assert!(Login::read(&environment).unwrap().is_none());
    }
}
