//! What a process writes, kept while it runs.

use std::io::{Read, Write as _};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// One stream of a process; clones read the same.
#[derive(Clone, Default)]
pub(crate) struct Output(Arc<(Mutex<Written>, Condvar)>);

#[derive(Default)]
struct Written {
    bytes: Vec<u8>,
    has_ended: bool,
}

impl Output {
    /// Keeps what comes from `stream` until it ends.
    pub(crate) fn of(mut stream: impl Read + Send + 'static) -> Self {
        let output = Self::default();
        let writer = output.clone();
        std::thread::spawn(move || {
            let mut part = [0; 4096];
            while let Ok(length @ 1..) = stream.read(&mut part) {
                let part = part.get(..length).unwrap_or_default();
                writer.change(|written| {
                    // Writing to a vector cannot fail.
                    let _ = written.bytes.write_all(part);
                });
            }
            writer.change(|written| written.has_ended = true);
        });
        output
    }

    /// Everything so far.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.lock().bytes).into_owned()
    }

    /// The first line that `wanted` turns into something, as soon as it is
    /// complete; nothing if the stream ends or `patience` does.
    pub(crate) fn find<T>(
        &self,
        patience: Duration,
        wanted: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let find = |written: &Written| {
            let text = String::from_utf8_lossy(&written.bytes);
            let complete = text.rfind('\n').and_then(|end| text.get(..end));
            complete.unwrap_or_default().lines().find_map(&wanted)
        };
        let (_, changed) = &*self.0;
        let (written, _) = changed
            .wait_timeout_while(self.lock(), patience, |written| {
                !written.has_ended && find(written).is_none()
            })
            .unwrap_or_else(PoisonError::into_inner);
        find(&written)
    }

    /// Waits until the stream has ended.
    pub(crate) fn finish(&self, patience: Duration) -> String {
        let (_, changed) = &*self.0;
        drop(changed.wait_timeout_while(self.lock(), patience, |written| !written.has_ended));
        self.text()
    }

    fn change(&self, change: impl FnOnce(&mut Written)) {
        change(&mut self.lock());
        self.0.1.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Written> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
