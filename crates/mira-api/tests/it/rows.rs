//! The access matrix: for each route, what each role is answered.

use mira_console::Webhook;
use mira_core::{App, DeliveryId, KeyRecord, Role, User};
use serde_json::{Value, json};

use crate::scene::{Scene, Who};

/// What each role is answered on each route, with a body that is good for it. A
/// key with `admin` is answered as an admin; the stranger is an admin of another
/// tenant.
const MATRIX: &str = "
METHOD PATH                                         nobody member admin root stranger
POST   /v1/sessions                                   401    401    401   401  401
DELETE /v1/sessions/current                           401    404    404   404  404
GET    /v1/me                                         401    200    200   200  200
GET    /v1/organizations                              401    200    200   200  200
POST   /v1/organizations                              401    403    403   201  403
GET    /v1/organizations/{org}                        401    200    200   200  404
PATCH  /v1/organizations/{org}                        401    403    200   200  404
PUT    /v1/organizations/{org}/subscription           401    403    403   200  404
GET    /v1/organizations/{org}/members                401    200    200   200  404
POST   /v1/organizations/{org}/members                401    403    201   201  404
PATCH  /v1/organizations/{org}/members/{user}         401    403    200   200  404
DELETE /v1/organizations/{org}/members/{user}         401    403    200   200  404
GET    /v1/organizations/{org}/keys                   401    200    200   200  404
POST   /v1/organizations/{org}/keys                   401    403    201   201  404
GET    /v1/organizations/{org}/apps                   401    200    200   200  404
POST   /v1/organizations/{org}/apps                   401    403    201   201  404
GET    /v1/apps/{app}                                 401    200    200   200  404
PATCH  /v1/apps/{app}                                 401    403    200   200  404
DELETE /v1/apps/{app}                                 401    403    200   200  404
GET    /v1/apps/{app}/keys                            401    200    200   200  404
POST   /v1/apps/{app}/keys                            401    403    201   201  404
POST   /v1/apps/{app}/keys/revoke                     401    403    200   200  404
GET    /v1/apps/{app}/transactions                    401    200    200   200  404
POST   /v1/apps/{app}/topups                          401    403    403   201  404
POST   /v1/apps/{app}/adjustments                     401    403    403   201  404
GET    /v1/keys/{key}                                 401    200    200   200  404
PATCH  /v1/keys/{key}                                 401    403    200   200  404
POST   /v1/keys/{key}/rotate                          401    403    201   201  404
POST   /v1/keys/{key}/suspend                         401    403    200   200  404
POST   /v1/keys/{key}/resume                          401    403    200   200  404
POST   /v1/keys/{key}/revoke                          401    403    200   200  404
POST   /v1/keys/verify                                401    200    200   200  200
GET    /v1/organizations/{org}/webhooks               401    403    200   200  404
POST   /v1/organizations/{org}/webhooks               401    403    201   201  404
GET    /v1/webhooks/{webhook}                         401    403    200   200  404
PATCH  /v1/webhooks/{webhook}                         401    403    200   200  404
DELETE /v1/webhooks/{webhook}                         401    403    204   204  404
POST   /v1/webhooks/{webhook}/rotate-secret           401    403    201   201  404
GET    /v1/webhooks/{webhook}/deliveries              401    403    200   200  404
POST   /v1/webhooks/{webhook}/deliveries/{delivery}/redeliver 401 403  200   200  404
GET    /v1/organizations/{org}/usage                  401    200    200   200  404
GET    /v1/organizations/{org}/refusals               401    403    200   200  404
GET    /v1/organizations/{org}/audit-events           401    403    200   200  404
GET    /v1/audit/verify                               401    403    403   200  403
GET    /v1/openapi.json                               200    200    200   200  200
";

/// One route, and the status for each role.
pub(crate) struct Row {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) body: Option<Value>,
    nobody: u16,
    member: u16,
    admin: u16,
    root: u16,
    stranger: u16,
}

/// Every route.
pub(crate) fn rows() -> Vec<Row> {
    let lines = MATRIX.trim().lines().skip(1);
    lines
        .map(|line| row(&line.split_whitespace().collect::<Vec<_>>()))
        .collect()
}

fn row(columns: &[&'static str]) -> Row {
    let [method, path, statuses @ ..] = columns else {
        panic!("a row has a method and a path");
    };
    let status = |at: usize| statuses[at].parse().unwrap();
    Row {
        method,
        path,
        body: body(method, path),
        nobody: status(0),
        member: status(1),
        admin: status(2),
        root: status(3),
        stranger: status(4),
    }
}

/// A body that is good for the route.
fn body(method: &str, path: &str) -> Option<Value> {
    Some(match (method, path) {
        ("GET" | "DELETE", _) => return None,
        (_, "/v1/sessions") => json!({"email": "nobody@example.com", "password": "wrong"}),
        ("PUT", _) => json!({"plan": "business", "status": "active"}),
        (_, "/v1/organizations/{org}/members") => {
            json!({"email": "new@example.com", "role": "member"})
        }
        (_, "/v1/organizations/{org}/members/{user}") => json!({"role": "admin"}),
        (_, "/v1/apps/{app}/keys/revoke") => json!({"environment": "staging"}),
        (_, "/v1/apps/{app}/keys") => json!({"service": "verify"}),
        (_, "/v1/apps/{app}/topups" | "/v1/apps/{app}/adjustments") => {
            json!({"amount": 1.5, "reason": "Invoice"})
        }
        ("POST", path) if path.starts_with("/v1/webhooks/") => json!({}),
        ("POST", "/v1/organizations/{org}/webhooks") => {
            json!({"url": "http://127.0.0.1:9/hooks", "events": ["report.completed"]})
        }
        ("PATCH", "/v1/webhooks/{webhook}") => json!({"is_enabled": false}),
        (_, "/v1/keys/verify") => json!({"key": "x"}),
        ("POST", path) if path.starts_with("/v1/keys/") => json!({}),
        _ => json!({"name": "New"}),
    })
}

impl Row {
    /// The roles, by name, and what each is answered.
    pub(crate) fn cases<'s>(&self, scene: &'s Scene) -> [(&'static str, &'s Who, u16); 6] {
        [
            ("nobody", &Who::Nobody, self.nobody),
            ("member", &scene.member, self.member),
            ("admin", &scene.admin, self.admin),
            ("admin key", &scene.admin_key, self.admin),
            ("superadmin", &scene.root, self.root),
            ("stranger", &scene.stranger, self.stranger),
        ]
    }
}

/// New things of Acme for one row to be tried on.
pub(crate) struct Targets {
    pub(crate) user: User,
    pub(crate) app: App,
    pub(crate) key: KeyRecord,
    pub(crate) webhook: Webhook,
    pub(crate) delivery: DeliveryId,
}

impl Targets {
    pub(crate) async fn new(scene: &Scene) -> Self {
        scene.forget_webhooks().await;
        let webhook = scene.webhook().await;
        Self {
            delivery: scene.delivery(webhook.id).await,
            webhook,
            user: scene.person(&scene.acme, Role::Member).await,
            app: scene.app().await,
            key: scene.key().await,
        }
    }

    pub(crate) fn path(&self, scene: &Scene, template: &str) -> String {
        template
            .replace("{org}", &scene.acme.id.to_string())
            .replace("{user}", &self.user.id.to_string())
            .replace("{app}", &self.app.id.to_string())
            .replace("{key}", &self.key.facts.id.to_string())
            .replace("{webhook}", &self.webhook.id.to_string())
            .replace("{delivery}", &self.delivery.to_string())
    }
}
