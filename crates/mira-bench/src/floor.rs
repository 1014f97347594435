//! Servers that do nothing but answer: what the parts cost that nobody can do
//! without.

use std::convert::Infallible;
use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// Serves a bare hyper handler on `address` that answers everything with the
/// headers and the body of the response in `file`, as it came over the wire.
pub(crate) fn run(address: SocketAddr, file: &str) {
    let text = std::fs::read_to_string(file).expect("the answer can be read");
    let (head, body) = text.split_once("\r\n\r\n").expect("it is a response");
    let mut headers = HeaderMap::new();
    for line in head.lines().skip(1) {
        let (name, value) = line.split_once(": ").expect("a field has a name");
        // The library writes these itself.
        if !["date", "connection", "content-length", "transfer-encoding"].contains(&name) {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("it is a name");
            headers.append(name, HeaderValue::from_str(value).expect("it is a value"));
        }
    }
    let body = Bytes::copy_from_slice(body.as_bytes());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime
        .expect("a runtime")
        .block_on(serve(address, headers, body));
}

async fn serve(address: SocketAddr, headers: HeaderMap, body: Bytes) {
    let listener = TcpListener::bind(address).await.expect("the port is free");
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        stream.set_nodelay(true).ok();
        let (headers, body) = (headers.clone(), body.clone());
        let service = service_fn(move |_: Request<Incoming>| {
            let mut response = Response::new(Full::new(body.clone()));
            response.headers_mut().reserve(headers.len());
            for (name, value) in &headers {
                response.headers_mut().append(name, value.clone());
            }
            async move { Ok::<_, Infallible>(response) }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}
