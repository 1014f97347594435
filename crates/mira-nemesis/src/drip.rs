//! An upstream behind the gateway: it streams for as long as somebody reads, and
//! takes notes of whatever reaches it, so that a request counts as accepted
//! although its client saw an error.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::clock::Stamp;

/// Twenty events a second.
const PAUSE: Duration = Duration::from_millis(50);
const STREAM: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
const EVENT: &[u8] = b"9\r\ndata: 1\n\n\r\n";
const NOTED: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

/// The upstream, ended when dropped.
pub(crate) struct Drip {
    pub(crate) address: SocketAddr,
    watchers: Watchers,
    accepting: tokio::task::JoinHandle<()>,
}

/// Who is told when a request of a key arrives, and when that was sent.
pub(crate) trait Watcher: Send + Sync {
    fn forwarded(&self, sent_at: Stamp);
}

type Watchers = Arc<Mutex<HashMap<String, Arc<dyn Watcher>>>>;

impl Drip {
    pub(crate) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let watchers = Watchers::default();
        Ok(Self {
            address: listener.local_addr()?,
            watchers: Arc::clone(&watchers),
            accepting: tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(serve(stream, Arc::clone(&watchers)));
                }
            }),
        })
    }

    /// Takes notes of this key from now on.
    pub(crate) fn watch(&self, key_id: &str, watcher: Arc<dyn Watcher>) {
        let mut watchers = self.watchers.lock().unwrap_or_else(PoisonError::into_inner);
        watchers.insert(key_id.to_owned(), watcher);
    }
}

impl Drop for Drip {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(mut stream: TcpStream, watchers: Watchers) {
    let mut bytes = vec![0; 16 * 1024];
    // The gateway sends a request when the one before was answered.
    while let Ok(length @ 1..) = stream.read(&mut bytes).await {
        let head = String::from_utf8_lossy(bytes.get(..length).unwrap_or_default());
        if head.starts_with("GET /drip/stream") {
            drip(stream).await;
            return;
        }
        note(&head, &watchers);
        if stream.write_all(NOTED).await.is_err() {
            return;
        }
    }
}

async fn drip(mut stream: TcpStream) {
    let mut is_open = stream.write_all(STREAM).await.is_ok();
    while is_open {
        is_open = stream.write_all(EVENT).await.is_ok();
        tokio::time::sleep(PAUSE).await;
    }
}

fn note(head: &str, watchers: &Watchers) {
    let sent = head
        .lines()
        .next()
        .and_then(|line| line.split_once("sent="))
        .and_then(|(_, rest)| rest.split(' ').next()?.parse().ok());
    let key_id = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("x-mira-key-id")
            .then(|| value.trim())
    });
    let (Some(sent), Some(key_id)) = (sent, key_id) else {
        return;
    };
    let watchers = watchers.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(watcher) = watchers.get(key_id) {
        watcher.forwarded(Stamp::of_nanos(sent));
    }
}
