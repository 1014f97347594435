//! Values that go to text, bytes or JSON and come back.

use std::str::FromStr as _;

use mira_core::{
    Actor, Allowlist, AppId, Environment, EventId, KeyId, MicroUsd, OrganizationId,
    ParseAllowlistError, Permission, Permissions, Plan, Role, Subscription, SubscriptionStatus,
    Timestamp, TransactionId, UserId,
};
use proptest::prelude::*;

use crate::world::{NOW, at};

proptest! {
    #[test]
    fn id_comes_back_from_its_text_and_bytes(bytes: [u8; 16]) {
        let id = KeyId::from_bytes(bytes);
        prop_assert_eq!(id.to_string().parse::<KeyId>(), Ok(id));
        prop_assert_eq!(*id.as_bytes(), bytes);
    }

    #[test]
    fn ids_sort_by_when_they_were_made(a in 0_i64..1 << 48, b in 0_i64..1 << 48, random: [[u8; 10]; 2]) {
        prop_assume!(a != b);
        let (first, second) = (KeyId::new(at(a), random[0]), KeyId::new(at(b), random[1]));
        prop_assert_eq!(first < second, a < b);
        prop_assert_eq!(first.to_string() < second.to_string(), a < b);
    }

    #[test]
    fn amount_comes_back_from_dollars(micros in -999_999_999_999_999_i64..=999_999_999_999_999) {
        let amount = MicroUsd::from_micros(micros);
        prop_assert_eq!(MicroUsd::from_dollars(amount.as_dollars()), Some(amount));
    }

    #[test]
    fn permissions_come_back_from_their_text(bits in 0_usize..8) {
        let given = Permission::ALL.iter().copied().enumerate();
        let given = given.filter(|(bit, _)| bits & 1 << bit != 0).map(|(_, one)| one);
        let permissions = given.collect::<Permissions>();
        prop_assert_eq!(permissions.to_text().parse(), Ok(permissions));
        prop_assert_eq!(permissions.iter().count(), bits.count_ones() as usize);
        prop_assert_eq!(permissions.is_empty(), bits == 0);
    }

    #[test]
    fn adding_a_duration_and_taking_the_difference_agree(millis in 0_i64..1 << 50, more in 0_u64..1 << 50) {
        let more = std::time::Duration::from_millis(more);
        prop_assert_eq!((at(millis) + more) - at(millis), more);
        prop_assert!((at(millis) - (at(millis) + more)).is_zero());
    }
}

#[test]
fn id_is_a_version_7_uuid_behind_its_prefix() {
    let id = KeyId::new(at(0x0123_4567_89ab), [0xff; 10]);
    assert_eq!(id.to_string(), "key_0123456789ab7fffbfffffffffffffff");
    assert_eq!(format!("{id:?}"), id.to_string());
    let prefixes = [
        OrganizationId::PREFIX,
        AppId::PREFIX,
        UserId::PREFIX,
        EventId::PREFIX,
        TransactionId::PREFIX,
    ];
    assert_eq!(prefixes, ["org", "app", "user", "evt", "txn"]);
}

#[test]
fn id_has_one_spelling() {
    let id = KeyId::from_bytes([0xab; 16]).to_string();
    for text in [
        String::new(),
        "key_".to_owned(),
        id.replace("key_", "org_"),
        id.replace("key_", ""),
        id.to_uppercase(),
        id.replace("ab", "AB"),
        id.clone() + "0",
        format!("key_{}", "g".repeat(32)),
        "key_abababab-abab-abab-abab-abababababab".to_owned(),
        "key_{ababababababababababababababab}".to_owned(),
    ] {
        let error = text.parse::<KeyId>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "an id begins with key_ and 32 lowercase hexadecimal digits follow"
        );
    }
}

#[test]
fn actor_comes_back_from_its_text() {
    let (user, key) = (UserId::from_bytes([1; 16]), KeyId::from_bytes([2; 16]));
    for (actor, kind) in [
        (Actor::User(user), "user"),
        (Actor::Key(key), "key"),
        (Actor::System, "system"),
    ] {
        assert_eq!(actor.to_string().parse(), Ok(actor));
        assert_eq!(actor.kind(), kind);
    }
    assert!(
        "org_00000000000000000000000000000000"
            .parse::<Actor>()
            .is_err()
    );
}

#[test]
fn amount_of_dollars_is_whole_micro_dollars_below_a_billion() {
    for (dollars, micros) in [
        (0.0, 0),
        (-0.0, 0),
        (1.5, 1_500_000),
        (0.1, 100_000),
        (0.000_001, 1),
        (-19.99, -19_990_000),
        (10_000_000.1, 10_000_000_100_000),
        (999_999_999.999_999, 999_999_999_999_999),
    ] {
        assert_eq!(
            MicroUsd::from_dollars(dollars),
            Some(MicroUsd::from_micros(micros)),
            "{dollars}"
        );
    }
    for dollars in [
        0.000_000_1,
        5e-10,
        1.234_567_8,
        1e9,
        -1e9,
        f64::NAN,
        f64::INFINITY,
        f64::MAX,
    ] {
        assert_eq!(MicroUsd::from_dollars(dollars), None, "{dollars}");
    }
}

