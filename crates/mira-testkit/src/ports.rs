//! Ports of servers that are stopped and started again.

use std::net::TcpListener;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

/// Below those that systems give to outgoing connections, one of which would keep a
/// server from starting again.
const FIRST: u32 = 10_000;
const COUNT: u32 = 20_000;

/// A free port of the loopback interface that no outgoing connection gets.
pub fn free_port() -> u16 {
    static TRIED: AtomicU32 = AtomicU32::new(0);
    // Processes that run side by side begin far from each other.
    let start = process::id().wrapping_mul(7_919);
    let free = (0..COUNT).find_map(|_| {
        let place = start.wrapping_add(TRIED.fetch_add(1, Ordering::Relaxed));
        let port = u16::try_from(FIRST + place % COUNT).ok()?;
        let is_free = TcpListener::bind(("127.0.0.1", port)).is_ok();
        is_free.then_some(port)
    });
    free.expect("loopback has free ports")
}
