//! Listeners: TLS, Unix sockets, and sockets that the service manager opened.

use std::io::Read as _;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use mira_testkit::{Client, Server, ServerOptions, run};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::{new_key, signed_in};

const BINARY: &str = env!("CARGO_BIN_EXE_mira");
pub(crate) const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/certificates");
const AUTHORITY: &[u8] = include_bytes!("certificates/ca.pem");
const FIRST: &[u8] = include_bytes!("certificates/first.pem");
const SECOND: &[u8] = include_bytes!("certificates/second.pem");

pub(crate) fn tls_config(cert: &str, key: &str) -> String {
    format!("[server]\ntls_cert = \"{FOLDER}/{cert}\"\ntls_key = \"{FOLDER}/{key}\"\n")
}

fn tls_server() -> Server {
    let options = ServerOptions {
        demo: true,
        config: Some(tls_config("first.pem", "first.key")),
        ..ServerOptions::default()
    };
    Server::start(BINARY, options)
}

/// What curl prints; it must succeed.
pub(crate) fn curl(arguments: &[&str]) -> String {
    let all = [&["--silent", "--show-error"], arguments].concat();
    let finished = run("curl", &all, &[], "");
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    finished.stdout
}

pub(crate) async fn tls_connection(server: &Server) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_slice(AUTHORITY).unwrap();
    roots.add(authority).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(server.address()).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    connector.connect(name, stream).await.unwrap()
}

/// The status of one more request on an open connection.
async fn status(stream: &mut TlsStream<TcpStream>) -> String {
    let request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut bytes = vec![0; 4096];
    let count = stream.read(&mut bytes).await.unwrap();
    String::from_utf8_lossy(&bytes[9..count.min(12)]).into_owned()
}

fn shown(stream: &TlsStream<TcpStream>) -> CertificateDer<'static> {
    let chain = stream.get_ref().1.peer_certificates().unwrap();
    chain[0].clone().into_owned()
}

fn certificate(pem: &[u8]) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem).unwrap()
}

#[test]
fn tls_speaks_http_2_and_http_1_1_and_its_session_cookie_is_bound_to_the_host() {
    let server = tls_server();
    let port = server.address().port();
    let authority = format!("{FOLDER}/ca.pem");
    let url = format!("https://localhost:{port}");
    assert!(
        server
            .stdout()
            .contains(&format!("listening on https://127.0.0.1:{port}"))
    );
    for (version, expected) in [("--http2", "200 2"), ("--http1.1", "200 1.1")] {
        let format = "%{http_code} %{http_version}";
        let health = format!("{url}/healthz");
        let asked = [
            version,
            "--cacert",
            &authority,
            "-o",
            "/dev/null",
            "-w",
            format,
            &health,
        ];
        assert_eq!(curl(&asked), expected);
    }
    let demo = server.demo();
    assert_eq!(demo.url, format!("https://127.0.0.1:{port}"));
    let user = demo.user("admin");
    let body = json!({"email": user.email, "password": user.password}).to_string();
    let sessions = format!("{url}/v1/sessions");
    let json = "content-type: application/json";
    let asked = [
        "--cacert", &authority, "-i", "-H", json, "-d", &body, &sessions,
    ];
    let answer = curl(&asked).to_lowercase();
    let cookie = answer
        .lines()
        .find(|line| line.starts_with("set-cookie: "))
        .unwrap();
    assert!(
        cookie.contains("__host-mira_session=") && cookie.contains("secure"),
        "{cookie}"
    );
}

#[tokio::test]
async fn certificate_is_exchanged_on_sighup_and_no_connection_is_dropped() {
    let mut server = tls_server();
    let mut before = tls_connection(&server).await;
    assert_eq!(shown(&before), certificate(FIRST));
    assert_eq!(status(&mut before).await, "200");

    server.reload(&tls_config("second.pem", "first.key"));
    let line = server
        .wait_for_stderr("the configuration was not changed", Duration::from_secs(5))
        .unwrap();
    assert!(
        line.contains("mira.toml:3:11: ") && line.contains("first.key"),
        "{line}"
    );
    assert!(
        line.contains("does not belong to the certificate"),
        "{line}"
    );
    assert_eq!(shown(&tls_connection(&server).await), certificate(FIRST));

    server.reload(&tls_config("second.pem", "second.key"));
    server
        .wait_for_stderr("the configuration was read again", Duration::from_secs(5))
        .unwrap();
    let mut after = tls_connection(&server).await;
    assert_eq!(shown(&after), certificate(SECOND));
    assert_eq!(status(&mut after).await, "200");
    assert_eq!(status(&mut before).await, "200");
}

#[tokio::test]
async fn peer_that_does_not_begin_its_handshake_is_let_go() {
    let server = tls_server();
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let mut bytes = [0; 16];
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read(&mut bytes)).await;
    assert!(matches!(read.unwrap(), Ok(0) | Err(_)));
    let mut plain = TcpStream::connect(server.address()).await.unwrap();
    plain
        .write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        .await
        .unwrap();
    let mut rest = Vec::new();
    plain.read_to_end(&mut rest).await.ok();
    assert!(!String::from_utf8_lossy(&rest).contains("HTTP/1.1"));
}

