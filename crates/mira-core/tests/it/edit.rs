//! Changes of a key's description, and which of them take something away.

use mira_core::{
    Allowlist, Edit, EditError, Environment, KeyFacts, KeyState, MAX_GRACE_SECS, Permission,
    Permissions, RateLimit, Timestamp,
};
use std::num::NonZeroU32;

use crate::world::{
    NOW, RETIRING, REVOKED, SOMEBODY, SUSPENDED, SUSPENDED_WHILE_RETIRING, World, at,
};

fn edit(world: &World, edit: Edit) -> Result<KeyFacts, EditError> {
    world.record().edit(edit, NOW).map(|record| record.facts)
}

fn in_state(state: KeyState) -> World {
    World::organization().with(|w| w.key.state = state)
}

fn retire_at(until: Timestamp) -> Edit {
    Edit {
        retires_at: Some(until),
        ..Edit::default()
    }
}

#[test]
fn revoked_or_expired_key_takes_no_edit_not_even_an_empty_one() {
    let expired = World::organization().with(|w| w.key.expires_at = Some(NOW));
    let past_grace = in_state(RETIRING).record().edit(Edit::default(), at(2_000));
    assert!(matches!(
        edit(&in_state(REVOKED), Edit::default()),
        Err(EditError::Final(_))
    ));
    assert!(matches!(
        edit(&expired, Edit::default()),
        Err(EditError::Final(_))
    ));
    assert!(matches!(past_grace, Err(EditError::Final(_))));
}

#[test]
fn empty_edit_changes_nothing() {
    for state in [KeyState::Active, RETIRING, SUSPENDED] {
        let record = in_state(state).record();
        assert_eq!(record.clone().edit(Edit::default(), NOW), Ok(record));
    }
}

#[test]
fn members_are_replaced_and_null_clears() {
    let list = Allowlist::parse(&["192.0.2.1"]).unwrap();
    let limit = RateLimit {
        per_minute: NonZeroU32::new(5),
        per_day: None,
    };
    let full = Edit {
        name: Some("renamed".to_owned()),
        permissions: Some(Permissions::from_iter([Permission::Admin])),
        environment: Some(Environment::Staging),
        expires_at: Some(Some(at(9_000))),
        ip_allowlist: Some(Some(list.clone())),
        rate_limit: Some(Some(limit)),
        retires_at: None,
    };
    let record = World::organization().record().edit(full, NOW).unwrap();
    assert_eq!(record.name, "renamed");
    assert!(record.facts.permissions().allow(Permission::Write));
    assert_eq!(record.facts.environment, Environment::Staging);
    assert_eq!(record.facts.expires_at, Some(at(9_000)));
    assert_eq!(record.facts.ip_allowlist, Some(list));
    assert_eq!(record.facts.rate_limit, limit);

    let cleared = Edit {
        expires_at: Some(None),
        ip_allowlist: Some(None),
        rate_limit: Some(None),
        ..Edit::default()
    };
    let facts = record.edit(cleared, NOW).unwrap().facts;
    assert_eq!((facts.expires_at, facts.ip_allowlist), (None, None));
    assert!(facts.rate_limit.is_default());
}

#[test]
fn app_key_carries_no_permissions() {
    let given = Edit {
        permissions: Some(Permissions::NONE),
        ..Edit::default()
    };
    assert_eq!(
        edit(&World::app(), given),
        Err(EditError::PermissionsOfAppKey)
    );
}

#[test]
fn only_a_retiring_key_has_an_end_of_grace_and_within_30_days() {
    let longest = at(0).plus_secs(i64::from(MAX_GRACE_SECS));
    for state in [KeyState::Active, SUSPENDED] {
        assert_eq!(
            edit(&in_state(state), retire_at(NOW)),
            Err(EditError::NotRetiring)
        );
    }
    for state in [RETIRING, SUSPENDED_WHILE_RETIRING] {
        let facts = edit(&in_state(state), retire_at(longest)).unwrap();
        assert_eq!(facts.state.retires_at(), Some(longest));
        assert_eq!(facts.state.rotated_at(), Some(at(0)));
        let too_long = longest + std::time::Duration::from_millis(1);
        assert_eq!(
            edit(&in_state(state), retire_at(too_long)),
            Err(EditError::GraceTooLong)
        );
    }
}

