//! Claims about the gateway: what reaches an upstream, what comes back, and when
//! it ends; and that every door answers as the gateway does. Upstreams and clients
//! are sockets of their own, so that what arrives is seen byte for byte.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod attacks;
mod busy;
mod client;
mod doors;
mod failures;
mod forwarded;
mod headers;
mod http2;
mod http2_upstream;
mod key_end;
mod streaming;
mod tls;
mod upstream;
mod websocket;
mod world;
