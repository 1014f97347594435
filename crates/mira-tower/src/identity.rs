//! Who a request comes from, as headers for whoever stands behind us.

use http::{HeaderMap, HeaderName, HeaderValue};
use mira_core::{AppId, Grant, KeyId, OrganizationId};
use mira_wire::{REQUEST_ID_HEADER, RequestId, set_fields};

use crate::spelling::{begins_as, reads_as};

const KEY_ID: HeaderName = HeaderName::from_static("x-mira-key-id");
const ORGANIZATION_ID: HeaderName = HeaderName::from_static("x-mira-organization-id");
const APP_ID: HeaderName = HeaderName::from_static("x-mira-app-id");
const SERVICE: HeaderName = HeaderName::from_static("x-mira-service");
const ENVIRONMENT: HeaderName = HeaderName::from_static("x-mira-environment");
const PERMISSIONS: HeaderName = HeaderName::from_static("x-mira-permissions");

/// As many as are said, at most.
const IDENTITY_FIELDS: usize = 7;

/// Where a key is, or where somebody takes one to be.
const KEY: [&str; 2] = ["authorization", "x-api-key"];

/// Whether `name` reads as one of ours, in any spelling. The whole family is
/// ours, so that a header we add tomorrow is not forged today.
pub fn is_identity(name: &str) -> bool {
    begins_as(name, "x-mira-")
}

/// Whether a field of this name is between a client and Mira: the key, or who Mira
/// says is there, in any spelling. Nobody behind Mira gets it from a client.
pub fn is_for_mira(name: &str) -> bool {
    is_identity(name) || KEY.iter().any(|key| reads_as(name, key))
}

/// Says who is behind `grant`. What the key does not have is not said.
pub fn set_identity(headers: &mut HeaderMap, grant: &Grant, request_id: RequestId) {
    headers.reserve(IDENTITY_FIELDS);
    let (key_id, organization_id) = (grant.key_id(), grant.organization_id());
    let (app_id, service) = (grant.app_id(), grant.service());
    let (mut key, mut organization, mut app, mut request) = (
        [0; KeyId::LENGTH],
        [0; OrganizationId::LENGTH],
        [0; AppId::LENGTH],
        [0; RequestId::LENGTH],
    );
    let fields = [
        Some((KEY_ID, key_id.encode(&mut key))),
        Some((ORGANIZATION_ID, organization_id.encode(&mut organization))),
        app_id.as_ref().map(|id| (APP_ID, id.encode(&mut app))),
        service.as_ref().map(|service| (SERVICE, service.as_str())),
        Some((REQUEST_ID_HEADER, request_id.encode(&mut request))),
    ];
    let fields = fields.into_iter().flatten();
    set_fields(headers, fields.map(|(name, text)| (name, text.as_bytes())));
    if !grant.permissions().is_empty() {
        let permissions = HeaderValue::from_static(grant.permissions().as_str());
        headers.insert(PERMISSIONS, permissions);
    }
    let environment = HeaderValue::from_static(grant.environment().as_str());
    headers.insert(ENVIRONMENT, environment);
}
