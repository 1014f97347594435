use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use mira_core::{
    Change, Environment, KeyFacts, KeyId, KeyKind, KeyState, OrganizationId, Permission,
    Permissions, RateLimit, Timestamp,
};
use mira_key::KeyDigest;

use super::Index;

fn digest(number: u32) -> KeyDigest {
    KeyDigest::of(&number.to_le_bytes())
}

fn facts(number: u32) -> KeyFacts {
    KeyFacts {
        id: KeyId::from_bytes(u128::from(number).to_le_bytes()),
        organization_id: OrganizationId::from_bytes([1; 16]),
        kind: KeyKind::Organization {
            permissions: Permissions::NONE,
        },
        environment: Environment::Production,
        state: KeyState::Active,
        expires_at: None,
        ip_allowlist: None,
        rate_limit: RateLimit::default(),
    }
}

fn change(number: u32, facts: KeyFacts) -> Change {
    Change::Key {
        digest: digest(number),
        facts,
    }
}

#[test]
fn thousands_of_keys_are_found_as_they_were_told() {
    const KEYS: u32 = 20_000;
    let index = Index::default();
    for number in 0..KEYS {
        assert!(index.find(&digest(number)).is_none());
        index.apply(&change(number, facts(number)));
    }
    for number in 0..KEYS {
        let digest = digest(number);
        let entry = index.find(&digest).unwrap();
        assert_eq!(
            (entry.own().digest, entry.own().id),
            (digest, facts(number).id)
        );
    }
    assert!(index.find(&digest(KEYS)).is_none() && !index.is_full());
}

#[test]
fn counters_of_a_key_are_the_same_whoever_makes_them_first() {
    let index = Index::default();
    (0..100).for_each(|number| index.apply(&change(number, facts(number))));
    let of = |number| std::ptr::from_ref(index.find(&digest(number)).unwrap().counters());
    let before: Vec<usize> = (0..100).map(|number| of(number).addr()).collect();
    // Larger tables take over what the smaller ones said.
    (100..5_000).for_each(|number| index.apply(&change(number, facts(number))));
    let after: Vec<usize> = (0..100).map(|number| of(number).addr()).collect();
    assert_eq!(before, after);
    let at_once = thread::scope(|scope| {
        let asked = [(); 4].map(|()| scope.spawn(|| of(200).addr()));
        asked.map(|thread| thread.join().unwrap())
    });
    assert!(at_once.iter().all(|address| *address == at_once[0]));
}

/// Two versions of a key, told in turn: terms and instants belong together.
#[test]
fn no_reader_sees_a_part_of_one_change_and_a_part_of_another() {
    let index = Index::default();
    let versions =
        [(Permission::Read, 1_000), (Permission::Admin, 2_000)].map(|(permission, expires_at)| {
            KeyFacts {
                kind: KeyKind::Organization {
                    permissions: Permissions::from_iter([permission]),
                },
                expires_at: Some(Timestamp::from_millis(expires_at)),
                ..facts(1)
            }
        });
    index.apply(&change(1, versions[0].clone()));
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let reading = scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                let digest = digest(1);
                let entry = index.find(&digest).unwrap();
                let view = entry.subject().key;
                let is_one_of_them = versions
                    .iter()
                    .any(|facts| facts.kind == *view.kind && facts.expires_at == view.expires_at);
                assert!(is_one_of_them, "{view:?}");
            }
        });
        for facts in versions.iter().cycle().take(5_000) {
            index.apply(&change(1, facts.clone()));
        }
        is_over.store(true, Ordering::Relaxed);
        reading.join().unwrap();
    });
}
