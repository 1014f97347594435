//! An upstream that writes down, byte for byte, what reaches it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::time::timeout;

/// A listener whose connections are served by a script.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    log: Arc<Log>,
}

#[derive(Default)]
struct Log {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    requests: Vec<Recorded>,
    opened: usize,
    closed: usize,
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// Which connection it came on, from 1.
    pub(crate) connection: usize,
}

/// One connection, as a script sees it.
pub(crate) struct Connection {
    stream: TcpStream,
    number: usize,
    log: Arc<Log>,
    buffer: Vec<u8>,
}

impl Upstream {
    /// Serves each connection by `script`.
    pub(crate) async fn start<F, S>(script: F) -> Self
    where
        F: Fn(Connection) -> S + Send + 'static,
        S: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::serve(listener, script)
    }

    pub(crate) fn serve<F, S>(listener: TcpListener, script: F) -> Self
    where
        F: Fn(Connection) -> S + Send + 'static,
        S: Future<Output = ()> + Send + 'static,
    {
        let address = listener.local_addr().unwrap();
        let log = Arc::<Log>::default();
        let accepting = Arc::clone(&log);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let number = accepting.change(|state| {
                    state.opened += 1;
                    state.opened
                });
                tokio::spawn(script(Connection {
                    stream,
                    number,
                    log: Arc::clone(&accepting),
                    buffer: Vec::new(),
                }));
            }
        });
        Self { address, log }
    }

    /// Answers every request with `answer`, on connections that live on.
    pub(crate) async fn answering(answer: &'static str) -> Self {
        Self::start(move |mut connection| async move {
            while connection.read().await.is_some() {
                connection.write(answer).await;
            }
        })
        .await
    }

    /// What has reached it.
    pub(crate) fn requests(&self) -> Vec<Recorded> {
        self.log.state.lock().unwrap().requests.clone()
    }

    /// The only request that has reached it.
    pub(crate) fn only(&self) -> Recorded {
        let requests = self.requests();
        assert_eq!(requests.len(), 1, "{requests:?}");
        requests.into_iter().next().unwrap()
    }

    /// How many connections were made.
    pub(crate) fn opened(&self) -> usize {
        self.log.state.lock().unwrap().opened
    }

    /// Waits until as many connections have been closed by the other side.
    pub(crate) async fn closed(&self, count: usize) {
        self.until(|state| state.closed >= count).await;
    }

    /// Waits until as many requests have come.
    pub(crate) async fn reached(&self, count: usize) {
        self.until(|state| state.requests.len() >= count).await;
    }

    async fn until(&self, holds: impl Fn(&State) -> bool) {
        let wait = async {
            loop {
                let changed = self.log.changed.notified();
                tokio::pin!(changed);
                changed.as_mut().enable();
                if holds(&self.log.state.lock().unwrap()) {
                    return;
                }
                changed.await;
            }
        };
        timeout(Duration::from_secs(5), wait).await.unwrap();
    }
}

impl Log {
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = change(&mut self.state.lock().unwrap());
        self.changed.notify_waiters();
        changed
    }
}

impl Connection {
    /// Which connection it is, from 1.
    pub(crate) fn number(&self) -> usize {
        self.number
    }

    /// The next request, written down. `None` when the other side has closed.
    pub(crate) async fn read(&mut self) -> Option<Recorded> {
        let head = self.read_head().await?;
        let body = self.read_body(&head).await?;
        let recorded = Recorded {
            head,
            body,
            connection: self.number,
        };
        self.log
            .change(|state| state.requests.push(recorded.clone()));
        Some(recorded)
    }

    /// The next head alone, not written down.
    pub(crate) async fn read_head(&mut self) -> Option<String> {
        let end = loop {
            if let Some(at) = find(&self.buffer, b"\r\n\r\n") {
                break at + 4;
            }
            self.fill().await?;
        };
        let head: Vec<u8> = self.buffer.drain(..end).collect();
        Some(String::from_utf8(head).unwrap())
    }

    /// Some bytes, whatever they are.
    pub(crate) async fn read_some(&mut self) -> Option<Vec<u8>> {
        if self.buffer.is_empty() {
            self.fill().await?;
        }
        Some(std::mem::take(&mut self.buffer))
    }

    /// Writes; whether the other side is still there.
    pub(crate) async fn write(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).await.is_ok()
    }

    /// The bare stream, behind a head.
    pub(crate) fn into_stream(self) -> TcpStream {
        assert!(self.buffer.is_empty(), "nothing may be lost");
        self.stream
    }

    /// Waits until the other side closes.
    pub(crate) async fn closed(mut self) {
        while self.fill().await.is_some() {}
    }

    async fn fill(&mut self) -> Option<()> {
        let mut chunk = [0; 4096];
        match self.stream.read(&mut chunk).await {
            Ok(0) | Err(_) => {
                self.log.change(|state| state.closed += 1);
                None
            }
            Ok(count) => {
                self.buffer.extend_from_slice(&chunk[..count]);
                Some(())
            }
        }
    }

    async fn read_body(&mut self, head: &str) -> Option<Vec<u8>> {
        if head.to_lowercase().contains("transfer-encoding: chunked") {
            while find(&self.buffer, b"0\r\n\r\n").is_none()
                && !(find(&self.buffer, b"\r\n0\r\n").is_some()
                    && self.buffer.ends_with(b"\r\n\r\n"))
            {
                self.fill().await?;
            }
            return Some(std::mem::take(&mut self.buffer));
        }
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            let is_length = name.eq_ignore_ascii_case("content-length");
            is_length.then(|| value.trim().parse().unwrap())
        });
        let length: usize = length.unwrap_or(0);
        while self.buffer.len() < length {
            self.fill().await?;
        }
        Some(self.buffer.drain(..length).collect())
    }
}

impl Recorded {
    /// The request line.
    pub(crate) fn line(&self) -> &str {
        self.head.lines().next().unwrap()
    }

    /// The values of a field, in order, whatever its case.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let fields = self.head.lines().skip(1);
        fields
            .filter_map(|line| line.split_once(':'))
            .filter(|(given, _)| given.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
            .collect()
    }

    /// The value of a field that is there once.
    pub(crate) fn one(&self, name: &str) -> &str {
        let all = self.all(name);
        assert_eq!(all.len(), 1, "{name} in {}", self.head);
        all[0]
    }
}

pub(crate) fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}
