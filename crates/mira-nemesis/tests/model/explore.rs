//! Breadth first through all states, so that a violation is found by its
//! shortest way.

use std::collections::{HashSet, VecDeque};

use crate::Without;
use crate::step::State;

/// What was found.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// No violation in any of so many states.
    Complete(usize),
    /// One after so many steps.
    Violated(usize),
}

pub(crate) fn explore(without: Without) -> Outcome {
    let start = State::start();
    let mut seen = HashSet::from([start.clone()]);
    let mut queue = VecDeque::from([(start, 0)]);
    let mut next = Vec::new();
    while let Some((state, steps)) = queue.pop_front() {
        if state.is_violated {
            return Outcome::Violated(steps);
        }
        state.steps(without, &mut next);
        for mut state in next.drain(..) {
            state.forget(without);
            if seen.insert(state.clone()) {
                queue.push_back((state, steps + 1));
            }
        }
    }
    Outcome::Complete(seen.len())
}
