//! Claims about the key string, through the crate's public interface.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use std::cell::Cell;
use std::sync::Mutex;

use mira_key::{
    ApiKey, Entropy, EntropyError, Family, KeyDigest, KeyParts, ParseKeyError, ServiceName,
};
use proptest::prelude::*;

/// `SplitMix64`: a known sequence from a seed, so that a failing case repeats.
struct Seeded(Mutex<Cell<u64>>);

impl Seeded {
    fn new(seed: u64) -> Self {
        Self(Mutex::new(Cell::new(seed)))
    }
}

impl Entropy for Seeded {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        let state = self.0.lock().unwrap();
        for byte in bytes {
            let next = state.get().wrapping_add(0x9E37_79B9_7F4A_7C15);
            state.set(next);
            let mixed = (next ^ (next >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            *byte = mixed.to_be_bytes()[0];
        }
        Ok(())
    }
}

struct Broken;

impl Entropy for Broken {
    fn fill(&self, _: &mut [u8]) -> Result<(), EntropyError> {
        Err(EntropyError)
    }
}

fn families() -> impl Strategy<Value = Family> {
    prop_oneof![
        Just(Family::Organization),
        "[a-z][a-z0-9-]{1,30}".prop_map(|name| Family::App(name.parse().unwrap())),
    ]
}

proptest! {
    #[test]
    fn generated_key_parses_back_to_its_family(family in families(), seed: u64) {
        let key = ApiKey::generate(family, &Seeded::new(seed)).unwrap();
        let parts = KeyParts::parse(key.expose().as_bytes()).unwrap();
        prop_assert_eq!(parts.family(), family);
        prop_assert!(parts.checksum_matches());
        prop_assert_eq!(parts.display_prefix(), key.display_prefix());
        prop_assert_eq!(key.expose().len(), family.to_string().len() + 32);
        prop_assert_eq!(key.digest(), KeyDigest::of(key.expose().as_bytes()));
    }

    #[test]
    fn any_bytes_parse_or_fail_without_panic(bytes: Vec<u8>) {
        let _ = KeyParts::parse(&bytes);
    }

    #[test]
    fn one_changed_character_breaks_the_checksum(seed: u64, at in 10_usize..42, to in "[0-9A-Za-z]") {
        let key = ApiKey::generate(Family::Organization, &Seeded::new(seed)).unwrap();
        let mut changed = key.expose().as_bytes().to_vec();
        let to = to.as_bytes()[0];
        prop_assume!(changed[at] != to);
        changed[at] = to;
        prop_assert!(!KeyParts::parse(&changed).unwrap().checksum_matches());
        prop_assert_ne!(KeyDigest::of(&changed), key.digest());
    }

    #[test]
    fn service_name_round_trips_and_orders_as_text(a in "[a-z][a-z0-9-]{1,30}", b in "[a-z][a-z0-9-]{1,30}") {
        let (x, y): (ServiceName, ServiceName) = (a.parse().unwrap(), b.parse().unwrap());
        prop_assert_eq!(x.as_str(), &a);
        prop_assert_eq!(x.cmp(&y), a.cmp(&b));
    }
}

#[test]
fn checksum_is_the_crc_32_of_the_ieee_in_six_base62_digits() {
    // CRC-32/ISO-HDLC of "mira_live_" and 26 zeros, worked out with zlib.
    let body = format!("mira_live_{}", "0".repeat(26));
    let key = format!("{body}{}", base62_of(crc32_reference(body.as_bytes())));
    assert!(KeyParts::parse(key.as_bytes()).unwrap().checksum_matches());
}

/// The textbook bit-by-bit CRC-32, to check the library against.
fn crc32_reference(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

fn base62_of(value: u32) -> String {
    let digits: Vec<char> = ('0'..='9').chain('A'..='Z').chain('a'..='z').collect();
    (0..6)
        .rev()
        .map(|place| digits[(value / 62_u32.pow(place) % 62) as usize])
        .collect()
}

#[test]
fn malformed_strings_are_refused_with_the_reason() {
    let body = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6";
    for (key, reason) in [
        (String::new(), ParseKeyError::UnknownPrefix),
        ("mira_test_".to_owned() + body, ParseKeyError::UnknownPrefix),
        ("MIRA_LIVE_".to_owned() + body, ParseKeyError::UnknownPrefix),
        ("mk__".to_owned() + body, ParseKeyError::UnknownPrefix),
        ("mk_v_".to_owned() + body, ParseKeyError::UnknownPrefix),
        ("mk_Verify_".to_owned() + body, ParseKeyError::UnknownPrefix),
        ("mk_verify".to_owned(), ParseKeyError::UnknownPrefix),
        (
            format!("mk_{}_{body}", "s".repeat(32)),
            ParseKeyError::UnknownPrefix,
        ),
        (
            "mira_live_".to_owned() + &body[1..],
            ParseKeyError::WrongLength,
        ),
        (format!("mira_live_{body}0"), ParseKeyError::WrongLength),
        (
            "mk_verify_YOUR_API_KEY".to_owned(),
            ParseKeyError::WrongLength,
        ),
        (
            format!("mira_live_{}-", &body[1..]),
            ParseKeyError::WrongCharacter,
        ),
        (
            format!("mira_live_{}é", &body[2..]),
            ParseKeyError::WrongCharacter,
        ),
    ] {
        assert_eq!(KeyParts::parse(key.as_bytes()).err(), Some(reason), "{key}");
    }
}

#[test]
fn documented_sample_key_has_the_form_of_a_verify_key() {
    let parts = KeyParts::parse(b"mk_verify_a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6").unwrap();
    assert_eq!(parts.family(), Family::App(ServiceName::VERIFY));
    assert_eq!(parts.display_prefix(), "mk_verify_a1b2");
}

#[test]
fn no_key_is_made_without_entropy() {
    assert_eq!(
        ApiKey::generate(Family::Organization, &Broken).err(),
        Some(EntropyError)
    );
}

#[test]
fn debug_of_a_key_and_its_digest_shows_no_secret() {
    let key = ApiKey::generate(Family::Organization, &Seeded::new(7)).unwrap();
    assert_eq!(format!("{key:?}"), "ApiKey(mira_live_…)");
    assert_eq!(format!("{:?}", key.digest()), "KeyDigest(…)");
}

#[test]
fn random_characters_are_uniform_at_every_position() {
    const KEYS: u32 = 62_000;
    let entropy = Seeded::new(1);
    let mut counts = vec![[0_u32; 256]; 26];
    for _ in 0..KEYS {
        let key = ApiKey::generate(Family::Organization, &entropy).unwrap();
        for (position, byte) in key.expose().as_bytes()[10..36].iter().enumerate() {
            counts[position][usize::from(*byte)] += 1;
        }
    }
    let expected = f64::from(KEYS / 62);
    for (position, counts) in counts.iter().enumerate() {
        let seen = counts.iter().filter(|count| **count > 0).count();
        assert_eq!(seen, 62, "position {position}");
        let chi_square: f64 = counts
            .iter()
            .filter(|count| **count > 0)
            .map(|count| (f64::from(*count) - expected).powi(2) / expected)
            .sum();
        // 61 degrees of freedom: above 120 has a chance of less than 1 in 100,000.
        assert!(chi_square < 120.0, "position {position}: {chi_square}");
    }
}

#[test]
fn every_single_change_of_a_key_is_seen_by_its_checksum() {
    const ALPHABET: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let key = ApiKey::generate(Family::Organization, &Seeded::new(8)).unwrap();
    let good = key.expose().as_bytes();
    let is_good = |bytes: &[u8]| KeyParts::parse(bytes).is_ok_and(|key| key.checksum_matches());
    assert!(is_good(good));
    for at in 0..good.len() {
        for other in ALPHABET.iter().chain(b"_- ") {
            let mut changed = good.to_vec();
            changed[at] = *other;
            assert!(changed == good || !is_good(&changed), "{at} {other}");
        }
        let mut shorter = good.to_vec();
        shorter.remove(at);
        assert!(!is_good(&shorter) && !is_good(&good[..at]), "{at}");
        let mut longer = good.to_vec();
        longer.insert(at, good[at]);
        assert!(!is_good(&longer), "{at}");
    }
}
