//! The tap on a streamed answer: events are cut alike wherever their bytes are, none is
//! lost or changed, and no count runs over.
#![no_main]

#[path = "../../crates/mira-network/src/tap.rs"]
mod tap;
#[path = "../../crates/mira-network/src/usage.rs"]
#[expect(dead_code, reason = "a part of it is driven")]
mod usage;
#[path = "../../crates/mira-network/src/whole_events.rs"]
mod whole_events;

// The providers' client is left out, and the TLS below it: only its shapes are read.
extern crate self as mira_outbound;
#[path = "../../crates/mira-outbound/src/chat.rs"]
#[expect(dead_code, reason = "a part of it is driven")]
mod chat;

pub use chat::Usage;
use libfuzzer_sys::fuzz_target;
use tap::{Tap, usage_of};
use whole_events::WholeEvents;

fuzz_target!(|bytes: &[u8]| {
    let Some((cut, bytes)) = bytes.split_first() else {
        return;
    };
    let whole = events(bytes, bytes.len().max(1));
    let parts = events(bytes, usize::from(*cut) + 1);
    assert_eq!(
        whole.concat(),
        parts.concat(),
        "cutting the bytes changed the stream"
    );
    assert!(
        bytes.starts_with(&whole.concat()),
        "bytes were lost or changed"
    );
    let mut tap = Tap::default();
    for event in &whole {
        tap.read(event);
        tap.usage(event.len());
    }
    tap.usage(usize::MAX);
    usage_of(bytes, bytes.len());
});

/// What the shapes name of the client's errors.
#[derive(Debug)]
enum ModelError {
    NotUtf8,
    UnknownFormat,
    NoChoice,
    ToolCall,
    NoText,
}

fn events(bytes: &[u8], cut: usize) -> Vec<Vec<u8>> {
    let mut cutter = WholeEvents::default();
    let mut events = Vec::new();
    for part in bytes.chunks(cut) {
        if cutter.push(part).is_err() {
            break;
        }
        while let Some(event) = cutter.next() {
            events.push(event.to_vec());
        }
    }
    events
}
