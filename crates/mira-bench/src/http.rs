//! An authenticated 200 over HTTP, permission and rate limit included, against a
//! bare handler that sends the same headers and body.

use crate::installation::Installation;
use crate::keys::key;
use crate::load::{Party, compare, print};
use crate::peers::{Peer, haproxy, nginx};
use crate::process::{SERVER_CORE, Server, free_address, get};

const PATH: &str = "/authz/envoy/api/v1/meetings";

pub(crate) fn run() {
    for (count, goal) in [(10_000, 0.97), (1_000_000, 0.95)] {
        measure(count, goal);
    }
}

fn measure(count: u32, goal: f64) {
    let installation = Installation::with_keys(count);
    let mira = installation.serve(free_address());
    let text = String::from_utf8_lossy(&key(1)).into_owned();
    let answer = get(mira.address, PATH, &text).expect("Mira answers");
    let bare = bare(&installation, &answer);
    let nginx = nginx(
        &installation,
        &Peer {
            map: true,
            upstream: None,
        },
    );
    let haproxy = haproxy(
        &installation,
        &Peer {
            map: true,
            upstream: None,
        },
    );
    let party = |name, server, path| Party { name, server, path };
    let parties = [
        party("bare hyper", &bare, PATH),
        party("Mira", &mira, PATH),
        party("nginx, map of plain keys", &nginx, "/"),
        party("HAProxy, sha2 and map", &haproxy, "/"),
    ];
    println!("\nauthenticated 200 over HTTP, {count} keys");
    let measured = compare(&installation.folder, &installation.keys(), &parties);
    print(&measured, "Mira", &[("bare hyper", goal)]);
}

fn bare(installation: &Installation, answer: &str) -> Server {
    let file = installation.folder.join("answer.txt");
    std::fs::write(&file, answer).expect("the answer can be written");
    floor(installation, SERVER_CORE, &file.display().to_string())
}

/// This program as a server that answers with `file`.
pub(crate) fn floor(installation: &Installation, core: &str, file: &str) -> Server {
    let own = std::env::current_exe().expect("this program has a path");
    let address = free_address();
    let command = [
        &own.display().to_string(),
        "floor",
        &address.to_string(),
        file,
    ];
    Server::start(
        core,
        &command.map(str::to_owned),
        address,
        &installation.log("floor"),
    )
}
