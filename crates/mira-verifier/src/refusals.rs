//! Refusals of known keys, on their way to whoever keeps them.

use std::collections::HashMap;
use std::sync::Mutex;

use mira_core::{Access, Denied, OrganizationId, Refused};

use crate::Verifier;
use crate::lock::lock;

/// How many refusals of one organization are kept of one second.
const A_SECOND: u32 = 10;
/// How many refusals wait at once.
const BOUND: usize = 2_000;

/// A sample: whatever comes beyond its bounds is dropped, so neither a client that
/// repeats itself nor a store that is away costs more than that.
#[derive(Default)]
pub(crate) struct Refusals(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    refused: Vec<Refused>,
    /// The second that is counted, since the epoch.
    second: i64,
    counts: HashMap<OrganizationId, u32>,
}

impl Refusals {
    pub(crate) fn note(&self, refused: Refused) {
        let second = refused.at().as_millis().div_euclid(1000);
        let mut waiting = lock(&self.0);
        // Requests of before that were decided later count in the present second.
        if second > waiting.second {
            waiting.second = second;
            waiting.counts.clear();
        }
        if waiting.refused.len() >= BOUND {
            return;
        }
        let count = waiting.counts.entry(refused.organization_id).or_default();
        if *count < A_SECOND {
            *count += 1;
            waiting.refused.push(refused);
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
        self.refusals.note(Refused {
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

    fn refused(organization: u8, millis: i64) -> Refused {
        let at = Timestamp::from_millis(millis);
        Refused {
            request_id: Refused::first_id_at(at),
            key_id: KeyId::new(at, [0; 10]),
            organization_id: OrganizationId::new(at, [organization; 10]),
            access: Access::ANY,
            code: "revoked_key".to_owned(),
        }
    }

    #[test]
    fn each_organization_has_ten_of_each_second() {
        let refusals = Refusals::default();
        // All of one millisecond of making, so that the organizations are the same.
        let of = |organization, millis| Refused {
            organization_id: refused(organization, 0).organization_id,
            ..refused(organization, millis)
        };
        for millis in [5_000, 5_400, 5_999, 6_000, 6_999] {
            for organization in [1, 2] {
                for _ in 0..A_SECOND {
                    refusals.note(of(organization, millis));
                }
            }
        }
        let kept = refusals.take();
        for organization in [1, 2] {
            let id = refused(organization, 0).organization_id;
            let own = kept.iter().filter(|one| one.organization_id == id);
            assert_eq!(own.count(), 2 * A_SECOND as usize);
        }
        assert!(refusals.take().is_empty());
        // A clock that goes back gives nobody a fresh second.
        refusals.note(of(1, 6_000));
        assert!(refusals.take().is_empty());
    }

    #[test]
    fn what_nobody_takes_does_not_grow() {
        let refusals = Refusals::default();
        for second in 0..i64::try_from(BOUND).unwrap() {
            refusals.note(refused(1, second * 1000));
            refusals.note(refused(1, second * 1000));
        }
        assert_eq!(refusals.take().len(), BOUND);
    }
}
