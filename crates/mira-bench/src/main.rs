//! Measurements, run as `cargo xtask bench <name>`. Each prints ratios against a
//! floor that is made of the same parts and measured in the same minute. They are
//! no tests: nothing fails when a machine is slow.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a program for developers, which may end where it cannot measure"
)]

mod connection;
mod floor;
mod gateway;
mod http;
mod installation;
mod keys;
mod load;
mod memory;
mod peers;
mod process;
mod revoke;
mod start;
mod stopwatch;
mod verify;

use std::process::ExitCode;

const USAGE: &str = "usage: mira-bench verify|http|gateway|memory|start|revoke";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["verify"] => verify::run(),
        ["http"] => http::run(),
        ["gateway"] => gateway::run(),
        ["memory"] => memory::run(),
        ["start"] => start::run(),
        ["revoke"] => revoke::run(),
        // What the others start to compare with.
        ["floor", address, file] => floor::run(address.parse().expect("an address"), file),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}
