//! The decision: one ordered list of checks.
//!
//! The order is public, because it decides which reason a caller sees. A reason
//! that speaks of a key is given only after its complete secret matched. The
//! windows come last, in [`Admissible::charge`], so that a refused caller cannot
//! drain an allowance.

use crate::facts::Phase;
use crate::{
    Access, Admission, Audience, Decision, Denial, Denied, Grant, KeyKind, MicroUsd, Presented,
    Subject, Timestamp, Window,
};

/// Everything that one decision depends on.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// What was presented, and what is known of it.
    pub presented: Presented<'a>,
    /// What is asked for.
    pub access: &'a Access,
    /// When.
    pub now: Timestamp,
}

/// One step of the decision.
pub struct Check {
    /// Its name in an explanation.
    pub name: &'static str,
    /// Whether a later "no" also ends what an earlier "yes" opened. A balance
    /// that runs out does not cut the stream that is spending it.
    pub is_lasting: bool,
    run: fn(&Question<'_>) -> Result<(), Denial>,
}

/// The checks, in order. [`decide`] stops at the first denial; [`explain`] runs
/// on through all.
pub static CHECKS: [Check; 9] = [
    Check {
        name: "credential",
        is_lasting: true,
        run: credential,
    },
    Check {
        name: "known",
        is_lasting: true,
        run: known,
    },
    Check {
        name: "state",
        is_lasting: true,
        run: state,
    },
    Check {
        name: "service",
        is_lasting: true,
        run: service,
    },
    Check {
        name: "environment",
        is_lasting: true,
        run: environment,
    },
    Check {
        name: "address",
        is_lasting: true,
        run: address,
    },
    Check {
        name: "subscription",
        is_lasting: true,
        run: subscription,
    },
    Check {
        name: "permission",
        is_lasting: true,
        run: permission,
    },
    Check {
        name: "balance",
        is_lasting: false,
        run: balance,
    },
];

/// Answers `question` up to the windows. `Ok` is admissible, not yet allowed:
/// the windows must be charged.
pub fn decide<'a>(question: &Question<'a>) -> Result<Admissible<'a>, Denied> {
    let first_denial = CHECKS.iter().find_map(|check| (check.run)(question).err());
    match (first_denial, question.presented) {
        (None, Presented::Known(subject)) => Ok(Admissible {
            subject,
            access: question.access,
        }),
        // `known` has denied everything else; this arm keeps that true when the list changes.
        (None, _) => Err(denied(question, Denial::InvalidKey)),
        (Some(denial), _) => Err(denied(question, denial)),
    }
}

/// What every check says of `question`, for people who ask why.
pub fn explain(question: &Question<'_>) -> Vec<(&'static str, Result<(), Denial>)> {
    CHECKS
        .iter()
        .map(|check| (check.name, (check.run)(question)))
        .collect()
}

/// Whether what was allowed before may go on: all lasting checks, which are all
/// but the balance and the windows.
pub fn still_admissible(question: &Question<'_>) -> Result<(), Denial> {
    CHECKS
        .iter()
        .filter(|check| check.is_lasting)
        .try_for_each(|check| (check.run)(question))
}

/// A request that only its windows can still refuse.
#[derive(Debug)]
pub struct Admissible<'a> {
    subject: Subject<'a>,
    access: &'a Access,
}

impl<'a> Admissible<'a> {
    /// The key whose windows are to be charged.
    pub fn subject(&self) -> &Subject<'a> {
        &self.subject
    }

    /// What was asked for.
    pub fn access(&self) -> &Access {
        self.access
    }

    /// The end of the decision, by what the windows said.
    pub fn charge(self, admission: Admission) -> Decision {
        let (denial, quota) = match admission {
            Admission::Admitted(quota) => {
                return Decision::Allow(Grant::new(&self.subject, self.access, quota));
            }
            Admission::Refused(Window::Minute, quota) => (Denial::RateLimitedMinute(quota), quota),
            Admission::Refused(Window::Day, quota) => (Denial::RateLimitedDay(quota), quota),
        };
        let key = Some((self.subject.key.id, self.subject.key.organization_id));
        Decision::Deny(Denied {
            denial,
            key,
            quota: Some(quota),
        })
    }
}

