//! The judge of histories: a search for an order that explains all answers, after Wing and Gong, with Lowe's memory
//! of what has been tried.
//!
//! A connection's commands are answered in the order in which they were sent, so how far a search has come is one
//! number for each connection, and what it can place next is among the first commands left of each. The same numbers
//! with the same state need no second look. The cost is at most the product of the connections' lengths times the
//! states that differ: short histories, and many of them.

use std::collections::HashSet;
use std::hash::Hash;

/// What a sequence of operations should answer.
pub trait Model: Clone + Eq + Hash {
    /// An operation.
    type Op;
    /// What it is answered.
    type Answer: PartialEq;

    /// Does the operation, and says how it is answered.
    fn apply(&mut self, op: &Self::Op) -> Self::Answer;
}

/// An operation that was answered. Its two instants come from one counter for the whole history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event<O, A> {
    /// What was asked.
    pub op: O,
    /// What was answered.
    pub answer: A,
    /// An instant before the first byte was sent.
    pub sent: u64,
    /// An instant after the last byte of the answer was read.
    pub answered: u64,
}

/// How far the search came that came farthest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stuck<M> {
    /// How many operations of each connection it had placed.
    pub placed: Vec<usize>,
    /// What held then.
    pub state: M,
}

/// Looks for an order that explains the history of these connections, each with its events in the order in which they
/// were sent, from the state `start`.
///
/// # Errors
/// When there is none.
pub fn check<M: Model>(start: M, connections: &[Vec<Event<M::Op, M::Answer>>]) -> Result<(), Stuck<M>> {
    let mut farthest = Stuck { placed: vec![0; connections.len()], state: start };
    let mut open = vec![farthest.clone()];
    let mut seen = HashSet::new();
    while let Some(Stuck { placed, state }) = open.pop() {
        let heads: Vec<_> = connections.iter().zip(&placed).map(|(events, placed)| events.get(*placed)).collect();
        if heads.iter().all(Option::is_none) {
            return Ok(());
        }
        // What is left was answered no earlier than the first of it. An operation that was sent later must wait.
        let first_answer = heads.iter().flatten().map(|event| event.answered).min().unwrap_or(u64::MAX);
        for (connection, event) in heads.iter().enumerate() {
            let Some(event) = event.filter(|event| event.sent < first_answer) else { continue };
            let mut next = state.clone();
            if next.apply(&event.op) != event.answer {
                continue;
            }
            let mut further = placed.clone();
            further.iter_mut().skip(connection).take(1).for_each(|count| *count += 1);
            if seen.insert((further.clone(), next.clone())) {
                open.push(Stuck { placed: further, state: next });
            }
        }
        if placed.iter().sum::<usize>() >= farthest.placed.iter().sum() {
            farthest = Stuck { placed, state };
        }
    }
    Err(farthest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::{Answer, Condition, Expiry, Keyspace, Op, Value};

    type Told = Event<Op, Answer>;

    fn told(sent: u64, answered: u64, op: Op, answer: Answer) -> Told {
        Event { op, answer, sent, answered }
    }

    fn value(number: i64) -> Value {
        Value::Number(number)
    }

    fn set(sent: u64, answered: u64, number: i64) -> Told {
        told(sent, answered, Op::set(0, value(number)), Answer::Ok)
    }

    fn get(sent: u64, answered: u64, number: Option<i64>) -> Told {
        told(sent, answered, Op::Get(0), Answer::Value(number.map(value)))
    }

    fn is_good(connections: &[Vec<Told>]) -> bool {
        check(Keyspace::default(), connections).is_ok()
    }

    #[test]
    fn one_after_the_other() {
        assert!(is_good(&[]));
        assert!(is_good(&[vec![], vec![get(1, 2, None), set(3, 4, 5), get(5, 6, Some(5))]]));
        assert!(!is_good(&[vec![set(1, 2, 5), get(3, 4, Some(6))]]));
        assert!(!is_good(&[vec![set(1, 2, 5)], vec![get(3, 4, None)]]));
    }

    #[test]
    fn what_overlaps_may_come_either_way() {
        for seen in [None, Some(5)] {
            assert!(is_good(&[vec![set(1, 4, 5)], vec![get(2, 3, seen)]]));
            assert!(is_good(&[vec![set(2, 3, 5)], vec![get(1, 4, seen)]]));
            assert!(is_good(&[vec![set(1, 3, 5)], vec![get(2, 4, seen)]]));
        }
        // The one that is sent last may be the first.
        assert!(is_good(&[vec![set(1, 6, 5)], vec![set(2, 5, 6)], vec![get(3, 4, Some(6))], vec![get(7, 8, Some(5))]]));
    }

    #[test]
    fn a_stale_read_is_found() {
        let writer = vec![set(1, 2, 5), set(3, 6, 7)];
        assert!(is_good(&[writer.clone(), vec![get(4, 5, Some(7)), get(7, 8, Some(7))]]));
        assert!(!is_good(&[writer.clone(), vec![get(4, 5, Some(5)), get(7, 8, Some(5))]]));
        // Once one has seen the new value nobody later sees the old one, though both overlap the write.
        let writer = vec![set(1, 2, 5), set(3, 10, 7)];
        assert!(is_good(&[writer.clone(), vec![get(4, 5, Some(5))], vec![get(6, 7, Some(7))]]));
        assert!(!is_good(&[writer, vec![get(4, 5, Some(7))], vec![get(6, 7, Some(5))]]));
    }

    #[test]
    fn a_lost_update_is_found() {
        let add = |sent, answered, sum| told(sent, answered, Op::Incr(0), Answer::Int(sum));
        assert!(is_good(&[vec![add(1, 4, 2)], vec![add(2, 3, 1)], vec![get(5, 6, Some(2))]]));
        assert!(!is_good(&[vec![add(1, 4, 1)], vec![add(2, 3, 1)]]));
        assert!(!is_good(&[vec![add(1, 4, 1)], vec![add(2, 3, 2)], vec![get(5, 6, Some(1))]]));
        let once = |sent, answered, number, stored| {
            let op = Op::Set {
                key: 0,
                value: value(number),
                condition: Condition::IfAbsent,
                expiry: Expiry::Clear,
                get: false,
            };
            told(sent, answered, op, if stored { Answer::Ok } else { Answer::Value(None) })
        };
        assert!(is_good(&[vec![once(1, 4, 5, true)], vec![once(2, 3, 6, false)]]));
        assert!(!is_good(&[vec![once(1, 4, 5, true)], vec![once(2, 3, 6, true)]]));
        assert!(!is_good(&[vec![once(1, 4, 5, false)], vec![once(2, 3, 6, false)]]));
    }

    #[test]
    fn a_torn_write_is_found() {
        let both = |number| Op::MSet(vec![(0, value(number)), (1, value(number))]);
        let seen = |sent, answered, left: Option<i64>, right: Option<i64>| {
            told(sent, answered, Op::MGet(vec![0, 1]), Answer::Values(vec![left.map(value), right.map(value)]))
        };
        for (left, right, good) in
            [(None, None, true), (Some(5), Some(5), true), (Some(5), None, false), (None, Some(5), false)]
        {
            assert_eq!(is_good(&[vec![told(1, 4, both(5), Answer::Ok)], vec![seen(2, 3, left, right)]]), good);
        }
        // Two that overlap: either may win, but on both keys.
        let writers = [vec![told(1, 4, both(5), Answer::Ok)], vec![told(2, 3, both(6), Answer::Ok)]];
        let then = |left, right| [writers.as_slice(), &[vec![seen(5, 6, Some(left), Some(right))]]].concat();
        assert!(is_good(&then(5, 5)) && is_good(&then(6, 6)));
        assert!(!is_good(&then(5, 6)) && !is_good(&then(6, 5)));
    }

    #[test]
    fn a_connection_keeps_its_own_order() {
        // Both were on their way at once, yet the second cannot come before the first.
        assert!(is_good(&[vec![set(1, 3, 5), get(1, 4, Some(5))]]));
        assert!(!is_good(&[vec![set(1, 3, 5), get(1, 4, None)]]));
        assert!(!is_good(&[vec![get(1, 3, Some(5)), set(1, 4, 5)]]));
    }

    #[test]
    fn a_failed_search_says_how_far_it_came() {
        let stuck = check(Keyspace::default(), &[vec![set(1, 2, 5), get(3, 4, Some(6))], vec![set(5, 6, 7)]]);
        let mut state = Keyspace::default();
        state.apply(&Op::set(0, value(5)));
        assert_eq!(stuck, Err(Stuck { placed: vec![1, 0], state }));
    }

    #[test]
    fn large_overlaps_are_bounded() {
        // 24 writes that all overlap have more orders than can be tried; the memory makes them few.
        let writes = |from: i64| (0..8).map(|n| set(1, 100, from + n)).collect::<Vec<_>>();
        let connections = [writes(0), writes(10), writes(20), vec![get(101, 102, Some(99))]];
        assert!(!is_good(&connections));
    }
}
