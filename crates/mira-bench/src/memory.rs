//! What a million keys take in memory, everything included.

use crate::installation::Installation;
use crate::load::{Party, compare};
use crate::peers::{Peer, haproxy, nginx};
use crate::process::free_address;

const KEYS: u32 = 1_000_000;

pub(crate) fn run() {
    let few = Installation::with_keys(10_000);
    let base = few.serve(free_address());
    println!("resident memory, MB");
    println!("| server | keys | MB | goal |");
    println!("|---|---|---|---|");
    println!("| Mira | 10000 | {:.0} | |", base.megabytes());
    drop(base);
    let installation = Installation::with_keys(KEYS);
    let mira = installation.serve(free_address());
    println!(
        "| Mira, started | {KEYS} | {:.0} | ≤ 100 |",
        mira.megabytes()
    );
    let party = Party {
        name: "Mira",
        server: &mira,
        path: "/authz/envoy/api/v1/meetings",
    };
    compare(&installation.folder, &installation.keys(), &[party]);
    println!(
        "| Mira, 262144 of the keys in use | {KEYS} | {:.0} | |",
        mira.megabytes()
    );
    drop(mira);
    let peer = Peer {
        map: true,
        upstream: None,
    };
    for (name, server) in [
        ("HAProxy, map", haproxy(&installation, &peer)),
        ("nginx, map", nginx(&installation, &peer)),
    ] {
        println!("| {name} | {KEYS} | {:.0} | |", server.megabytes());
    }
}
