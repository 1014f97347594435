//! A plain HTTP client that changes nothing on the way: a fresh connection for
//! every request, no redirects, and any status is an answer.

use std::net::SocketAddr;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::connection::PATIENCE;
use crate::cookies::Cookies;
use crate::{Connection, DemoUser, Events};

/// A client of one server. Clones share its cookies.
#[derive(Debug, Clone)]
pub struct Client {
    address: SocketAddr,
    headers: HeaderMap,
    cookies: Cookies,
}

/// An answer, whatever its status.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Client {
    /// A client without credentials and cookies.
    pub fn new(address: SocketAddr) -> Self {
        Self {
            address,
            headers: HeaderMap::new(),
            cookies: Cookies::default(),
        }
    }

    /// Sends one more field with every request.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a field name");
        let value = HeaderValue::from_str(value).expect("a field value");
        self.headers.append(name, value);
        self
    }

    /// Presents `key` with every request.
    pub fn with_key(mut self, key: &str) -> Self {
        self.headers.remove(AUTHORIZATION);
        self.with_header("authorization", &format!("Bearer {key}"))
    }

    /// Signs in at the console and keeps the cookie.
    pub async fn sign_in(&self, user: &DemoUser) -> Answer {
        let body = json!({"email": user.email, "password": user.password});
        let answer = self.post("/v1/sessions", &body).await;
        answer.expect(StatusCode::CREATED)
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// POST of JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.json_request(Method::POST, path, body)).await
    }

    /// PUT of JSON.
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(self.json_request(Method::PUT, path, body)).await
    }

    /// PATCH of JSON.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(self.json_request(Method::PATCH, path, body))
            .await
    }

    /// A request without a body, with this client's fields and cookies.
    pub fn request(&self, method: Method, path: &str) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::default());
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().expect("a path");
        let host = HeaderValue::from_str(&self.address.to_string());
        let headers = request.headers_mut();
        headers.insert(HOST, host.expect("an address is a field value"));
        headers.extend(self.headers.clone());
        if let Some(cookie) = self.cookies.header() {
            headers.insert(COOKIE, cookie);
        }
        request
    }

    /// The same with a JSON body.
    pub fn json_request(&self, method: Method, path: &str, body: &Value) -> Request<Full<Bytes>> {
        let mut request = self.request(method, path);
        let json = HeaderValue::from_static("application/json");
        request.headers_mut().insert(CONTENT_TYPE, json);
        *request.body_mut() = Full::from(body.to_string());
        request
    }

    /// Sends a request on a connection of its own.
    pub async fn send(&self, request: Request<Full<Bytes>>) -> Answer {
        let answer = self.connect().await.send(request).await;
        self.cookies.take(&answer.headers);
        answer
    }

    /// POST of JSON that is answered by events. The head of the answer has come
    /// when this returns.
    pub async fn post_for_events(&self, path: &str, body: &Value) -> Events {
        let request = self.json_request(Method::POST, path, body);
        let mut connection = self.connect().await;
        let answer = timeout(PATIENCE, connection.begin(request)).await;
        let answer = answer.expect("an answer begins in time");
        Events::new(answer.expect("the server answers"))
    }

    /// A connection for several requests. Cookies set on it are not kept.
    pub async fn connect(&self) -> Connection {
        Connection::open(self.address).await
    }
}

impl Answer {
    /// Itself, if it has this status.
    #[track_caller]
    pub fn expect(self, status: StatusCode) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        let json = serde_json::from_slice(&self.body);
        json.unwrap_or_else(|reason| panic!("not JSON ({reason}): {}", self.text()))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A field, if it is there and plain text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The stable code of a refusal.
    pub fn code(&self) -> Option<&str> {
        self.header("x-mira-code")
    }
}
