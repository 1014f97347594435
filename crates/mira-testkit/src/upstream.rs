//! A server behind a gateway or a proxy, which notes what reaches it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, Method, Request, Response, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::Body;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// One request that reached an upstream as a whole.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The method.
    pub method: Method,
    /// The request target.
    pub target: Uri,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// An HTTP/1.1 server that answers `200 hello` and remembers. Clones are one.
#[derive(Debug, Clone)]
pub struct Upstream {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Upstream {
    /// Starts one; it ends with the test's runtime.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("loopback has free ports");
        let address = listener.local_addr().expect("a listener has an address");
        let seen = Arc::default();
        let upstream = Self { address, seen };
        let serving = upstream.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let upstream = serving.clone();
                let service = service_fn(move |request| upstream.clone().answer(request));
                let connection =
                    http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                tokio::spawn(connection);
            }
        });
        upstream
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Everything that has reached it.
    pub fn seen(&self) -> Vec<Seen> {
        self.lock().clone()
    }

    /// Takes what has reached it since the last time.
    pub fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.lock())
    }

    /// What it answers; also for a server in the test's own process.
    pub async fn answer<B: Body>(
        self,
        request: Request<B>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let (head, body) = request.into_parts();
        // A body that breaks off was no whole request; its head reached us all the same.
        let body = body
            .collect()
            .await
            .map(http_body_util::Collected::to_bytes);
        self.lock().push(Seen {
            method: head.method,
            target: head.uri,
            headers: head.headers,
            body: body.unwrap_or_default(),
        });
        let mut answer = Response::new(Full::from("hello"));
        let text = HeaderValue::from_static("text/plain");
        answer.headers_mut().insert(CONTENT_TYPE, text);
        Ok(answer)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
