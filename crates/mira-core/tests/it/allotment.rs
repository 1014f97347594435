//! Windows that many nodes share: never over the limit, whatever happens; and
//! nearly all of it where the load is even.

#![expect(clippy::indexing_slicing, reason = "a test may panic")]

use std::collections::HashMap;
use std::num::NonZeroU32;

use mira_core::{Allotment, Short, Shortage, Timestamp, Window, WindowWord};
use proptest::prelude::*;

use crate::world::at;

const WINDOW: Window = Window::Minute;
const START: i64 = 29_000_000 * 60_000;

fn number(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

fn shortage(limit: u32, least: u32, want: u32) -> Shortage {
    Shortage {
        window: WINDOW,
        number: 7,
        limit: number(limit),
        least: number(least),
        want: number(want),
    }
}

fn allotment(from: u32, until: u32) -> Allotment {
    Allotment {
        number: 7,
        from,
        until,
    }
}

#[test]
fn store_gives_a_quarter_of_an_even_part_or_what_is_wanted() {
    for (limit, least, want, given, nodes, amount) in [
        (100, 1, 1, 0, 1, 25),
        (100, 1, 1, 0, 3, 8),
        (100, 1, 1, 89, 3, 1),
        (100, 1, 1, 99, 3, 1),
        (100, 1, 1, 100, 3, 0),
        (100, 1, 40, 0, 3, 40),
        (100, 1, 40, 70, 3, 30),
        (100, 5, 5, 97, 3, 0),
        (10, 1, 1, 60, 3, 0),
        (1, 1, 1, 0, u32::MAX, 1),
        (u32::MAX, 1, u32::MAX, 0, 1, u32::MAX),
    ] {
        let next = Allotment::next(&shortage(limit, least, want), given, number(nodes));
        let case = (limit, least, want, given, nodes);
        assert_eq!(next, allotment(given, given + amount), "{case:?}");
    }
}

#[test]
fn only_what_is_held_is_spent() {
    let spend = |word: WindowWord, horizon, of, cost| {
        word.spend(horizon, Window::Minute, number(of), cost, at(7 * 60_000))
    };
    let nothing = WindowWord::default();
    let Short::Units(missing) = spend(nothing, nothing, 10, 3).unwrap_err() else {
        panic!("the limit has room");
    };
    assert_eq!(missing, shortage(10, 3, 3));
    let (word, horizon) = nothing.credit(nothing, allotment(4, 9)).unwrap();
    let (word, quota) = spend(word, horizon, 10, 3).unwrap();
    assert_eq!(quota.remaining, 3);
    let Short::Units(missing) = spend(word, horizon, 10, 3).unwrap_err() else {
        panic!("the limit has room");
    };
    assert_eq!(missing, shortage(10, 1, 1));
    // Two are held at 7; one more lies at 9, and they move up to it.
    let (word, horizon) = word.credit(horizon, allotment(9, 10)).unwrap();
    let (word, quota) = spend(word, horizon, 10, 3).unwrap();
    assert_eq!(quota.remaining, 0);
    assert!(matches!(spend(word, horizon, 10, 1), Err(Short::Full(_))));
}

#[test]
fn answer_of_an_empty_store_closes_the_window() {
    let nothing = WindowWord::default();
    let (word, horizon) = nothing.credit(nothing, allotment(10, 10)).unwrap();
    let now = at(7 * 60_000);
    let full = word.spend(horizon, Window::Minute, number(10), 1, now);
    assert!(matches!(full, Err(Short::Full(quota)) if quota.remaining == 0));
}

#[test]
fn allotment_that_comes_late_is_of_no_use() {
    let nothing = WindowWord::default();
    let (word, horizon) = nothing.credit(nothing, allotment(8, 12)).unwrap();
    assert_eq!(word.credit(horizon, allotment(4, 8)), None);
    let old = Allotment {
        number: 6,
        ..allotment(20, 24)
    };
    assert_eq!(word.credit(horizon, old), None);
}

/// Nodes that share one window after the other, and the store between them.
struct World {
    limit: u32,
    given: HashMap<u32, u32>,
    admitted: HashMap<u32, u32>,
    nodes: Vec<Node>,
}

#[derive(Default)]
struct Node {
    word: WindowWord,
    horizon: WindowWord,
    /// What its clock says beyond the true time, in milliseconds.
    skew: i64,
    /// Answers of the store that are still under way, with the limit of the ask.
    under_way: Vec<(Allotment, u32)>,
}

/// What happens on the way from the store to the node.
#[derive(Debug, Clone, Copy)]
enum Answer {
    Comes,
    IsLost,
    IsLate,
}

#[derive(Debug, Clone)]
enum Event {
    /// A request for so many units.
    Request(usize, u32, Answer),
    /// What was late arrives.
    Arrive(usize),
    /// The process is killed and starts anew.
    Crash(usize),
    /// The limit is changed, everywhere before anybody is told.
    Limit(u32),
    Pass(i64),
}

impl World {
    fn new(limit: u32, skews: &[i64]) -> Self {
        let node = |skew: &i64| Node {
            skew: *skew,
            ..Node::default()
        };
        Self {
            limit,
            given: HashMap::new(),
            admitted: HashMap::new(),
            nodes: skews.iter().map(node).collect(),
        }
    }

    /// Whether the request is admitted; the store is asked as often as it takes.
    fn request(&mut self, index: usize, cost: u32, now: i64, answer: Answer) -> bool {
        for _ in 0..4 {
            let node = &mut self.nodes[index];
            let now = at(now + node.skew);
            match node
                .word
                .spend(node.horizon, WINDOW, number(self.limit), cost, now)
            {
                Ok((word, quota)) => {
                    node.word = word;
                    self.admit(cost, quota.reset);
                    return true;
                }
                Err(Short::Full(_)) => return false,
                Err(Short::Units(shortage)) => {
                    let allotment = self.give(&shortage);
                    let limit = self.limit;
                    match answer {
                        Answer::Comes => self.credit(index, allotment, limit),
                        Answer::IsLost => return false,
                        Answer::IsLate => {
                            self.nodes[index].under_way.push((allotment, limit));
                            return false;
                        }
                    }
                }
            }
        }
        panic!("the store gives what is asked for, or nothing because the window is full");
    }

    fn give(&mut self, shortage: &Shortage) -> Allotment {
        let nodes = u32::try_from(self.nodes.len()).unwrap();
        let given = self.given.entry(shortage.number).or_default();
        let next = Allotment::next(shortage, *given, number(nodes));
        *given = next.until;
        next
    }

    fn credit(&mut self, index: usize, allotment: Allotment, limit: u32) {
        let node = &mut self.nodes[index];
        let credited = node.word.credit(node.horizon, allotment);
        if let Some((word, horizon)) = credited.filter(|_| self.limit >= limit) {
            (node.word, node.horizon) = (word, horizon);
        }
    }

    fn admit(&mut self, cost: u32, reset: Timestamp) {
        let of = WINDOW.number(at(reset.as_millis() - 1));
        let admitted = self.admitted.entry(of).or_default();
        *admitted += cost;
        let (admitted, limit) = (*admitted, self.limit);
        assert!(admitted <= limit, "{admitted} of {limit} were admitted");
    }

    fn set_limit(&mut self, limit: u32) {
        if limit < self.limit {
            for node in &mut self.nodes {
                node.horizon = WindowWord::default();
            }
        }
        self.limit = limit;
    }
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let answer = prop_oneof![
        8 => Just(Answer::Comes),
        1 => Just(Answer::IsLost),
        1 => Just(Answer::IsLate),
    ];
    let event = prop_oneof![
        20 => (0_usize..3, 1_u32..6, answer).prop_map(|(node, cost, answer)| Event::Request(node, cost, answer)),
        2 => (0_usize..3).prop_map(Event::Arrive),
        1 => (0_usize..3).prop_map(Event::Crash),
        1 => (1_u32..60).prop_map(Event::Limit),
        2 => (0_i64..30_000).prop_map(Event::Pass),
    ];
    prop::collection::vec(event, 1..300)
}

proptest! {
    #[test]
    fn no_interleaving_admits_more_than_the_limit(
        limit in 1_u32..60,
        skews in prop::array::uniform3(-1_500_i64..1_500),
        events in events(),
    ) {
        let mut world = World::new(limit, &skews);
        let mut now = START;
        for event in events {
            match event {
                Event::Request(node, cost, answer) => {
                    world.request(node, cost, now, answer);
                }
                Event::Arrive(node) => {
                    for (allotment, limit) in std::mem::take(&mut world.nodes[node].under_way) {
                        world.credit(node, allotment, limit);
                    }
                }
                Event::Crash(node) => {
                    let skew = world.nodes[node].skew;
                    world.nodes[node] = Node { skew, ..Node::default() };
                }
                Event::Limit(limit) => world.set_limit(limit),
                Event::Pass(millis) => now += millis,
            }
        }
    }

    #[test]
    fn even_load_on_three_nodes_gets_nine_tenths(limit in 1_u32..2_000, cost in 1_u32..4) {
        let mut world = World::new(limit, &[0, 0, 0]);
        // Exactly what the limit allows, in turn: nobody asks for more to make up
        // for what another holds.
        let requests = limit / cost;
        let admitted = (0..requests)
            .filter(|turn| world.request(*turn as usize % 3, cost, START, Answer::Comes))
            .count();
        let admitted = u32::try_from(admitted).unwrap();
        prop_assert!(admitted * 10 >= requests * 9, "{} of {}", admitted, requests);
    }

    #[test]
    fn one_node_gets_all(limit in 1_u32..2_000, cost in 1_u32..8) {
        let mut world = World::new(limit, &[0]);
        let admitted = (0..=limit / cost)
            .filter(|_| world.request(0, cost, START, Answer::Comes))
            .count();
        prop_assert_eq!(u32::try_from(admitted).unwrap(), limit / cost);
    }
}
