//! Keys × routes of the products, generated from the route lists: a new route
//! joins by itself.

use http::{Method, StatusCode};
use mira_core::Permission;
use mira_testkit::Client;
use mira_wire::Operation;

use crate::demo_without_limits;

/// A key, what family it is of and what it may do.
struct Holder<'k> {
    key: &'k str,
    opens: &'k str,
    permissions: &'k [Permission],
}

async fn status(client: &Client, prefix: &str, operation: &Operation) -> (StatusCode, String) {
    let path = operation
        .path
        .replace("{id}", "00000000-0000-7000-8000-000000000000");
    let method = Method::from_bytes(operation.method.as_bytes()).unwrap();
    let request = client.json_request(method, &format!("{prefix}{path}"), &serde_json::json!({}));
    let answer = client.send(request).await;
    (answer.status, answer.code().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn every_route_of_a_product_opens_for_its_keys_and_for_no_others() {
    let server = demo_without_limits();
    let keys = server.demo().keys;
    let products = [
        (mira_meetings::PREFIX, mira_meetings::OPERATIONS),
        (mira_network::VERIFY_PREFIX, mira_network::VERIFY_OPERATIONS),
        (
            mira_network::INFERENCE_PREFIX,
            mira_network::INFERENCE_OPERATIONS,
        ),
    ];
    let (api, verify, inference) = (products[0].0, products[1].0, products[2].0);
    let holders = [
        Holder {
            key: &keys.read,
            opens: api,
            permissions: &[Permission::Read],
        },
        Holder {
            key: &keys.write,
            opens: api,
            permissions: &[Permission::Write],
        },
        Holder {
            key: &keys.admin,
            opens: api,
            permissions: Permission::ALL,
        },
        Holder {
            key: &keys.verify,
            opens: verify,
            permissions: &[],
        },
        Holder {
            key: &keys.inference,
            opens: inference,
            permissions: &[],
        },
        Holder {
            key: &keys.console,
            opens: "nothing",
            permissions: &[],
        },
    ];
    let mut rows = 0;
    for (prefix, operations) in products {
        for operation in operations {
            let row = format!("{} {prefix}{}", operation.method, operation.path);
            rows += 1;
            let nobody = status(&server.client(), prefix, operation).await;
            let expected = if operation.is_public {
                ""
            } else {
                "missing_key"
            };
            assert_eq!(nobody.1, expected, "{row} without a key");
            for holder in &holders {
                let client = server.client().with_key(holder.key);
                let (status, code) = status(&client, prefix, operation).await;
                let is_allowed = operation
                    .permission
                    .is_none_or(|wanted| holder.permissions.contains(&wanted));
                let key = &holder.key[..14];
                match (operation.is_public, holder.opens == prefix, is_allowed) {
                    (true, ..) => assert_eq!(status, StatusCode::OK, "{row} {key}"),
                    (false, false, _) => assert_eq!(code, "wrong_service", "{row} {key}"),
                    (false, true, false) => assert_eq!(code, "missing_permission", "{row} {key}"),
                    (false, true, true) => assert!(
                        !matches!(status.as_u16(), 401..=403 | 405 | 500..),
                        "{row} {key} {status}"
                    ),
                }
            }
        }
    }
    assert!(rows >= 16, "a route list is empty");
}
