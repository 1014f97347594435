//! Who a request comes from, as headers for whoever stands behind us.

use http::{HeaderMap, HeaderName, HeaderValue};
use mira_core::{AppId, Grant, KeyId, OrganizationId};
use mira_wire::{Fields, REQUEST_ID_HEADER, RequestId};

use crate::spelling::{begins_as, reads_as};

const KEY_ID: HeaderName = HeaderName::from_static("x-mira-key-id");
const ORGANIZATION_ID: HeaderName = HeaderName::from_static("x-mira-organization-id");
const APP_ID: HeaderName = HeaderName::from_static("x-mira-app-id");
const SERVICE: HeaderName = HeaderName::from_static("x-mira-service");
const ENVIRONMENT: HeaderName = HeaderName::from_static("x-mira-environment");
const PERMISSIONS: HeaderName = HeaderName::from_static("x-mira-permissions");

/// As many as are said, at most.
const IDENTITY_FIELDS: usize = 7;

/// As long as their values are together, usually.
const IDENTITY_LENGTH: usize = 192;

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
    let mut fields = Fields::<5>::with_capacity(IDENTITY_LENGTH);
    let organization_id = grant.organization_id();
    let key_id = grant.key_id();
    fields.push(KEY_ID, key_id.encode(&mut [0; KeyId::LENGTH]).as_bytes());
    fields.push(
        ORGANIZATION_ID,
        organization_id
            .encode(&mut [0; OrganizationId::LENGTH])
            .as_bytes(),
    );
    if let Some(app_id) = grant.app_id() {
        fields.push(APP_ID, app_id.encode(&mut [0; AppId::LENGTH]).as_bytes());
    }
    if let Some(service) = grant.service() {
        fields.push(SERVICE, service.as_str().as_bytes());
    }
    fields.push(
        REQUEST_ID_HEADER,
        request_id.encode(&mut [0; RequestId::LENGTH]).as_bytes(),
    );
    fields.set(headers);
    if !grant.permissions().is_empty() {
        let permissions = HeaderValue::from_static(grant.permissions().as_str());
        headers.insert(PERMISSIONS, permissions);
    }
    let environment = HeaderValue::from_static(grant.environment().as_str());
    headers.insert(ENVIRONMENT, environment);
}
