//! One kept-alive HTTP/1.1 connection.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::Answer;

/// The longest wait for an answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A connection to a server; requests on it go one after the other.
pub struct Connection(SendRequest<Full<Bytes>>);

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await;
        let stream = stream.expect("the server accepts connections");
        stream.set_nodelay(true).expect("a socket has options");
        let handshake = handshake(TokioIo::new(stream)).await;
        let (sender, driver) = handshake.expect("a connection begins");
        // It ends with the connection, whose fault a request reports.
        tokio::spawn(driver);
        Self(sender)
    }

    /// Sends one request and waits for the whole answer.
    pub async fn send(&mut self, request: Request<Full<Bytes>>) -> Answer {
        self.try_send(request).await.expect("the server answers")
    }

    /// The same where the server may have closed the connection.
    pub async fn try_send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Answer, hyper::Error> {
        let exchange = async {
            let (head, body) = self.begin(request).await?.into_parts();
            let body = body.collect().await?.to_bytes();
            Ok(Answer {
                status: head.status,
                headers: head.headers,
                body,
            })
        };
        timeout(PATIENCE, exchange)
            .await
            .expect("an answer comes in time")
    }

    /// Sends one request and returns as soon as the answer begins.
    pub(crate) async fn begin(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, hyper::Error> {
        self.0.ready().await?;
        self.0.send_request(request).await
    }
}
