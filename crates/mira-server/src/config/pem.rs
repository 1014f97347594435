//! Certificates and keys, as PEM files hold them (RFC 7468).

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::error::{ConfigError, Source};
use super::file_name::FileName;

/// The certificates in the file `name`, at least one.
pub(super) fn certificates(
    name: &FileName,
    source: &Source<'_>,
) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let bytes = name.read(source)?;
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match read {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        Ok(_) => Err(no_good(name, source, "has no certificate in PEM form")),
        Err(_) => Err(no_good(name, source, "is not a PEM file")),
    }
}

/// The private key in the file `name`. What is wrong with it is not repeated.
pub(super) fn private_key(
    name: &FileName,
    source: &Source<'_>,
) -> Result<PrivateKeyDer<'static>, ConfigError> {
    let bytes = zeroize::Zeroizing::new(name.read(source)?);
    PrivateKeyDer::from_pem_slice(&bytes)
        .map_err(|_| no_good(name, source, "has no unencrypted private key in PEM form"))
}

/// The error that the file `name` is something else than it should be.
pub(super) fn no_good(name: &FileName, source: &Source<'_>, what: &str) -> ConfigError {
    let path = name.path(source.folder());
    name.error(source, format!("{} {what}", path.display()))
}
