//! Passwords: Argon2id, in a bounded pool.
//!
//! One hash takes tens of milliseconds and 19 MiB on purpose. The pool keeps a
//! storm of sign-ins from taking the machine: whoever does not get a place in
//! time is told to come back.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};
use mira_key::Entropy;
use tokio::sync::Semaphore;

use crate::ConsoleError;

const WORKERS: usize = 2;
const PATIENCE: Duration = Duration::from_secs(5);

/// Hashes and verifies passwords without ever blocking a runtime worker.
#[derive(Clone)]
pub(crate) struct Passwords {
    places: Arc<Semaphore>,
    entropy: Arc<dyn Entropy>,
    /// Verified for accounts that do not exist, so that they take as long.
    decoy: Arc<str>,
}

impl Passwords {
    pub(crate) fn new(entropy: Arc<dyn Entropy>) -> Result<Self, ConsoleError> {
        let decoy = hash(b"nobody has this password", entropy.as_ref())?;
        Ok(Self {
            places: Arc::new(Semaphore::new(WORKERS)),
            entropy,
            decoy: decoy.into(),
        })
    }

    /// The PHC string to store for `password`.
    pub(crate) async fn hash(&self, password: &str) -> Result<String, ConsoleError> {
        let password = zeroize::Zeroizing::new(password.as_bytes().to_vec());
        let entropy = Arc::clone(&self.entropy);
        self.run(move || hash(&password, entropy.as_ref())).await?
    }

    /// Whether `password` is the one behind `phc`; no account takes as long as a
    /// wrong password.
    pub(crate) async fn verify(
        &self,
        password: &str,
        phc: Option<String>,
    ) -> Result<bool, ConsoleError> {
        let password = zeroize::Zeroizing::new(password.as_bytes().to_vec());
        let decoy = Arc::clone(&self.decoy);
        self.run(move || {
            let is_match = verify(&password, phc.as_deref().unwrap_or(&decoy));
            is_match && phc.is_some()
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ConsoleError> {
        let place = tokio::time::timeout(PATIENCE, Arc::clone(&self.places).acquire_owned())
            .await
            .map_err(|_| ConsoleError::Unavailable)?
            .map_err(|_| ConsoleError::Unavailable)?;
        let worker = tokio::task::spawn_blocking(move || {
            let _place = place;
            work()
        });
        worker
            .await
            .map_err(|error| ConsoleError::Internal(Box::new(error)))
    }
}

fn hash(password: &[u8], entropy: &dyn Entropy) -> Result<String, ConsoleError> {
    let mut salt = [0_u8; 16];
    entropy.fill(&mut salt)?;
    Argon2::default()
        .hash_password_with_salt(password, &salt)
        .map(|hash| hash.to_string())
        .map_err(|error| ConsoleError::Internal(error.to_string().into()))
}

fn verify(password: &[u8], phc: &str) -> bool {
    PasswordHash::new(phc)
        .is_ok_and(|hash| Argon2::default().verify_password(password, &hash).is_ok())
}
