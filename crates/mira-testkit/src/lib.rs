//! Running servers and raw clients for tests: the `mira` binary as a process, a
//! plain HTTP client, PostgreSQL, a model server, bytes for malformed requests, and
//! server-sent events with the instants at which they came. Everything is bounded in time and panics when
//! it cannot be done, because that is how a test fails.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test fails by a panic"
)]

mod client;
mod connection;
mod cookies;
mod demo;
mod events;
mod model_server;
mod output;
mod ports;
mod postgres;
mod process;
mod proxy;
mod raw;
pub mod raw_http2;
mod server;
mod upstream;
mod way;

pub use client::{Answer, Client};
pub use connection::Connection;
pub use demo::{Demo, DemoKeys, DemoUser};
pub use events::{Event, Events};
pub use model_server::{ANSWER_TOKENS, End, MODEL_SECRET, ModelServer, Reply, claim, completion};
pub use ports::free_port;
pub use postgres::Postgres;
pub use process::{Finished, run};
pub use proxy::{Proxy, free_address};
pub use raw::raw;
pub use server::{Server, ServerOptions};
pub use upstream::{Seen, Upstream};
pub use way::Way;
