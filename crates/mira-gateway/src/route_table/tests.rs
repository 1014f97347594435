use std::sync::Arc;

use http::Method;
use mira_core::{Audience, Environments, Permission};
use mira_key::ServiceName;
use mira_wire::{Dialect, Operation};

use super::{Mount, Route, RouteTable, Target};
use crate::{HeaderRules, Service, Upstream, UpstreamOptions};

fn service(name: &str, audience: Audience, methods: Option<Vec<(Method, Permission)>>) -> Service {
    let origin = "http://127.0.0.1:9".parse().unwrap();
    Service {
        name: name.parse().unwrap(),
        prefix: format!("/{name}"),
        upstream: Arc::new(Upstream::new(&origin, UpstreamOptions::default()).unwrap()),
        audience,
        environments: Environments::ALL,
        methods,
        is_metered: true,
        headers: HeaderRules::default(),
    }
}

fn table() -> RouteTable {
    let mount = Mount {
        prefix: "/api/v1".to_owned(),
        dialect: Dialect::MiraApi,
        audience: Audience::Organization,
        environments: Environments::ALL,
        limits_address: true,
        operations: vec![
            Operation::new("GET", "/meetings").with_permission(Permission::Read),
            Operation::new("POST", "/meetings").with_permission(Permission::Admin),
            Operation::new("DELETE", "/meetings/{id}").with_permission(Permission::Admin),
            Operation::new("GET", "/health").public(),
        ],
    };
    let weather = Audience::Service(ServiceName::parse(b"weather").unwrap());
    let listed = vec![
        (Method::GET, Permission::Read),
        (Method::POST, Permission::Write),
    ];
    RouteTable::new(vec![mount]).with_services(vec![
        service("weather", weather, None),
        service("reports", Audience::Organization, Some(listed)),
    ])
}

/// The key that a request needs, and what it is told once it has shown one.
fn outcome(method: &str, path: &str) -> String {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let table = table();
    let (target, access) = match table.find(&method, path) {
        Route::Open => return "open".to_owned(),
        Route::Public(_) => return "public".to_owned(),
        Route::Protected(target, access) => (target, access),
    };
    let permission = access.permission.map_or("any", Permission::as_str);
    let metered = if access.is_metered { " metered" } else { "" };
    let told = match target.check(&method, path) {
        Ok(()) => String::new(),
        Err(refusal) => {
            let headers = refusal.headers();
            let allow = headers.get("allow").map(|allow| allow.to_str().unwrap());
            format!(", {} {}", refusal.status().as_u16(), allow.unwrap_or("-"))
        }
    };
    format!("{permission}{metered}{told}")
}

#[test]
fn every_path_below_a_prefix_needs_a_key_before_it_is_told_anything() {
    for (method, path, expected) in [
        ("GET", "/api/v1/meetings", "read"),
        ("HEAD", "/api/v1/meetings", "read"),
        ("POST", "/api/v1/meetings", "admin"),
        ("PUT", "/api/v1/meetings", "any, 405 GET,HEAD,POST"),
        ("get", "/api/v1/meetings", "any, 405 GET,HEAD,POST"),
        ("OPTIONS", "/api/v1/meetings", "any, 405 GET,HEAD,POST"),
        ("GET", "/api/v1/meetings/", "any, 404 -"),
        ("DELETE", "/api/v1/meetings/1", "admin"),
        ("DELETE", "/api/v1/meetings/", "any, 404 -"),
        ("DELETE", "/api/v1/meetings/1/2", "any, 404 -"),
        ("GET", "/api/v1", "any, 404 -"),
        ("GET", "/api/v1/", "any, 404 -"),
        ("GET", "/api/v1/health", "public"),
        ("GET", "/api/v1x/meetings", "open"),
        ("GET", "/API/v1/meetings", "open"),
        ("GET", "/", "open"),
    ] {
        assert_eq!(outcome(method, path), expected, "{method} {path}");
    }
}

#[test]
fn service_answers_its_methods_on_every_path_below_its_prefix() {
    let every = "any, 405 GET,HEAD,POST,PUT,PATCH,DELETE,OPTIONS";
    for (method, path, expected) in [
        ("GET", "/weather", "any metered"),
        ("PROPFIND", "/weather/a/b.json", "any metered"),
        ("OPTIONS", "/weather/", "any metered"),
        ("TRACE", "/weather", every),
        ("CONNECT", "/weather", every),
        ("GET", "/weathers", "open"),
        ("GET", "/Weather", "open"),
        ("GET", "/reports", "read metered"),
        ("HEAD", "/reports/1", "read metered"),
        ("POST", "/reports//x", "write metered"),
        ("DELETE", "/reports/1", "any, 405 GET,HEAD,POST"),
        ("OPTIONS", "/reports", "any, 405 GET,HEAD,POST"),
        ("get", "/reports", "any, 405 GET,HEAD,POST"),
    ] {
        assert_eq!(outcome(method, path), expected, "{method} {path}");
    }
}

#[test]
fn app_keys_carry_no_permission_so_a_service_asks_them_for_none() {
    let weather = Audience::Service(ServiceName::parse(b"weather").unwrap());
    let listed = vec![(Method::GET, Permission::Read)];
    let table =
        RouteTable::default().with_services(vec![service("weather", weather, Some(listed))]);
    let Route::Protected(Target::Service(_), access) = table.find(&Method::GET, "/weather") else {
        panic!("a service is protected");
    };
    assert_eq!(access.permission, None);
}

#[test]
fn errors_have_the_shape_of_what_stands_at_the_path() {
    let table = table();
    assert_eq!(table.dialect("/api/v1/x"), Some(Dialect::MiraApi));
    assert_eq!(table.dialect("/weather/x"), Some(Dialect::Network));
    assert_eq!(table.dialect("/v1/x"), None);
}
