//! What takes more than one request: windows, paths that lead nowhere, and a Mira
//! that does not know or does not answer.

use std::time::Duration;

use serde_json::json;

use super::answer::{Answer, ask};
use super::places::{self, Place};
use super::world::World;

fn request(target: &str, key: &str) -> String {
    format!(
        "GET {target} HTTP/1.1\r\nHost: api.example.com\r\nConnection: close\r\nAuthorization: Bearer {key}\r\n\r\n"
    )
}

async fn get(place: &Place, target: &str, key: &str) -> Answer {
    let answer = ask(place.address, request(target, key).as_bytes()).await;
    answer.unwrap_or_else(|| panic!("{} gives no HTTP", place.name))
}

/// A refusal for a window is asked for twice: the first may find a new window.
async fn refused_for_window(place: &Place, target: &str, key: &str) -> Answer {
    let first = get(place, target, key).await;
    if first.status == 429 {
        return first;
    }
    get(place, target, key).await
}

pub(super) async fn windows(world: &World, places: &[Place]) {
    for (limit, code) in [
        (json!({"per_minute": 1}), "rate_limited_minute"),
        (json!({"per_day": 1}), "rate_limited_day"),
    ] {
        let key = world.limited_app_key(&limit).await;
        same_refusal(world, places, "/search/x", &key, code).await;
        let key = world.limited_organization_key(&limit).await;
        same_refusal(world, places, "/api/v1/meetings", &key, code).await;
    }
    for place in places {
        let key = world.limited_app_key(&json!({"per_day": 1})).await;
        let name = place.name;
        assert_eq!(get(place, "/search/x", &key).await.status, 200, "{name}");
        let gateway = get(&places[0], "/search/x", &key).await;
        assert_eq!(gateway.status, 429, "{name} counts one request");
    }
}

async fn same_refusal(world: &World, places: &[Place], target: &str, key: &str, code: &str) {
    let expected = refused_for_window(&places[0], target, key).await;
    assert_eq!(expected.get("x-mira-code"), Some(code));
    for place in places {
        world.upstream.take();
        let answer = refused_for_window(place, target, key).await;
        assert_eq!(answer.essence(), expected.essence(), "{}", place.name);
        assert!(world.upstream.take().len() <= 1, "{}", place.name);
    }
}

/// At a door, what leads nowhere is refused; the gateway has pages there.
pub(super) async fn nowhere(world: &World, places: &[Place]) {
    let doors: Vec<_> = places.iter().filter(|place| !place.is_gateway()).collect();
    world.upstream.take();
    let key = world.fill("{search}");
    for target in ["/", "/searchX", "/SEARCH", "/search.json", "/v1/me"] {
        let expected = get(doors[0], target, &key).await;
        let got = (expected.status, expected.get("x-mira-code"));
        assert_eq!(got, (403, Some("no_route")), "{target}");
        for door in &doors {
            let answer = get(door, target, &key).await;
            let name = door.name;
            assert_eq!(answer.essence(), expected.essence(), "{name} {target}");
        }
    }
    assert!(world.upstream.take().is_empty());
}

/// A Mira that does not know, then one that is not there.
pub(super) async fn away(world: World, places: &[Place]) {
    let key = world.fill("{search}");
    world.lose_store();
    let mut patience = 100;
    while get(&places[0], "/search/x", &key).await.status != 503 {
        patience -= 1;
        assert!(
            patience > 0,
            "the server never noticed that its store is gone"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    world.upstream.take();
    let expected = get(&places[0], "/search/x", &key).await;
    assert_eq!(expected.get("x-mira-code"), Some("unavailable"));
    for place in places {
        let answer = get(place, "/search/x", &key).await;
        let name = place.name;
        // A balancer that watches over Mira's health has its own words for it, and
        // Envoy for every 5xx that it hears over HTTP.
        if ["haproxy-gateway", "envoy-http"].contains(&name) {
            assert_eq!(answer.status, 503);
        } else {
            assert_eq!(answer.essence(), expected.essence(), "{name}");
        }
    }
    let World {
        server, upstream, ..
    } = world;
    server.kill();
    for place in &places[1..] {
        let answer = get(place, "/search/x", &key).await;
        assert_eq!(answer.status, 503, "{} without Mira", place.name);
    }
    assert!(
        upstream.take().is_empty(),
        "nobody knew, and somebody got in"
    );
}

/// A cache in front, told to keep everything that it may.
pub(super) async fn cached(world: &World) {
    let cache = places::nginx_cache(world);
    let direct = places::gateway(world);
    let (id, first) = world.app_key().await;
    let second = world.fill("{search}");
    let statuses = async |target: &str, key: &str, expected: [u16; 2]| {
        for expected in expected {
            let answer = get(&cache, target, key).await;
            let got = (answer.status, answer.get("x-cache"));
            assert_ne!(got.1, Some("HIT"), "{target}");
            assert_eq!(got.0, expected, "{target}");
            assert_eq!(get(&direct, target, key).await.status, expected, "{target}");
        }
    };
    let targets = ["/search/cached", "/authz/envoy/search/cached"];
    for target in targets {
        statuses(target, "nobody", [401, 401]).await;
        statuses(target, &first, [200, 200]).await;
    }
    world.revoke(&id).await;
    for target in targets {
        statuses(target, &first, [401, 401]).await;
        statuses(target, &second, [200, 200]).await;
        statuses(target, &first, [401, 401]).await;
        let other = format!(
            "GET {target} HTTP/1.1\r\nHost: api.example.com\r\nConnection: close\r\nX-API-Key: {second}\r\n\r\n"
        );
        let answer = ask(cache.address, other.as_bytes()).await.unwrap();
        assert_eq!(answer.status, 401, "{target}");
    }
}
