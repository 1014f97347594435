//! Claims about the windows of addresses.

use super::*;

const MINUTE: i64 = 60_000;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(20_000 * 1_440 * MINUTE + millis)
}

fn address(n: u32) -> IpAddr {
    IpAddr::V4(n.into())
}

fn charge(windows: &AddressWindows, n: u32, now: i64) -> Result<u32, u32> {
    let limit = NonZeroU32::new(2).unwrap();
    let answer = windows.charge(address(n), limit, 1, at(now));
    answer
        .map(|left| left.remaining)
        .map_err(|left| left.remaining)
}

#[test]
fn full_map_of_live_windows_evicts_the_oldest_and_never_grows() {
    let windows = AddressWindows::new(3);
    for n in [1, 2, 3] {
        assert_eq!(charge(&windows, n, 0), Ok(1));
    }
    for n in [1, 2, 3] {
        assert_eq!(charge(&windows, n, 1), Ok(0));
    }
    assert_eq!(charge(&windows, 4, 2), Ok(1));
    assert_eq!(charge(&windows, 2, 2), Err(0));
    assert_eq!(charge(&windows, 3, 2), Err(0));
    assert_eq!(charge(&windows, 1, 2), Ok(1), "evicted, so it begins anew");
    for n in 0..100 {
        charge(&windows, n, 3).ok();
        assert!(windows.windows.len() <= 3);
        assert_eq!(lock(&windows.order).blocks.len(), windows.windows.len());
    }
}

#[test]
fn idle_windows_make_room_before_live_ones() {
    let windows = AddressWindows::new(3);
    for n in [1, 2, 3] {
        assert_eq!(charge(&windows, n, 0), Ok(1));
    }
    for _ in 0..2 {
        charge(&windows, 1, MINUTE).unwrap();
    }
    assert_eq!(charge(&windows, 4, MINUTE), Ok(1));
    assert_eq!(
        charge(&windows, 1, MINUTE),
        Err(0),
        "live, though the oldest"
    );
    assert_eq!(windows.windows.len(), 2);
}

#[test]
fn sweep_drops_the_windows_of_past_minutes() {
    let windows = AddressWindows::new(100);
    for n in 0..50 {
        charge(&windows, n, 0).unwrap();
    }
    windows.sweep(at(MINUTE - 1));
    assert_eq!(windows.windows.len(), 50);
    charge(&windows, 7, MINUTE).unwrap();
    windows.sweep(at(MINUTE));
    assert_eq!(windows.windows.len(), 1);
    assert_eq!(charge(&windows, 7, MINUTE), Ok(0));
    windows.sweep(at(2 * MINUTE));
    assert_eq!(windows.windows.len(), 0);
}

#[test]
fn asking_makes_no_window() {
    let windows = AddressWindows::new(100);
    let asked = windows.charge(address(1), NonZeroU32::MIN, 0, at(0));
    assert_eq!(asked.map(|left| left.remaining), Ok(1));
    assert_eq!(windows.windows.len(), 0);
}

#[test]
fn ipv6_shares_a_window_by_64_bits_and_mapped_ipv4_is_ipv4() {
    for (a, b, is_one) in [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::", true),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", false),
        ("::ffff:192.0.2.1", "192.0.2.1", true),
        ("192.0.2.1", "192.0.2.2", false),
        ("::c000:201", "192.0.2.1", false),
    ] {
        let (a, b) = (a.parse().unwrap(), b.parse().unwrap());
        assert_eq!(Block::of(a) == Block::of(b), is_one, "{a} and {b}");
    }
}

#[test]
fn sweep_that_races_with_charges_loses_none() {
    const THREADS: usize = 4;
    const MINUTES: i64 = 200;
    let windows = AddressWindows::new(100);
    let limit = NonZeroU32::new(30).unwrap();
    let turn = std::sync::Barrier::new(THREADS);
    let charge_and_sweep = || {
        let admitted = (0..MINUTES).map(|minute| {
            turn.wait();
            let now = at(minute * MINUTE);
            windows.sweep(now);
            (0..20)
                .filter(|_| windows.charge(address(1), limit, 1, now).is_ok())
                .count()
        });
        admitted.collect::<Vec<_>>()
    };
    let admitted: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|_| scope.spawn(charge_and_sweep))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    for minute in 0..usize::try_from(MINUTES).unwrap() {
        let total: usize = admitted.iter().map(|thread| thread[minute]).sum();
        assert_eq!(total, 30, "minute {minute}");
    }
}
