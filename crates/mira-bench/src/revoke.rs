//! Revoking on one node: durable, and refused from the next request on, against
//! one fsync of the same disk.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use crate::connection::Connection;
use crate::installation::Installation;
use crate::process::free_address;
use crate::stopwatch::{Stopwatch, median};

const TIMES: usize = 100;

pub(crate) fn run() {
    println!("revoke, one node: ms of wall time, medians of {TIMES}");
    println!("| keys | fsync | revoke | p99 | ratio | goal |");
    println!("|---|---|---|---|---|---|");
    for count in [10_000, 1_000_000] {
        measure(count);
    }
}

fn measure(count: u32) {
    let installation = Installation::with_keys(count);
    let mira = installation.serve(free_address());
    let demo = installation.demo();
    let admin = demo["keys"]["admin"].as_str().expect("demo.json has it");
    let organization = demo["organization_id"].as_str().expect("demo.json has it");
    let mut connection = Connection::open(mira.address, admin);
    let mut synced = Vec::new();
    let mut revoked = Vec::new();
    for _ in 0..TIMES {
        synced.push(sync(&installation.folder));
        let path = format!("/v1/organizations/{organization}/keys");
        let made = connection.post(&path, r#"{"name":"bench"}"#);
        let (id, key) = (text(&made["id"]), text(&made["key"]));
        let watch = Stopwatch::start();
        let answer = connection.post(&format!("/v1/keys/{id}/revoke"), "{}");
        revoked.push(watch.elapsed().as_secs_f64() * 1000.0);
        assert_eq!(answer["effective"], true, "{answer}");
        assert!(
            !crate::installation::answers(mira.address, &key),
            "a revoked key was accepted"
        );
    }
    let (sync, revoke) = (median(&mut synced), median(&mut revoked));
    let p99 = revoked[TIMES * 99 / 100];
    println!(
        "| {count} | {sync:.2} | {revoke:.2} | {p99:.2} | {:.2} | ≤ 1.50 |",
        revoke / sync
    );
}

fn text(value: &serde_json::Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Milliseconds to append a page to a file and have it on disk.
fn sync(folder: &Path) -> f64 {
    let path = folder.join("sync");
    let file = OpenOptions::new().append(true).create(true).open(path);
    let mut file = file.expect("the file can be written");
    let watch = Stopwatch::start();
    file.write_all(&[1; 4096]).expect("the disk has room");
    file.sync_all().expect("the disk takes it");
    watch.elapsed().as_secs_f64() * 1000.0
}
