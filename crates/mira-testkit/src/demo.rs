//! What `serve --demo` writes into `demo.json`.

use std::path::Path;

use serde::Deserialize;

/// The accounts and keys of a demo, in plain text.
#[derive(Debug, Clone, Deserialize)]
pub struct Demo {
    /// Where the server listened when it made them.
    pub url: String,
    /// One account of each role.
    pub users: Vec<DemoUser>,
    /// The organization.
    pub organization_id: String,
    /// Its app.
    pub app_id: String,
    /// One key of each kind.
    pub keys: DemoKeys,
}

/// An account.
#[derive(Debug, Clone, Deserialize)]
pub struct DemoUser {
    /// Its address.
    pub email: String,
    /// Its password.
    pub password: String,
    /// `superadmin`, `admin` or `member`.
    pub role: String,
}

/// Plaintext keys.
#[derive(Debug, Clone, Deserialize)]
pub struct DemoKeys {
    /// An organization key that may read.
    pub read: String,
    /// One that may read and write.
    pub write: String,
    /// One that may do everything.
    pub admin: String,
    /// An app key for `verify`.
    pub verify: String,
    /// An app key for `inference`.
    pub inference: String,
    /// A key that may ask about other keys.
    pub console: String,
}

impl Demo {
    /// Reads `demo.json` in a data folder.
    pub fn read(data: &Path) -> Self {
        let text = std::fs::read(data.join("demo.json")).expect("demo.json is there");
        serde_json::from_slice(&text).expect("demo.json has its documented form")
    }

    /// The account of a role.
    pub fn user(&self, role: &str) -> &DemoUser {
        let user = self.users.iter().find(|user| user.role == role);
        user.expect("the demo has an account of each role")
    }
}