#[test]
fn tls_file_that_cannot_be_used_is_named_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mira.toml");
    let path = file.to_str().unwrap();
    std::fs::write(folder.path().join("empty.pem"), "").unwrap();
    for (text, place, reason) in [
        ("tls_cert = \"none.pem\"", "2:12", "tls_key is missing"),
        ("tls_key = \"none.pem\"", "2:11", "tls_cert is missing"),
        (
            "tls_cert = \"none.pem\"\ntls_key = \"k\"",
            "2:12",
            "none.pem: No such file",
        ),
        (
            "tls_cert = \"empty.pem\"\ntls_key = \"k\"",
            "2:12",
            "empty.pem has no certificate",
        ),
        (
            &format!("tls_cert = \"{FOLDER}/ca.pem\"\ntls_key = \"empty.pem\""),
            "3:11",
            "empty.pem has no unencrypted private key",
        ),
    ] {
        std::fs::write(&file, format!("[server]\n{text}\n")).unwrap();
        let finished = run(BINARY, &["config", "check", path], &[], "");
        let expected = format!("{path}:{place}: ");
        let is_named = finished.stderr.contains(&expected) && finished.stderr.contains(reason);
        assert!(
            is_named && finished.code == Some(1),
            "{text}: {}",
            finished.stderr
        );
    }
}

fn unix_server(socket: &Path) -> Server {
    let options = ServerOptions {
        demo: true,
        listen: Some(format!("127.0.0.1:0,unix:{}", socket.display())),
        ..ServerOptions::default()
    };
    Server::start(BINARY, options)
}

#[tokio::test]
async fn unix_socket_is_served_and_its_peer_believed_as_a_trusted_proxy() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("mira.sock");
    let server = unix_server(&socket);
    server
        .wait_for_stdout(
            &format!("listening on unix:{}", socket.display()),
            Duration::from_secs(5),
        )
        .unwrap();
    let mode = std::fs::metadata(&socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o660);
    let facts = server.demo();
    let admin = signed_in(&server, "admin").await;
    let allowlist = json!({"name": "far", "ip_allowlist": ["203.0.113.7"]});
    let (_, key) = new_key(&admin, &facts.organization_id, allowlist).await;
    let ask = |forwarded: &str| {
        let (key, forwarded) = (format!("Authorization: Bearer {key}"), forwarded.to_owned());
        let socket = socket.to_str().unwrap().to_owned();
        let url = "http://localhost/api/v1/meetings";
        let status = ["-o", "/dev/null", "-w", "%{http_code}"];
        let asked = ["--unix-socket", &socket, "-H", &key, "-H", &forwarded, url];
        curl(&[&status[..], &asked].concat())
    };
    assert_eq!(ask("X-Forwarded-For: 203.0.113.7"), "200");
    assert_eq!(ask("X-Forwarded-For: 203.0.113.7, 203.0.113.8"), "403");
    assert_eq!(ask("X-Other: 1"), "403");
    let direct = server
        .client()
        .with_key(&key)
        .with_header("x-forwarded-for", "203.0.113.7");
    direct
        .get("/api/v1/meetings")
        .await
        .expect(StatusCode::FORBIDDEN);
}

#[test]
fn socket_that_a_killed_server_left_is_replaced_and_nobody_elses_is() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("mira.sock");
    let listen = format!("unix:{}", socket.display());
    unix_server(&socket).kill();
    assert!(socket.exists());
    let server = unix_server(&socket);
    let data = folder.path().join("data");
    let data = data.to_str().unwrap();
    let second = ["serve", "--listen", &listen, "--data", data];
    let refused = run(BINARY, &second, &[], "");
    assert!(
        refused.code == Some(1) && refused.stderr.contains(&listen),
        "{}",
        refused.stderr
    );
    assert!(refused.stderr.contains("in use"), "{}", refused.stderr);
    assert_eq!(server.stop().code, Some(0));
    assert!(!socket.exists());
    std::fs::write(&socket, "precious").unwrap();
    let refused = run(BINARY, &second, &[], "");
    assert!(
        refused.stderr.contains("a file that is no socket"),
        "{}",
        refused.stderr
    );
    assert_eq!(std::fs::read_to_string(&socket).unwrap(), "precious");
}

/// A process that ends with its test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[tokio::test]
async fn socket_of_the_service_manager_is_served_and_it_is_told_when() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let manager = UnixDatagram::bind(folder.path().join("notify")).unwrap();
    manager
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    // A shell moves the socket to where a service manager puts the first one.
    let script = "exec 3<&0 0</dev/null; export LISTEN_PID=$$ LISTEN_FDS=1; exec \"$@\"";
    let child = Command::new("sh")
        .args([
            "-c",
            script,
            "sh",
            BINARY,
            "serve",
            "--listen",
            "127.0.0.1:1",
            "--data",
        ])
        .arg(folder.path().join("data"))
        .env("NOTIFY_SOCKET", folder.path().join("notify"))
        .stdin(Stdio::from(OwnedFd::from(listener)))
        .stdout(Stdio::piped())
        .spawn();
    let mut server = Ended(child.unwrap());
    let mut message = [0; 64];
    let length = manager.recv(&mut message).unwrap();
    assert_eq!(&message[..length], b"READY=1\n");
    Client::new(address)
        .get("/healthz")
        .await
        .expect(StatusCode::OK);
    let stopped = Command::new("kill")
        .arg(server.0.id().to_string())
        .status()
        .unwrap();
    assert!(stopped.success());
    let length = manager.recv(&mut message).unwrap();
    assert_eq!(&message[..length], b"STOPPING=1\n");
    assert!(server.0.wait().unwrap().success());
    let mut printed = String::new();
    server
        .0
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut printed)
        .unwrap();
    assert!(
        printed.contains(&format!("listening on http://{address}")),
        "{printed}"
    );
}
