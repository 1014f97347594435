//! The clients against real servers on the loopback interface.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod http;
mod http2;
mod model;
mod server;
