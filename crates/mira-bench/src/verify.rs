//! A verification in the process, against the parts that it cannot do without:
//! SHA-256 of the key, one look-up that waits for the one before, and one reading
//! of the clock.

use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::hint::black_box;
use std::num::NonZeroU32;
use std::sync::Barrier;

use hashbrown::HashMap;
use mira_core::{Access, Audience, Decision, Permission};
use mira_verifier::{BootClock, Coverage, Credential, Deadline, Limits, Verification, Verifier};
use sha2::{Digest as _, Sha256};

use crate::keys::{KEY_LENGTH, change, key, organizations};
use crate::stopwatch::{boot_nanos, median, thread_nanos};

const READ: Access = Access {
    audience: Audience::Organization,
    permission: Some(Permission::Read),
    ..Access::ANY
};
/// Has no factor in common with any number of keys.
const STRIDE: u64 = 7_919;
/// Verifications of one sample.
const SAMPLE: usize = 200_000;
/// Samples of each party, in turn.
const SAMPLES: usize = 7;

/// Prints nanoseconds and ratios for each number of keys.
pub(crate) fn run() {
    println!("verify in process: ns of CPU for one, medians of {SAMPLES} alternating samples");
    println!("| keys | floor | verify | ratio | allocations | 2 threads, own keys | same keys |");
    println!("|---|---|---|---|---|---|---|");
    for count in [10_000, 1_000_000] {
        measure(count);
    }
}

fn measure(count: u32) {
    // In another order than that in which they are told: a key that is asked for
    // says nothing of where the next one lies.
    let keys: Vec<_> = (0..u64::from(count))
        .map(|at| key((at * STRIDE % u64::from(count)) as u32))
        .collect();
    let table = Table::of(&keys);
    let verifier = verifier(count);
    let all = 0..keys.len();
    // Every key once, so that what is made for its first use is there.
    verify_all(&verifier, &keys, all.clone(), keys.len());
    let (mut floors, mut samples) = (Vec::new(), Vec::new());
    for _ in 0..SAMPLES {
        floors.push(timed(|| floor_all(&table, &keys, SAMPLE)));
        samples.push(timed(|| verify_all(&verifier, &keys, all.clone(), SAMPLE)));
    }
    let allocations =
        allocation_counter::measure(|| verify_all(&verifier, &keys, all.clone(), SAMPLE));
    let (floor, verify) = (median(&mut floors), median(&mut samples));
    let half = keys.len() / 2;
    let own = [0..half, half..keys.len()];
    let own = verify / together(&verifier, &keys, &own) * 2.0;
    let same = verify / together(&verifier, &keys, &[all.clone(), all]) * 2.0;
    println!(
        "| {count} | {floor:.1} | {verify:.1} | {:.2} | {} | {own:.2} × | {same:.2} × |",
        verify / floor,
        allocations.count_total,
    );
}

/// Nanoseconds of each of [`SAMPLE`] steps.
fn timed(steps: impl FnOnce()) -> f64 {
    let began = thread_nanos();
    steps();
    (thread_nanos() - began) / SAMPLE as f64
}

/// The same on two threads at once, the median of the slower ones.
fn together(
    verifier: &Verifier,
    keys: &[[u8; KEY_LENGTH]],
    parts: &[std::ops::Range<usize>; 2],
) -> f64 {
    let mut slower: Vec<f64> = (0..SAMPLES)
        .map(|_| {
            let barrier = Barrier::new(2);
            let run = |part: std::ops::Range<usize>| {
                barrier.wait();
                timed(|| verify_all(verifier, keys, part, SAMPLE))
            };
            std::thread::scope(|scope| {
                let [first, second] = parts.clone().map(|part| scope.spawn(|| run(part)));
                let nanos = [first, second].map(|thread| thread.join().expect("it ends"));
                nanos[0].max(nanos[1])
            })
        })
        .collect();
    median(&mut slower)
}

fn verifier(count: u32) -> Verifier {
    // Windows that are counted and never full.
    let limits = Limits {
        organization_key_per_minute: NonZeroU32::new(u32::MAX),
        ..Limits::default()
    };
    let verifier = Verifier::new(limits, BootClock::system());
    verifier.reserve(count as usize);
    organizations().for_each(|change| verifier.apply(&change));
    (0..count).for_each(|number| verifier.apply(&change(number)));
    verifier.set_coverage(Coverage::Complete);
    verifier.extend_lease(Deadline::NEVER_ENDS);
    verifier
}

fn verify_all(
    verifier: &Verifier,
    keys: &[[u8; KEY_LENGTH]],
    part: std::ops::Range<usize>,
    steps: usize,
) {
    // Zero, but the compiler must not know: each step waits for the one before.
    let nothing: usize = black_box(0);
    let mut at = part.start;
    let mut before = 0;
    for _ in 0..steps {
        let Some(key) = keys.get(at + before) else {
            return;
        };
        let presented = Credential::Presented(key);
        match verifier.verify(&presented, &READ) {
            Verification::Decided(Decision::Allow(grant)) => {
                let left = grant.quota().map_or(0, |quota| quota.remaining);
                before = left as usize & nothing;
            }
            refused => panic!("a good key was refused: {refused:?}"),
        }
        at += 1;
        if at == part.end {
            at = part.start;
        }
    }
}

fn floor_all(table: &Table, keys: &[[u8; KEY_LENGTH]], steps: usize) {
    let nothing: usize = black_box(0);
    let mut at = 0;
    let mut before = 0;
    for _ in 0..steps {
        let Some(key) = keys.get(at + before) else {
            return;
        };
        let digest = Digest(Sha256::digest(key).into());
        let found = table.0.get(&digest).copied().unwrap_or_default();
        before = (found as usize ^ boot_nanos() as usize) & nothing;
        at += 1;
        if at == keys.len() {
            at = 0;
        }
    }
}

/// Digests to a word, as an unadorned table has them.
struct Table(HashMap<Digest, u64, BuildHasherDefault<FirstBytes>>);

#[derive(PartialEq, Eq)]
struct Digest([u8; 32]);

impl Table {
    fn of(keys: &[[u8; KEY_LENGTH]]) -> Self {
        let mut table =
            HashMap::with_capacity_and_hasher(keys.len(), BuildHasherDefault::default());
        let digests = keys.iter().map(|key| Digest(Sha256::digest(key).into()));
        table.extend(digests.zip(0..));
        Self(table)
    }
}

impl Hash for Digest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(&self.0);
    }
}

#[derive(Default)]
struct FirstBytes(u64);

impl Hasher for FirstBytes {
    fn write(&mut self, bytes: &[u8]) {
        let first = bytes.first_chunk().copied().unwrap_or_default();
        self.0 = u64::from_le_bytes(first);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
