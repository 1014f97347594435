//! Load, by `wrk`: one thread, 64 connections that are kept, random keys.

use std::path::Path;
use std::process::Command;

use crate::process::{LOADER_CORE, Server};
use crate::stopwatch::median;

/// Seconds of one run.
const SECONDS: u32 = 2;
/// Runs of each party, in turn.
const RUNS: usize = 5;

/// A server to compare, and the path that it is asked for.
pub(crate) struct Party<'a> {
    pub(crate) name: &'static str,
    pub(crate) server: &'a Server,
    pub(crate) path: &'static str,
}

/// What a party needs for a request: medians of its runs.
pub(crate) struct Measured {
    pub(crate) name: &'static str,
    /// Microseconds on a processor.
    pub(crate) cpu: f64,
    pub(crate) per_second: f64,
    /// Microseconds until the answer.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

/// Runs the parties in turn, so that all see the same minutes.
pub(crate) fn compare(folder: &Path, keys: &Path, parties: &[Party<'_>]) -> Vec<Measured> {
    let script = folder.join("load.lua");
    std::fs::write(&script, include_str!("load.lua")).expect("the script can be written");
    let mut runs: Vec<[Vec<f64>; 4]> = parties.iter().map(|_| Default::default()).collect();
    for _ in 0..RUNS {
        for (party, runs) in parties.iter().zip(&mut runs) {
            let run = load(&script, keys, party);
            runs.iter_mut()
                .zip(run)
                .for_each(|(runs, value)| runs.push(value));
        }
    }
    let measured = parties.iter().zip(runs).map(|(party, mut runs)| {
        let [cpu, per_second, p50, p99] = runs.each_mut().map(|runs| median(runs));
        Measured {
            name: party.name,
            cpu,
            per_second,
            p50,
            p99,
        }
    });
    measured.collect()
}

/// One run: CPU microseconds, requests a second, and both percentiles.
fn load(script: &Path, keys: &Path, party: &Party<'_>) -> [f64; 4] {
    let before = party.server.cpu_nanos();
    let output = Command::new("taskset")
        .args(["-c", LOADER_CORE, "wrk", "-t1", "-c64", "-s"])
        .arg(script)
        .arg(format!("-d{SECONDS}s"))
        .arg(format!("http://{}/", party.server.address))
        .env("KEYS", keys)
        .env("TARGET", party.path)
        .output()
        .expect("wrk can be run");
    let nanos = party.server.cpu_nanos() - before;
    let text = String::from_utf8_lossy(&output.stdout);
    let result = text.lines().find_map(|line| line.strip_prefix("RESULT "));
    let numbers = result.unwrap_or_else(|| panic!("wrk did not say how it went: {text}"));
    let numbers: Vec<f64> = numbers
        .split(' ')
        .filter_map(|number| number.parse().ok())
        .collect();
    let [requests, seconds, p50, p99, errors] = numbers[..] else {
        panic!("wrk did not say all: {text}");
    };
    assert!(
        errors == 0.0,
        "{}: {errors} of {requests} requests failed",
        party.name
    );
    [nanos / 1000.0 / requests, requests / seconds, p50, p99]
}

/// Prints a table; `goals` are names of parties and the ratio that is wanted.
pub(crate) fn print(measured: &[Measured], subject: &str, goals: &[(&str, f64)]) {
    println!(
        "| server | CPU µs / request | requests / s | p50 µs | p99 µs | {subject} against it | goal |"
    );
    println!("|---|---|---|---|---|---|---|");
    let own = measured.iter().find(|party| party.name == subject);
    for party in measured {
        let ratio = own.map_or(f64::NAN, |own| party.cpu / own.cpu);
        let goal = goals.iter().find(|(name, _)| *name == party.name);
        let goal = goal.map_or(String::new(), |(_, goal)| format!("≥ {goal:.2}"));
        println!(
            "| {} | {:.2} | {:.0} | {:.0} | {:.0} | {ratio:.2} × | {goal} |",
            party.name, party.cpu, party.per_second, party.p50, party.p99
        );
    }
}
