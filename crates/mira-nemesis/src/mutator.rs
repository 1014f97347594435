//! Every way to kill a key or to take from it what it was used for.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::clock::Stamp;
use crate::console::Console;
use crate::exchange::Reply;
use crate::record::Record;
use crate::victim::{Door, Victim};

/// A mutation that tightens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mutator {
    Revoke,
    Suspend,
    Rotate,
    NarrowPermissions,
    NarrowAddresses,
    SuspendOrganization,
    LapseSubscription,
    DeleteApp,
}

/// A fresh key, and the call that will kill it.
pub(crate) struct Doomed {
    pub(crate) victim: Arc<Victim>,
    pub(crate) mutator: Mutator,
    /// The key's id.
    pub(crate) id: String,
    method: &'static str,
    path: String,
    body: Value,
}

impl Mutator {
    const ALL: [Self; 8] = [
        Self::Revoke,
        Self::Suspend,
        Self::Rotate,
        Self::NarrowPermissions,
        Self::NarrowAddresses,
        Self::SuspendOrganization,
        Self::LapseSubscription,
        Self::DeleteApp,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Revoke => "revoke",
            Self::Suspend => "suspend",
            Self::Rotate => "rotate",
            Self::NarrowPermissions => "permissions",
            Self::NarrowAddresses => "addresses",
            Self::SuspendOrganization => "organization",
            Self::LapseSubscription => "subscription",
            Self::DeleteApp => "app",
        }
    }

    /// Mostly the plain one.
    pub(crate) fn choose(chance: &mut fastrand::Rng) -> Self {
        if chance.u8(..10) < 6 {
            return Self::Revoke;
        }
        let other = chance.usize(1..Self::ALL.len());
        Self::ALL.get(other).copied().unwrap_or(Self::Revoke)
    }

    /// Makes a key for it.
    pub(crate) async fn prepare(
        self,
        console: &Console,
        node: SocketAddr,
        nodes: usize,
        record: &Arc<Record>,
    ) -> io::Result<Doomed> {
        let organization = match self {
            Self::SuspendOrganization | Self::LapseSubscription => {
                new_organization(console, node).await?
            }
            _ => console.organization.clone(),
        };
        let (door, parent, body) = if self == Self::DeleteApp {
            let path = format!("/v1/organizations/{organization}/apps");
            let app = console
                .create(node, &path, &json!({"name": "doomed"}))
                .await?;
            let body = json!({"name": "doomed", "service": "inference"});
            (
                Door::Inference,
                format!("/v1/apps/{}", text(&app, "id")),
                body,
            )
        } else {
            let body = json!({"name": "doomed", "permissions": ["read", "write"]});
            (
                Door::Organization,
                format!("/v1/organizations/{organization}"),
                body,
            )
        };
        let made = console
            .create(node, &format!("{parent}/keys"), &body)
            .await?;
        let id = text(&made, "id");
        let (method, path, body) = self.call(&id, &parent);
        Ok(Doomed {
            victim: Victim::new(text(&made, "key"), door, nodes, record),
            mutator: self,
            id,
            method,
            path,
            body,
        })
    }

    fn call(self, key: &str, parent: &str) -> (&'static str, String, Value) {
        let canceled = json!({"plan": "business", "status": "canceled"});
        let of_key = |verb: &str| format!("/v1/keys/{key}{verb}");
        match self {
            Self::Revoke => ("POST", of_key("/revoke"), json!({"reason": "leaked"})),
            Self::Suspend => ("POST", of_key("/suspend"), json!({})),
            Self::Rotate => ("POST", of_key("/rotate"), json!({"grace_period_secs": 0})),
            Self::NarrowPermissions => ("PATCH", of_key(""), json!({"permissions": ["read"]})),
            Self::NarrowAddresses => ("PATCH", of_key(""), json!({"ip_allowlist": ["192.0.2.1"]})),
            Self::SuspendOrganization => {
                ("PATCH", parent.to_owned(), json!({"state": "suspended"}))
            }
            Self::LapseSubscription => ("PUT", format!("{parent}/subscription"), canceled),
            Self::DeleteApp => ("DELETE", parent.to_owned(), Value::Null),
        }
    }
}

impl Doomed {
    /// Sends the mutation to a node. One that cannot be repeated, because its
    /// first attempt may have been committed, is followed by a plain revocation.
    pub(crate) async fn kill(
        &self,
        console: &Console,
        node: SocketAddr,
        attempt: u32,
    ) -> io::Result<Reply> {
        self.victim.begin_kill();
        if attempt > 0 && matches!(self.mutator, Mutator::Rotate | Mutator::DeleteApp) {
            let path = format!("/v1/keys/{}/revoke", self.id);
            return console.call(node, "POST", &path, &json!({})).await;
        }
        console
            .call(node, self.method, &self.path, &self.body)
            .await
    }

    /// Whether an answer says that the key is dead, and how that is known.
    pub(crate) fn proof(reply: &Reply) -> Option<(String, Stamp)> {
        let body = reply.json();
        let effective = body.get("effective").and_then(Value::as_bool);
        let is_effective = matches!(reply.status, 200 | 201) && effective == Some(true);
        is_effective.then(|| (text(&body, "proof"), reply.read_at))
    }
}

async fn new_organization(console: &Console, node: SocketAddr) -> io::Result<String> {
    let made = console
        .create(node, "/v1/organizations", &json!({"name": "Doomed"}))
        .await?;
    let id = text(&made, "id");
    let path = format!("/v1/organizations/{id}/subscription");
    let active = json!({"plan": "business", "status": "active"});
    let reply = console.call(node, "PUT", &path, &active).await?;
    match reply.status {
        200 => Ok(id),
        status => Err(io::Error::other(format!("{path} answered {status}"))),
    }
}

fn text(body: &Value, member: &str) -> String {
    body.get(member)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}