fn credential(question: &Question<'_>) -> Result<(), Denial> {
    match question.presented {
        Presented::Absent => Err(Denial::MissingKey),
        Presented::Malformed => Err(Denial::InvalidKey),
        Presented::Ambiguous => Err(Denial::AmbiguousCredentials),
        Presented::Unknown | Presented::Known(_) => Ok(()),
    }
}

fn known(question: &Question<'_>) -> Result<(), Denial> {
    match question.presented {
        Presented::Known(_) => Ok(()),
        _ => Err(Denial::InvalidKey),
    }
}

fn state(question: &Question<'_>) -> Result<(), Denial> {
    about_subject(question, |subject| match subject.key.phase(question.now) {
        Phase::Revoked => Err(Denial::RevokedKey),
        Phase::Expired => Err(Denial::ExpiredKey),
        Phase::Suspended => Err(Denial::SuspendedKey),
        Phase::Running if subject.organization.is_suspended => Err(Denial::SuspendedKey),
        Phase::Running => Ok(()),
    })
}

fn service(question: &Question<'_>) -> Result<(), Denial> {
    about_subject(question, |subject| {
        match (question.access.audience, subject.key.kind) {
            (Audience::Any, _) | (Audience::Organization, KeyKind::Organization { .. }) => Ok(()),
            (Audience::Service(wanted), KeyKind::App { service, .. }) if wanted == *service => {
                Ok(())
            }
            // The published pages answer 401 here where RFC 6750 would answer 403.
            _ => Err(Denial::WrongService),
        }
    })
}

fn environment(question: &Question<'_>) -> Result<(), Denial> {
    about_subject(question, |subject| {
        let accepted = question
            .access
            .environments
            .contains(subject.key.environment);
        if accepted {
            Ok(())
        } else {
            Err(Denial::WrongEnvironment)
        }
    })
}

fn address(question: &Question<'_>) -> Result<(), Denial> {
    about_subject(question, |subject| {
        match (subject.key.ip_allowlist, question.access.address) {
            (Some(allowlist), Some(address)) if !allowlist.contains(address) => {
                Err(Denial::AddressNotAllowed)
            }
            _ => Ok(()),
        }
    })
}

fn subscription(question: &Question<'_>) -> Result<(), Denial> {
    about_subject(question, |subject| match subject.key.kind {
        KeyKind::Organization { .. }
            if question
                .now
                .has_reached(subject.organization.subscribed_until) =>
        {
            Err(Denial::SubscriptionRequired)
        }
        _ => Ok(()),
    })
}

fn permission(question: &Question<'_>) -> Result<(), Denial> {
    about_subject(question, |subject| match question.access.permission {
        Some(wanted) if !subject.key.permissions().allow(wanted) => {
            Err(Denial::MissingPermission(wanted))
        }
        _ => Ok(()),
    })
}

fn balance(question: &Question<'_>) -> Result<(), Denial> {
    about_subject(question, |subject| match subject.balance {
        Some(balance) if question.access.is_metered && balance <= MicroUsd::ZERO => {
            Err(Denial::InsufficientBalance(balance))
        }
        _ => Ok(()),
    })
}

/// Checks that speak of a key have nothing to say where none is known; `known`
/// has refused the request by then.
fn about_subject(
    question: &Question<'_>,
    check: impl FnOnce(&Subject<'_>) -> Result<(), Denial>,
) -> Result<(), Denial> {
    match &question.presented {
        Presented::Known(subject) => check(subject),
        _ => Ok(()),
    }
}

fn denied(question: &Question<'_>, denial: Denial) -> Denied {
    let key = match question.presented {
        Presented::Known(subject) => Some((subject.key.id, subject.key.organization_id)),
        _ => None,
    };
    Denied {
        denial,
        key,
        quota: None,
    }
}
