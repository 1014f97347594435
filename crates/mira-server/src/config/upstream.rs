//! How a service's upstream is reached: members of `[[service]]`.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use mira_gateway::{HttpVersions, Timeouts, UpstreamOptions};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use serde::{Deserialize, Deserializer};

use super::error::{ConfigError, Source};
use super::file_name::FileName;
use super::http_url::Origin;
use super::parsed::between;
use super::pem::{certificates, no_good, private_key};

/// Everything that makes an upstream the same as before when the configuration is
/// read again, and how to reach it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamConfig {
    /// Where it is.
    pub origin: Origin,
    /// How long is waited.
    pub timeouts: Timeouts,
    /// The versions of HTTP that are spoken.
    pub versions: HttpVersions,
    /// Requests at a time.
    pub max_concurrent: Option<NonZeroU32>,
    /// Whose certificates are believed; absent means the Mozilla roots.
    roots: Option<Vec<CertificateDer<'static>>>,
    /// What is shown to an upstream that asks who we are.
    identity: Option<Arc<Identity>>,
}

/// A certificate chain and its key, which does not print.
#[derive(Debug, PartialEq, Eq)]
struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

/// The files that an upstream's TLS takes, as they are named.
#[derive(Debug, Clone, Default)]
pub(super) struct TlsFiles {
    pub(super) ca: Option<FileName>,
    pub(super) client_cert: Option<FileName>,
    pub(super) client_key: Option<FileName>,
}

/// `timeouts = { … }` as it is written.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(
    clippy::struct_field_names,
    reason = "in the file a name says its unit"
)]
pub(super) struct TimeoutsTable {
    #[serde(deserialize_with = "secs")]
    connect_secs: Duration,
    #[serde(deserialize_with = "secs")]
    head_secs: Duration,
    #[serde(deserialize_with = "secs")]
    answer_silence_secs: Duration,
    #[serde(deserialize_with = "secs")]
    request_silence_secs: Duration,
    #[serde(deserialize_with = "secs")]
    tunnel_silence_secs: Duration,
}

/// Instead of a file: what the operating system believes.
const SYSTEM: &str = "system";

impl UpstreamConfig {
    pub(super) fn new(
        origin: Origin,
        timeouts: Timeouts,
        versions: HttpVersions,
        max_concurrent: Option<NonZeroU32>,
    ) -> Self {
        Self {
            origin,
            timeouts,
            versions,
            max_concurrent,
            roots: None,
            identity: None,
        }
    }

    /// Reads the files that its TLS takes.
    pub(super) fn load(
        &mut self,
        files: &TlsFiles,
        source: &Source<'_>,
    ) -> Result<(), ConfigError> {
        if let Some(ca) = &files.ca {
            self.roots = Some(roots(ca, source)?);
        }
        if let (Some(cert), Some(key)) = (&files.client_cert, &files.client_key) {
            self.identity = Some(Arc::new(Identity {
                chain: certificates(cert, source)?,
                key: private_key(key, source)?,
            }));
        }
        let named = files.client_cert.as_ref().or(files.ca.as_ref());
        match (self.tls(), named) {
            (Err(error), Some(named)) => {
                Err(no_good(named, source, &format!("cannot be used: {error}")))
            }
            _ => Ok(()),
        }
    }

    /// The same for the gateway.
    pub fn options(&self) -> Result<UpstreamOptions, rustls::Error> {
        Ok(UpstreamOptions {
            timeouts: self.timeouts,
            versions: self.versions,
            tls: self.tls()?,
            max_concurrent: self.max_concurrent,
        })
    }

    fn tls(&self) -> Result<Option<ClientConfig>, rustls::Error> {
        if self.roots.is_none() && self.identity.is_none() {
            return Ok(None);
        }
        let mut store = RootCertStore::empty();
        match &self.roots {
            None => store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
            Some(roots) => {
                for root in roots {
                    store.add(root.clone())?;
                }
            }
        }
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(store);
        match &self.identity {
            None => Ok(Some(builder.with_no_client_auth())),
            Some(identity) => {
                let (chain, key) = (identity.chain.clone(), identity.key.clone_key());
                builder.with_client_auth_cert(chain, key).map(Some)
            }
        }
    }
}

/// The certificates in a file, or those of the operating system. Of the latter
/// those that cannot be used are left out, as everybody does.
fn roots(ca: &FileName, source: &Source<'_>) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    if !ca.is_word(SYSTEM) {
        return certificates(ca, source);
    }
    let mut found = rustls_native_certs::load_native_certs().certs;
    let mut store = RootCertStore::empty();
    found.retain(|root| store.add(root.clone()).is_ok());
    if found.is_empty() {
        let reason = "the system has no certificates; install ca-certificates".to_owned();
        return Err(ca.error(source, reason));
    }
    Ok(found)
}

impl From<TimeoutsTable> for Timeouts {
    fn from(table: TimeoutsTable) -> Self {
        Self {
            connect: table.connect_secs,
            head: table.head_secs,
            answer_silence: table.answer_silence_secs,
            request_silence: table.request_silence_secs,
            tunnel_silence: table.tunnel_silence_secs,
        }
    }
}

impl Default for TimeoutsTable {
    fn default() -> Self {
        let Timeouts {
            connect,
            head,
            answer_silence,
            request_silence,
            tunnel_silence,
        } = Timeouts::default();
        Self {
            connect_secs: connect,
            head_secs: head,
            answer_silence_secs: answer_silence,
            request_silence_secs: request_silence,
            tunnel_silence_secs: tunnel_silence,
        }
    }
}

/// Up to a day.
fn secs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    between(deserializer, 1..=86_400).map(Duration::from_secs)
}
