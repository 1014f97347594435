//! The control plane of the installation, through any of its nodes.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;

use crate::clock::Stamp;
use crate::exchange::{Exchange, Reply};

/// Longer than any answer takes, a full lease included.
const PATIENCE: Duration = Duration::from_secs(10);

/// A superadmin's session, which holds on every node.
#[derive(Debug, Clone)]
pub(crate) struct Console {
    cookie: String,
    /// The organization of the demo.
    pub(crate) organization: String,
}

impl Console {
    /// Signs in at a node.
    pub(crate) async fn sign_in(node: SocketAddr, demo: &mira_testkit::Demo) -> io::Result<Self> {
        let user = demo.user("superadmin");
        let mut console = Self {
            cookie: String::new(),
            organization: demo.organization_id.clone(),
        };
        let body = json!({"email": user.email, "password": user.password});
        let reply = console.call(node, "POST", "/v1/sessions", &body).await?;
        let cookie = reply.head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            let is_cookie = name.eq_ignore_ascii_case("set-cookie");
            is_cookie.then(|| value.split(';').next().unwrap_or_default().to_owned())
        });
        console.cookie = cookie.ok_or_else(|| io::Error::other("no session"))?;
        Ok(console)
    }

    /// One call on a connection of its own.
    pub(crate) async fn call(
        &self,
        node: SocketAddr,
        method: &str,
        path: &str,
        body: &Value,
    ) -> io::Result<Reply> {
        let body = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: mira\r\nCookie: {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.cookie,
            body.len()
        );
        let exchange = async {
            let mut exchange = Exchange::open(node).await?;
            exchange.send(|_: Stamp| request).await
        };
        timeout(PATIENCE, exchange).await?
    }

    /// The same for something that is created.
    pub(crate) async fn create(
        &self,
        node: SocketAddr,
        path: &str,
        body: &Value,
    ) -> io::Result<Value> {
        let reply = self.call(node, "POST", path, body).await?;
        match reply.status {
            201 => Ok(reply.json()),
            status => Err(io::Error::other(format!("{path} answered {status}"))),
        }
    }
}
