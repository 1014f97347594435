//! Upstreams over TLS.

use std::net::SocketAddr;
use std::sync::Arc;

use mira_gateway::UpstreamOptions;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::client::Client;
use crate::world::{gateway_to, upstream_with};

pub(crate) const AUTHORITY: &[u8] = include_bytes!("certificates/ca.pem");
const CERTIFICATE: &[u8] = include_bytes!("certificates/upstream.pem");
const KEY: &[u8] = include_bytes!("certificates/upstream.key");
const ASK: &str = "GET /echo HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer app\r\n\r\n";

/// What a TLS server shows that speaks `protocols`.
pub(crate) fn acceptor(protocols: &[&str]) -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(CERTIFICATE).unwrap()],
            PrivateKeyDer::from_pem_slice(KEY).unwrap(),
        )
        .unwrap();
    config.alpn_protocols = protocols
        .iter()
        .map(|name| name.as_bytes().to_vec())
        .collect();
    TlsAcceptor::from(Arc::new(config))
}

/// A TLS server that answers every request with its request line.
async fn upstream() -> SocketAddr {
    serve(acceptor(&[])).await
}

async fn serve(acceptor: TlsAcceptor) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                let mut buffer = [0; 4096];
                while let Ok(count @ 1..) = stream.read(&mut buffer).await {
                    let text = String::from_utf8_lossy(&buffer[..count]);
                    let line = text.lines().next().unwrap();
                    let length = line.len();
                    let answer =
                        format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{line}");
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
            });
        }
    });
    address
}

/// Believes certificates of `authority` alone.
pub(crate) fn trusting(authority: &[u8]) -> ClientConfig {
    client(authority, None)
}

/// The same, and `shows` a certificate of its own.
fn client(authority: &[u8], shows: Option<(&[u8], &[u8])>) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_slice(authority).unwrap();
    roots.add(authority).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    match shows {
        None => builder.with_no_client_auth(),
        Some((chain, key)) => {
            let chain = vec![CertificateDer::from_pem_slice(chain).unwrap()];
            let key = PrivateKeyDer::from_pem_slice(key).unwrap();
            builder.with_client_auth_cert(chain, key).unwrap()
        }
    }
}

/// What clients of an upstream with this host and authority are answered.
async fn answers(host: &str, authority: Option<&[u8]>) -> Vec<(u16, String)> {
    let port = upstream().await.port();
    let origin = format!("https://{host}:{port}");
    let options = UpstreamOptions {
        tls: authority.map(trusting),
        ..UpstreamOptions::default()
    };
    let gateway = gateway_to(upstream_with(&origin, options)).await;
    let mut client = Client::connect(gateway.address).await;
    let mut answers = Vec::new();
    for _ in 0..2 {
        let answer = client.ask(ASK).await;
        answers.push((answer.status, answer.text().to_owned()));
    }
    answers
}

#[tokio::test]
async fn upstream_with_a_certificate_of_a_trusted_authority_is_used() {
    for host in ["localhost", "127.0.0.1"] {
        let expected = (200, "GET /echo HTTP/1.1".to_owned());
        assert_eq!(
            answers(host, Some(AUTHORITY)).await,
            [expected.clone(), expected]
        );
    }
}

#[tokio::test]
async fn upstream_with_any_other_certificate_is_not() {
    let answers = [
        answers("localhost", None).await,
        // The right authority, and the name of somebody else.
        answers("127.0.0.2", Some(AUTHORITY)).await,
    ];
    for (status, body) in answers.into_iter().flatten() {
        assert_eq!(status, 502);
        assert!(body.contains("The upstream gave no valid answer"), "{body}");
    }
}

#[tokio::test]
async fn upstream_that_asks_who_we_are_is_shown_our_certificate() {
    const OURS: &[u8] = include_bytes!("certificates/client.pem");
    const OUR_KEY: &[u8] = include_bytes!("certificates/client.key");
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(OURS).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(CERTIFICATE).unwrap()],
            PrivateKeyDer::from_pem_slice(KEY).unwrap(),
        )
        .unwrap();
    let port = serve(TlsAcceptor::from(Arc::new(config))).await.port();
    for (shows, status) in [(Some((OURS, OUR_KEY)), 200), (None, 502)] {
        let options = UpstreamOptions {
            tls: Some(client(AUTHORITY, shows)),
            ..UpstreamOptions::default()
        };
        let upstream = upstream_with(&format!("https://localhost:{port}"), options);
        let gateway = gateway_to(upstream).await;
        let answer = Client::connect(gateway.address).await.ask(ASK).await;
        assert_eq!(answer.status, status);
    }
}
