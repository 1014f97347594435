//! What is negotiated over TLS, with servers that show certificates of our own.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

use crate::{HttpClient, HttpVersions, OutboundError};

const LONG: Duration = Duration::from_secs(5);
const AUTHORITY: &[u8] = include_bytes!("../../../mira-gateway/tests/it/certificates/ca.pem");
const CERTIFICATE: &[u8] =
    include_bytes!("../../../mira-gateway/tests/it/certificates/upstream.pem");
const KEY: &[u8] = include_bytes!("../../../mira-gateway/tests/it/certificates/upstream.key");

/// A server over TLS that speaks `protocols`; its URL, and by which version each
/// connection and each request came.
async fn server(protocols: &[&str]) -> (String, mpsc::UnboundedReceiver<Version>) {
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(CERTIFICATE).unwrap()],
            PrivateKeyDer::from_pem_slice(KEY).unwrap(),
        )
        .unwrap();
    let protocols = protocols.iter().map(|name| name.as_bytes().to_vec());
    config.alpn_protocols = protocols.collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (asking, asked) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (acceptor, asking) = (acceptor.clone(), asking.clone());
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else {
                    return;
                };
                let service = service_fn(move |request: Request<Incoming>| {
                    let _ = asking.send(request.version());
                    async { Ok::<_, Infallible>(Response::new(Full::<Bytes>::default())) }
                });
                let builder = auto::Builder::new(TokioExecutor::new());
                let _ = builder
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
    (format!("https://localhost:{port}/"), asked)
}

fn client() -> HttpClient {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(AUTHORITY).unwrap())
        .unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    HttpClient::with(None, &tls)
}

#[tokio::test]
async fn over_tls_the_server_chooses_unless_the_operator_did() {
    const HTTP_1: Version = Version::HTTP_11;
    const HTTP_2: Version = Version::HTTP_2;
    let both = &["h2", "http/1.1"][..];
    for (spoken, versions, expected) in [
        (both, HttpVersions::Negotiated, Ok(HTTP_2)),
        (both, HttpVersions::Http2, Ok(HTTP_2)),
        (both, HttpVersions::Http1, Ok(HTTP_1)),
        (&["http/1.1"], HttpVersions::Negotiated, Ok(HTTP_1)),
        (&[], HttpVersions::Negotiated, Ok(HTTP_1)),
        (
            &["http/1.1"],
            HttpVersions::Http2,
            Err(OutboundError::NotHttp2),
        ),
    ] {
        let (url, mut asked) = server(spoken).await;
        let client = client().speaking(versions);
        for _ in 0..2 {
            let request = Request::get(&url).body(Full::default()).unwrap();
            match client.send(request, LONG).await {
                Ok(answer) => {
                    assert_eq!(answer.status(), 200);
                    let came = asked.recv().await.unwrap();
                    assert_eq!(Ok(came), expected, "{spoken:?} {versions:?}");
                }
                Err(error) => assert_eq!(Err(error), expected, "{spoken:?} {versions:?}"),
            }
        }
    }
}

#[tokio::test]
async fn who_is_not_certified_is_not_spoken_to() {
    let (url, _asked) = server(&["h2", "http/1.1"]).await;
    for versions in [
        HttpVersions::Negotiated,
        HttpVersions::Http1,
        HttpVersions::Http2,
    ] {
        let request = Request::get(&url).body(Full::default()).unwrap();
        let answer = HttpClient::new()
            .speaking(versions)
            .send(request, LONG)
            .await;
        assert_eq!(answer.unwrap_err(), OutboundError::Tls);
    }
}
