//! Refusals of known keys, on their way to whoever keeps them.

use std::collections::HashMap;
use std::sync::Mutex;

use mira_core::{Access, Denied, OrganizationId, Refused};

use crate::Verifier;
use crate::lock::lock;

/// How many refusals of one organization are kept of one second.
const A_SECOND: u32 = 10;
const NANOS_PER_SECOND: u64 = 1_000_000_000;
/// How many refusals wait at once.
const BOUND: usize = 2_000;

/// A sample: whatever comes beyond its bounds is dropped, so neither a client that
/// repeats itself nor a store that is away costs more than that.
#[derive(Default)]
pub(crate) struct Refusals(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    refused: Vec<Refused>,
    /// The second that is counted, since boot: the wall's may be set.
    second: u64,
    counts: HashMap<OrganizationId, u32>,
}

impl Refusals {
    /// Keeps what is `made` for an organization in this second, if there is room. Who
    /// would have to wait does without: it is a sample, and floods come here.
    pub(crate) fn note(
        &self,
        second: u64,
        organization: OrganizationId,
        made: impl FnOnce() -> Refused,
    ) {
        let Ok(mut waiting) = self.0.try_lock() else {
            return;
        };
        if second != waiting.second {
            waiting.second = second;
            waiting.counts.clear();
        }
        if waiting.refused.len() >= BOUND {
            return;
        }
        let count = waiting.counts.entry(organization).or_default();
        if *count < A_SECOND {
            *count += 1;
            waiting.refused.push(made());
        }
    }

    pub(crate) fn take(&self) -> Vec<Refused> {
        std::mem::take(&mut lock(&self.0).refused)
    }
}

impl Verifier {
    /// Notes that a request was refused, if its key is known: a sample of them, for
    /// people who ask why. One that only asks leaves no trace.
    pub fn note_refusal(&self, denied: &Denied, access: &Access, request_id: [u8; 16]) {
        let Some((key_id, organization_id)) = denied.key.filter(|_| access.cost > 0) else {
            return;
        };
        let second = self.clock().boot().as_nanos() / NANOS_PER_SECOND;
        self.refusals.note(second, organization_id, || Refused {
            request_id,
            key_id,
            organization_id,
            access: *access,
            code: denied.denial.code().to_owned(),
        });
    }

    /// What was noted since the last call.
    pub fn drain_refusals(&self) -> Vec<Refused> {
        self.refusals.take()
    }
}

#[cfg(test)]
mod tests {
    use mira_core::{Access, KeyId, OrganizationId, Refused, Timestamp};

    use super::{A_SECOND, BOUND, Refusals};

    fn organization(number: u8) -> OrganizationId {
        OrganizationId::new(Timestamp::from_millis(0), [number; 10])
    }

    fn note(refusals: &Refusals, second: u64, number: u8) {
        let organization_id = organization(number);
        refusals.note(second, organization_id, || Refused {
            request_id: [1; 16],
            key_id: KeyId::new(Timestamp::from_millis(0), [0; 10]),
            organization_id,
            access: Access::ANY,
            code: "revoked_key".to_owned(),
        });
    }

    #[test]
    fn each_organization_has_ten_of_each_second() {
        let refusals = Refusals::default();
        for second in [5, 5, 5, 6, 6] {
            for number in [1, 2] {
                (0..A_SECOND).for_each(|_| note(&refusals, second, number));
            }
        }
        let kept = refusals.take();
        for number in [1, 2] {
            let id = organization(number);
            let own = kept.iter().filter(|one| one.organization_id == id);
            assert_eq!(own.count(), 2 * A_SECOND as usize);
        }
        note(&refusals, 6, 1);
        assert!(refusals.take().is_empty());
    }

    #[test]
    fn what_nobody_takes_does_not_grow() {
        let refusals = Refusals::default();
        for second in 0..BOUND as u64 {
            (0..2).for_each(|_| note(&refusals, second, 1));
        }
        assert_eq!(refusals.take().len(), BOUND);
    }
}
