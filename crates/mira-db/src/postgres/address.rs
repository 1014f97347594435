//! Where the server is and how to speak to it, read from a URL.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use crate::open_error::OpenError;

/// A server and a database on it.
pub(super) struct Address {
    /// The URL without user, password and options, for messages.
    pub(super) name: String,
    pub(super) config: Config,
    /// Absent if the connection is not encrypted.
    pub(super) tls: Option<ClientConfig>,
}

impl Address {
    pub(super) fn parse(url: &str) -> Result<Self, OpenError> {
        if !["postgres://", "postgresql://"]
            .iter()
            .any(|scheme| url.starts_with(scheme))
        {
            return Err(refuse("it does not begin with postgres://"));
        }
        let (url, tls) = TlsChoice::split_off(url)?;
        let mut config: Config = url.parse().map_err(|_| {
            refuse("it cannot be read (a password's special characters are percent-encoded)")
        })?;
        if config.get_hosts().is_empty() {
            return Err(refuse("it names no host"));
        }
        if config.get_user().is_none() {
            return Err(refuse("it names no user"));
        }
        if config.get_dbname().is_none_or(str::is_empty) {
            return Err(refuse("it names no database"));
        }
        let tls = match tls.mode.unwrap_or(default_mode(&config)) {
            SslMode::Disable => None,
            _ => Some(client_config(tls.root_certificates.as_deref())?),
        };
        config
            .ssl_mode(tls.as_ref().map_or(SslMode::Disable, |_| SslMode::Require))
            .application_name("mira")
            .keepalives_idle(Duration::from_secs(5))
            .keepalives_interval(Duration::from_secs(2))
            .keepalives_retries(3)
            .tcp_user_timeout(Duration::from_secs(10));
        Ok(Self {
            name: name(&config),
            config,
            tls,
        })
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// What the URL says about TLS, which is ours to read: the driver neither
/// verifies certificates by itself nor loads authorities.
#[derive(Default)]
struct TlsChoice {
    mode: Option<SslMode>,
    root_certificates: Option<String>,
}

impl TlsChoice {
    /// Takes `sslmode` and `sslrootcert` out of the URL.
    fn split_off(url: &str) -> Result<(String, Self), OpenError> {
        let mut choice = Self::default();
        // A password may hold a question mark.
        let (login, place) = url.split_at(url.rfind('@').unwrap_or(0));
        let Some((place, query)) = place.split_once('?') else {
            return Ok((url.to_owned(), choice));
        };
        let mut rest = Vec::new();
        for option in query.split('&') {
            match option.split_once('=') {
                Some(("sslmode", "disable")) => choice.mode = Some(SslMode::Disable),
                Some(("sslmode", "require" | "verify-ca" | "verify-full")) => {
                    choice.mode = Some(SslMode::Require);
                }
                Some(("sslmode", _)) => {
                    return Err(refuse("its sslmode is not disable, require or verify-full"));
                }
                Some(("sslrootcert", path)) => {
                    let path = percent_decode_str(path).decode_utf8();
                    let path = path.map_err(|_| refuse("its sslrootcert is not UTF-8"))?;
                    choice.root_certificates = Some(path.into_owned());
                }
                _ => rest.push(option),
            }
        }
        Ok((format!("{login}{place}?{}", rest.join("&")), choice))
    }
}

fn default_mode(config: &Config) -> SslMode {
    let is_local = |host: &Host| match host {
        Host::Unix(_) => true,
        Host::Tcp(host) => ["localhost", "127.0.0.1", "::1", "[::1]"].contains(&host.as_str()),
    };
    if config.get_hosts().iter().all(is_local) {
        SslMode::Disable
    } else {
        SslMode::Require
    }
}

fn client_config(root_certificates: Option<&str>) -> Result<ClientConfig, OpenError> {
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    if let Some(path) = root_certificates {
        let unreadable = || refuse("its sslrootcert names no PEM file of certificates");
        let certificates =
            CertificateDer::pem_file_iter(Path::new(path)).map_err(|_| unreadable())?;
        for certificate in certificates {
            let certificate = certificate.map_err(|_| unreadable())?;
            roots.add(certificate).map_err(|_| unreadable())?;
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| refuse("TLS cannot be set up"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    Ok(config)
}

fn name(config: &Config) -> String {
    let hosts = config.get_hosts().iter().enumerate();
    let hosts: Vec<String> = hosts
        .map(|(at, host)| {
            let ports = config.get_ports();
            let port = ports.get(at).or(ports.first()).copied().unwrap_or(5432);
            match host {
                Host::Tcp(host) => format!("{host}:{port}"),
                Host::Unix(folder) => folder.display().to_string(),
            }
        })
        .collect();
    let database = config.get_dbname().unwrap_or_default();
    format!("postgres://{}/{database}", hosts.join(","))
}

fn refuse(reason: &'static str) -> OpenError {
    OpenError::Address { reason }
}
