//! The two published journeys in a real browser, in the words of the published
//! pages. Elements are found by what a person sees: text, labels and roles.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod browser;
mod journeys;
mod pages;

use mira_testkit::{Server, ServerOptions};

fn demo() -> Server {
    let options = ServerOptions {
        demo: true,
        ..ServerOptions::default()
    };
    Server::start(env!("CARGO_BIN_EXE_mira"), options)
}
