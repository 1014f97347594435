//! A gateway in front of an upstream whose connections are kept: Mira with
//! authentication, against proxies without and with.

use crate::http::floor;
use crate::installation::Installation;
use crate::load::{Party, compare, print};
use crate::peers::{Peer, haproxy, haproxy_with_same_work, nginx};
use crate::process::LOADER_CORE;

pub(crate) fn run() {
    for (count, with_map) in [(10_000, 1.25), (1_000_000, 1.5)] {
        measure(count, with_map);
    }
}

fn measure(count: u32, with_map: f64) {
    let installation = Installation::with_keys(count);
    let file = installation.folder.join("upstream.txt");
    std::fs::write(&file, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        .expect("it can be written");
    let upstream = floor(&installation, LOADER_CORE, &file.display().to_string());
    let mira = installation.serve(upstream.address);
    let [with, without] = [true, false].map(|map| Peer {
        map,
        upstream: Some(upstream.address),
    });
    let servers = [
        haproxy(&installation, &without),
        haproxy(&installation, &with),
        haproxy_with_same_work(&installation, &with),
        nginx(&installation, &without),
        nginx(&installation, &with),
    ];
    let [haproxy, haproxy_map, haproxy_work, nginx, nginx_map] = &servers;
    let party = |name, server| Party {
        name,
        server,
        path: "/up/x",
    };
    let parties = [
        party("Mira", &mira),
        party("HAProxy, no keys", haproxy),
        party("HAProxy, sha2 and map", haproxy_map),
        party("HAProxy, map and the same fields and limits", haproxy_work),
        party("nginx, no keys", nginx),
        party("nginx, map of plain keys", nginx_map),
    ];
    println!("\ngateway to a kept upstream, {count} keys");
    let measured = compare(&installation.folder, &installation.keys(), &parties);
    let goals = [
        ("HAProxy, no keys", 1.0),
        ("HAProxy, sha2 and map", with_map),
    ];
    print(&measured, "Mira", &goals);
}