const RETIRING_LONGER: KeyState = KeyState::Retiring {
    since: at(0),
    until: at(3_000),
};
const RETIRING_SHORTER: KeyState = KeyState::Retiring {
    since: at(0),
    until: at(1_500),
};

type Change = (&'static str, fn(&mut KeyFacts), fn(&mut KeyFacts), bool);

fn networks(facts: &mut KeyFacts, entries: &[&str]) {
    facts.ip_allowlist = Some(Allowlist::parse(entries).unwrap());
}

fn permit(facts: &mut KeyFacts, text: &str) {
    facts.kind = mira_core::KeyKind::Organization {
        permissions: text.parse().unwrap(),
    };
}

/// What, before, after, and whether something allowed before may be refused now.
#[rustfmt::skip]
const CHANGES: &[Change] = &[
    ("nothing", |_| {}, |_| {}, false),
    ("read to read,write", |k| permit(k, "read"), |k| permit(k, "read,write"), false),
    ("read,write to read", |k| permit(k, "read,write"), |k| permit(k, "read"), true),
    ("admin to read,write", |k| permit(k, "admin"), |k| permit(k, "read,write"), true),
    ("read,write to admin", |k| permit(k, "read,write"), |k| permit(k, "admin"), false),
    ("read to write", |k| permit(k, "read"), |k| permit(k, "write"), true),
    ("environment", |_| {}, |k| k.environment = Environment::Staging, true),
    ("revoke", |_| {}, |k| k.state = REVOKED, true),
    ("suspend", |_| {}, |k| k.state = SUSPENDED, true),
    ("resume", |k| k.state = SUSPENDED, |k| k.state = KeyState::Active, false),
    ("rotate with grace", |_| {}, |k| k.state = RETIRING, true),
    ("longer grace, on the side of yes", |k| k.state = RETIRING, |k| k.state = RETIRING_LONGER, true),
    ("shorter grace", |k| k.state = RETIRING_LONGER, |k| k.state = RETIRING, true),
    ("resume into the grace period", |k| k.state = SUSPENDED_WHILE_RETIRING, |k| k.state = RETIRING, false),
    ("shorter grace while suspended", |k| k.state = SUSPENDED_WHILE_RETIRING, |k| k.state = RETIRING_SHORTER, true),
    ("an end of life", |_| {}, |k| k.expires_at = Some(at(9_000)), true),
    ("a later end of life", |k| k.expires_at = Some(at(8_000)), |k| k.expires_at = Some(at(9_000)), false),
    ("an earlier end of life", |k| k.expires_at = Some(at(9_000)), |k| k.expires_at = Some(at(8_000)), true),
    ("no end of life", |k| k.expires_at = Some(at(9_000)), |k| k.expires_at = None, false),
    ("an allowlist", |_| {}, |k| networks(k, &["::/0", "0.0.0.0/0"]), true),
    ("no allowlist", |k| networks(k, &["192.0.2.1"]), |k| k.ip_allowlist = None, false),
    ("a wider allowlist", |k| networks(k, &["192.0.2.0/25"]), |k| networks(k, &["192.0.2.0/24"]), false),
    ("a narrower allowlist", |k| networks(k, &["192.0.2.0/24"]), |k| networks(k, &["192.0.2.0/25"]), true),
    ("one network more", |k| networks(k, &["192.0.2.1"]), |k| networks(k, &["192.0.2.1", "192.0.2.9"]), false),
    ("one network less", |k| networks(k, &["192.0.2.1", "192.0.2.9"]), |k| networks(k, &["192.0.2.1"]), true),
    ("limits", |_| {}, |k| k.rate_limit.per_day = NonZeroU32::new(5), true),
];

#[test]
fn change_that_may_refuse_what_was_allowed_tightens() {
    for (what, before, after, expected) in CHANGES {
        let mut old = World::organization().key;
        before(&mut old);
        let mut new = old.clone();
        after(&mut new);
        assert_eq!(new.tightens(&old), *expected, "{what}");
    }
}

#[test]
fn rotation_without_grace_tightens() {
    let record = World::organization().record();
    let old = record.facts.clone();
    let rotated = record.rotate(old.id, 0, NOW, SOMEBODY).unwrap();
    assert!(rotated.facts.tightens(&old));
}
