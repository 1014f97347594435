//! `tls_cert` and `tls_key`: what TLS listeners show.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;

use super::error::{ConfigError, Source};
use super::file_name::FileName;
use super::pem::{certificates, no_good, private_key};

/// What is spoken behind TLS, the best first (RFC 7301).
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Reads both files: nothing if neither is named, an error if one alone is.
pub(super) fn load(
    cert: Option<&FileName>,
    key: Option<&FileName>,
    source: &Source<'_>,
) -> Result<Option<Arc<ServerConfig>>, ConfigError> {
    let (cert, key) = match (cert, key) {
        (None, None) => return Ok(None),
        (Some(cert), Some(key)) => (cert, key),
        (Some(cert), None) => return Err(cert.error(source, "tls_key is missing".to_owned())),
        (None, Some(key)) => return Err(key.error(source, "tls_cert is missing".to_owned())),
    };
    let chain = certificates(cert, source)?;
    let private_key = private_key(key, source)?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let built = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| {
            builder
                .with_no_client_auth()
                .with_single_cert(chain, private_key)
        });
    let mut config = built.map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => {
            no_good(key, source, "does not belong to the certificate")
        }
        error => no_good(cert, source, &format!("cannot be used: {error}")),
    })?;
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    Ok(Some(Arc::new(config)))
}
