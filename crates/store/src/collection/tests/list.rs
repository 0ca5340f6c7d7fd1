//! Lists against a deque.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::super::List;
use super::{bounded, cases, element};

#[derive(Debug, Clone)]
enum Step {
    PushFront(Vec<u8>),
    PushBack(Vec<u8>),
    PopFront,
    PopBack,
    Insert(usize, Vec<u8>),
    Set(usize, Vec<u8>),
    Remove(usize),
    RemoveRange(usize, usize),
    Append(usize),
    Keep,
    Position(Vec<u8>, bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => element().prop_map(Step::PushFront),
        4 => element().prop_map(Step::PushBack),
        2 => Just(Step::PopFront),
        2 => Just(Step::PopBack),
        4 => (any::<usize>(), element()).prop_map(|(at, element)| Step::Insert(at, element)),
        2 => (any::<usize>(), element()).prop_map(|(at, element)| Step::Set(at, element)),
        3 => any::<usize>().prop_map(Step::Remove),
        1 => (any::<usize>(), 0_usize..60).prop_map(|(at, len)| Step::RemoveRange(at, len)),
        1 => (0_usize..80).prop_map(Step::Append),
        1 => Just(Step::Keep),
        1 => (element(), any::<bool>()).prop_map(|(element, back)| Step::Position(element, back)),
    ]
}

fn run(list: &mut List, model: &mut VecDeque<Vec<u8>>, step: Step) {
    let index = |at: usize, len: usize| if len == 0 { 0 } else { at % len };
    match step {
        Step::PushFront(element) => {
            bounded(list, |_| true, |list| list.push_front(&element));
            model.push_front(element);
        }
        Step::PushBack(element) => {
            bounded(list, |_| true, |list| list.push_back(&element));
            model.push_back(element);
        }
        Step::PopFront => assert_eq!(bounded(list, |_| true, |list| list.take(0)), model.pop_front()),
        Step::PopBack => {
            assert_eq!(bounded(list, |_| true, |list| list.take(list.len().wrapping_sub(1))), model.pop_back())
        }
        Step::Insert(at, element) => {
            let at = at % (model.len() + 1);
            bounded(list, |_| true, |list| list.insert(at, &element));
            model.insert(at, element);
        }
        Step::Set(at, element) => {
            let at = index(at, model.len());
            assert_eq!(bounded(list, |_| true, |list| list.set(at, &element)), at < model.len());
            if let Some(place) = model.get_mut(at) {
                *place = element;
            }
        }
        Step::Remove(at) => {
            let at = index(at, model.len());
            assert_eq!(bounded(list, |_| true, |list| list.remove(at)), model.remove(at).is_some());
        }
        Step::RemoveRange(at, len) => {
            let at = index(at, model.len());
            let removed = bounded(list, |_| true, |list| list.remove_range(at..at + len));
            let end = (at + len).min(model.len());
            same(&removed, &model.drain(at..end).collect());
        }
        Step::Append(len) => {
            let more: VecDeque<Vec<u8>> = (0..len).map(|at| format!("appended {at}").into_bytes()).collect();
            let other: List = more.iter().collect();
            bounded(list, |_| true, |list| list.append(other));
            model.extend(more);
        }
        Step::Keep => {}
        Step::Position(element, back) => {
            let range = model.len() / 4..model.len();
            let mut places = range.clone().filter(|at| model[*at] == element);
            let place = if back { places.next_back() } else { places.next() };
            assert_eq!(list.position(range, &element, back), place);
        }
    }
}

fn same(list: &List, model: &VecDeque<Vec<u8>>) {
    list.check();
    assert_eq!(list.len(), model.len());
    assert_eq!(list.iter().map(|element| element.to_vec()).collect::<VecDeque<_>>(), *model);
    let backwards: Vec<_> = list.iter().rev().map(|element| element.to_vec()).collect();
    assert!(backwards.iter().eq(model.iter().rev()));
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn a_list_is_what_a_deque_is(steps in prop::collection::vec(step(), 1..500), start in 0_usize..300) {
        let mut model: VecDeque<Vec<u8>> = (0..start).map(|at| format!("start {at}").into_bytes()).collect();
        let mut list: List = model.iter().collect();
        let mut kept = Vec::new();
        for step in steps {
            if matches!(step, Step::Keep) {
                kept.push((list.clone(), model.clone()));
            }
            run(&mut list, &mut model, step);
        }
        same(&list, &model);
        for (clone, model) in &kept {
            same(clone, model);
        }
    }

    #[test]
    fn a_range_is_read_from_both_sides(len in 0_usize..400, from in 0_usize..420, size in 0_usize..420, turns in any::<u64>()) {
        let list: List = (0..len).map(|at| at.to_string()).collect();
        let mut expected: VecDeque<i64> = (0..len).skip(from).take(size).map(|at| i64::try_from(at).unwrap()).collect();
        let mut range = list.range(from..from + size);
        prop_assert_eq!(range.len(), expected.len());
        for turn in 0..=expected.len() {
            let front = turns >> (turn % 64) & 1 == 0;
            let (got, wanted) = if front { (range.next(), expected.pop_front()) } else { (range.next_back(), expected.pop_back()) };
            prop_assert_eq!(got.and_then(|element| element.as_integer()), wanted);
        }
    }
}

#[test]
fn a_queue_moves_no_more_than_it_holds() {
    let mut list: List = (0..40).map(|at| format!("job {at:05}")).collect();
    super::super::work::take();
    for at in 40..20_000 {
        list.push_back(format!("job {at:05}").as_bytes());
        assert_eq!(list.take(0), Some(format!("job {:05}", at - 40).into_bytes()));
    }
    let moved = super::super::work::take();
    assert!(moved < 20_000 * 100, "{moved} bytes were moved");
    assert!(list.memory() < 4096, "{} bytes for 40 elements", list.memory());
}

#[test]
fn both_ends_are_cheap() {
    for front in [false, true] {
        let mut list = List::new();
        super::super::work::take();
        for at in 0..20_000 {
            let element = format!("job {at:05}");
            if front { list.push_front(element.as_bytes()) } else { list.push_back(element.as_bytes()) }
        }
        let moved = super::super::work::take();
        assert!(moved < 20_000 * 150, "{moved} bytes were moved, front: {front}");
        list.check();
    }
}

#[test]
fn a_long_element_is_shared() {
    let long = vec![7; 100_000];
    let mut list: List = ["a", "b"].into_iter().collect();
    list.insert(1, &long);
    assert_eq!(list.share(1).as_deref(), Some(&long[..]));
    assert_eq!(list.share(0), None);
    assert_eq!(list.get(2).unwrap(), b"b"[..]);
}

#[test]
fn a_list_is_taken_down_piece_by_piece() {
    let list: List = (0..2000).map(|at| at.to_string()).collect();
    let kept = list.clone();
    let mut shared = list.clone();
    shared.set(1000, b"other");
    drop(list);
    while shared.shed(3) {}
    assert_eq!((shared.len(), shared.memory()), (0, 0));
    let mut steps = 0;
    let mut alone: List = kept.iter().map(|element| element.to_vec()).collect();
    while alone.shed(3) {
        steps += 1;
    }
    assert!(steps > 10, "{steps} steps");
    assert!(kept.iter().enumerate().all(|(at, element)| element.as_integer() == i64::try_from(at).ok()));
}
