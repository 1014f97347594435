//! What this product offers, as data.

use mira_core::Permission;
use mira_wire::Operation;

/// What every path of the product begins with.
pub const PREFIX: &str = "/api/v1";

/// The operations, below [`PREFIX`].
pub const OPERATIONS: &[Operation] = &[
    Operation::new("GET", "/openapi.json"),
    read("GET", "/meetings"),
    read("GET", "/meetings/{id}"),
    read("GET", "/meetings/{id}/report"),
    admin("POST", "/meetings"),
    admin("DELETE", "/meetings/{id}"),
    admin("PUT", "/meetings/{id}/transcript"),
    read("GET", "/templates"),
    read("GET", "/templates/{id}"),
    write("POST", "/templates"),
    write("PATCH", "/templates/{id}"),
    write("DELETE", "/templates/{id}"),
    read("GET", "/team/stats"),
    read("GET", "/insights"),
    read("GET", "/roleplay/sessions"),
    read("GET", "/roleplay/sessions/{id}"),
    write("POST", "/roleplay/sessions"),
    write("POST", "/roleplay/sessions/{id}/messages"),
    write("POST", "/roleplay/sessions/{id}/complete"),
];

const fn read(method: &'static str, path: &'static str) -> Operation {
    Operation::new(method, path).with_permission(Permission::Read)
}

const fn write(method: &'static str, path: &'static str) -> Operation {
    Operation::new(method, path).with_permission(Permission::Write)
}

const fn admin(method: &'static str, path: &'static str) -> Operation {
    Operation::new(method, path).with_permission(Permission::Admin)
}
