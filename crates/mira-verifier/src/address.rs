//! The windows of client addresses: one minute each, and never more of them
//! than a fixed bound, whoever calls from wherever.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Mutex;

use mira_core::{Quota, Timestamp, Window, WindowWord, normalize};

use crate::lock::lock;
use crate::window;

/// The windows of addresses, by address. A known address is found without a
/// lock; making room for a new one takes turns.
pub(crate) struct AddressWindows {
    windows: papaya::HashMap<Block, Mutex<AddressWindow>>,
    order: Mutex<Order>,
    bound: usize,
}

/// What shares one window: an IPv4 address, or an IPv6 network of 64 bits,
/// which is what one subscriber gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Block {
    V4(u32),
    V6(u64),
}

#[derive(Default)]
struct AddressWindow {
    word: WindowWord,
    /// Taken out of the map; whoever still holds it must look again.
    is_evicted: bool,
}

/// The addresses in the map, the oldest first.
#[derive(Default)]
struct Order {
    blocks: VecDeque<Block>,
    /// The minute of the last sweep, by its end.
    swept_in: Option<Timestamp>,
}

impl AddressWindows {
    /// The number of windows of the contract.
    pub(crate) const BOUND: usize = 65_536;

    pub(crate) fn new(bound: usize) -> Self {
        Self {
            windows: papaya::HashMap::new(),
            order: Mutex::default(),
            bound,
        }
    }

    /// Charges the minute of `address`.
    pub(crate) fn charge(
        &self,
        address: IpAddr,
        limit: NonZeroU32,
        cost: u32,
        now: Timestamp,
    ) -> Result<Quota, Quota> {
        let block = Block::of(address);
        let windows = self.windows.pin();
        if let Some(found) = windows.get(&block) {
            let mut found = lock(found);
            if !found.is_evicted {
                return found.charge(limit, cost, now);
            }
        }
        if cost == 0 {
            return AddressWindow::default().charge(limit, cost, now);
        }
        // Windows are evicted under this lock alone, so the one found or made
        // here stays until it is charged.
        let mut order = lock(&self.order);
        if !windows.contains_key(&block) {
            self.make_room(&mut order, now);
            order.blocks.push_back(block);
        }
        let window = windows.get_or_insert_with(block, Mutex::default);
        lock(window).charge(limit, cost, now)
    }

    /// Drops the windows that are over. They all end together, so that there is
    /// nothing to find before the next minute begins.
    pub(crate) fn sweep(&self, now: Timestamp) {
        self.sweep_if_due(&mut lock(&self.order), now);
    }

    fn make_room(&self, order: &mut Order, now: Timestamp) {
        if order.blocks.len() < self.bound {
            return;
        }
        self.sweep_if_due(order, now);
        let windows = self.windows.pin();
        while order.blocks.len() >= self.bound {
            let Some(oldest) = order.blocks.pop_front() else {
                break;
            };
            if let Some(window) = windows.get(&oldest) {
                lock(window).is_evicted = true;
            }
            windows.remove(&oldest);
        }
    }

    fn sweep_if_due(&self, order: &mut Order, now: Timestamp) {
        let minute = end_of_minute(now);
        if order.swept_in == Some(minute) {
            return;
        }
        order.swept_in = Some(minute);
        let windows = self.windows.pin();
        order.blocks.retain(|block| {
            let Some(window) = windows.get(block) else {
                return false;
            };
            let mut window = lock(window);
            window.is_evicted = window.is_idle(now);
            if window.is_evicted {
                windows.remove(block);
            }
            !window.is_evicted
        });
    }
}

impl AddressWindow {
    fn charge(&mut self, limit: NonZeroU32, cost: u32, now: Timestamp) -> Result<Quota, Quota> {
        let (word, quota) = window::charge(self.word, Window::Minute, limit, cost, now)?;
        self.word = word;
        Ok(quota)
    }

    /// Whether nothing was counted in the window that holds at `now`.
    fn is_idle(&self, now: Timestamp) -> bool {
        let unused = self.word.peek(Window::Minute, NonZeroU32::MIN, now);
        unused.remaining > 0
    }
}

fn end_of_minute(now: Timestamp) -> Timestamp {
    let minute = WindowWord::default();
    minute.peek(Window::Minute, NonZeroU32::MIN, now).reset
}

impl Block {
    fn of(address: IpAddr) -> Self {
        match normalize(address) {
            IpAddr::V4(address) => Self::V4(address.to_bits()),
            // The upper half of 128 bits fits 64.
            IpAddr::V6(address) => Self::V6((address.to_bits() >> 64) as u64),
        }
    }
}

#[cfg(test)]
mod tests;