#[test]
fn amount_reads_as_people_write_it() {
    for (micros, text) in [
        (0, "$0.00"),
        (1_500_000, "$1.50"),
        (-123, "-$0.000123"),
        (1_234_500_000, "$1234.50"),
        (10, "$0.00001"),
        (i64::MIN, "-$9223372036854.775808"),
    ] {
        assert_eq!(MicroUsd::from_micros(micros).to_string(), text);
    }
}

#[test]
fn sum_that_does_not_fit_is_none() {
    let most = MicroUsd::from_micros(i64::MAX);
    assert_eq!(most.checked_add(MicroUsd::from_micros(1)), None);
    assert_eq!(
        most.checked_add(MicroUsd::from_micros(-1)),
        Some(MicroUsd::from_micros(i64::MAX - 1))
    );
}

#[test]
fn word_that_is_none_of_the_words_is_told_which_they_are() {
    let error = Environment::from_str("prod").unwrap_err();
    assert_eq!(
        error.to_string(),
        "environment is one of development, staging, production"
    );
    assert!("read,own".parse::<Permissions>().is_err());
    assert!("Admin".parse::<Role>().is_err());
    assert_eq!("superadmin".parse(), Ok(Role::Superadmin));
    assert!(Role::Member < Role::Admin && Role::Admin < Role::Superadmin);
}

#[test]
fn allowlist_takes_addresses_and_networks_of_both_families() {
    let list = Allowlist::parse(&["203.0.113.7", "198.51.100.0/24", "2001:db8::/32"]).unwrap();
    assert_eq!(
        list.to_string(),
        "203.0.113.7/32, 198.51.100.0/24, 2001:db8::/32"
    );
    for (address, expected) in [
        ("203.0.113.7", true),
        ("::ffff:203.0.113.7", true),
        ("203.0.113.8", false),
        ("198.51.100.0", true),
        ("198.51.101.0", false),
        ("2001:db8:1::", true),
        ("2001:db9::", false),
    ] {
        assert_eq!(
            list.contains(address.parse().unwrap()),
            expected,
            "{address}"
        );
    }
}

#[test]
fn ipv4_mapped_entry_is_the_ipv4_network_it_maps() {
    for entry in [
        "::ffff:203.0.113.7",
        "::ffff:203.0.113.0/120",
        "::ffff:0.0.0.0/96",
    ] {
        let list = Allowlist::parse(&[entry]).unwrap();
        assert!(list.contains("203.0.113.7".parse().unwrap()), "{entry}");
        assert!(
            list.contains("::ffff:203.0.113.7".parse().unwrap()),
            "{entry}"
        );
        assert!(!list.contains("2001:db8::1".parse().unwrap()), "{entry}");
    }
}

#[test]
fn allowlist_that_is_none_is_refused() {
    let too_many = vec!["192.0.2.1"; Allowlist::MAX_ENTRIES + 1];
    assert_eq!(
        Allowlist::parse::<&str>(&[]),
        Err(ParseAllowlistError::Empty)
    );
    assert_eq!(
        Allowlist::parse(&too_many),
        Err(ParseAllowlistError::TooMany)
    );
    assert!(Allowlist::parse(&too_many[1..]).is_ok());
    for entry in [
        "",
        "localhost",
        "203.0.113.7/24",
        "203.0.113.0/33",
        "2001:db8::1/32",
        " 192.0.2.1",
    ] {
        let error = ParseAllowlistError::NotANetwork(entry.to_owned());
        assert_eq!(Allowlist::parse(&[entry]), Err(error));
    }
}

#[test]
fn only_a_paid_plan_opens_the_api_until_the_period_ends() {
    use {Plan::*, SubscriptionStatus::*};
    for (plan, status, current_period_end, until) in [
        (Business, Active, None, Timestamp::MAX),
        (Enterprise, Active, Some(NOW), NOW),
        (PayAsYouGo, Active, None, Timestamp::MIN),
        (Business, PastDue, None, Timestamp::MIN),
        (Enterprise, Canceled, Some(Timestamp::MAX), Timestamp::MIN),
    ] {
        let subscription = Subscription {
            plan,
            status,
            current_period_end,
        };
        assert_eq!(subscription.active_until(), until);
        assert_eq!(subscription.is_active(NOW), until > NOW);
    }
    assert!(!Subscription::NONE.is_active(NOW));
}

#[test]
fn without_random_bytes_there_is_no_id() {
    struct Dry;
    impl mira_key::Entropy for Dry {
        fn fill(&self, _: &mut [u8]) -> Result<(), mira_key::EntropyError> {
            Err(mira_key::EntropyError)
        }
    }
    assert_eq!(KeyId::generate(at(0), &Dry), Err(mira_key::EntropyError));
}
