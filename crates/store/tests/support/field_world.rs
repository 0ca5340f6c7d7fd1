//! Hashes of which fields expire, as maps and a number for the time, too simple to be wrong; and what is done to both.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use pyredis_store::{
    Access, Condition, ExpireCondition, Expiry, FieldExpiry, Hash, Key, ManualClock, SetOptions, Store, StoreError,
    Timestamp, Ttl, Value, ValueType, View,
};

use crate::replay::ByKey;

pub(crate) type Bytes = Vec<u8>;
/// Values and deadlines.
pub(crate) type Fields = BTreeMap<Bytes, (Bytes, Option<u64>)>;

/// Where the clock starts.
pub(crate) const START: u64 = 1_000_000;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Held {
    Text(Bytes),
    Fields(Fields),
}

/// What the keys hold, and their deadlines.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Model {
    pub(crate) keys: BTreeMap<Bytes, (Held, Option<u64>)>,
    pub(crate) now: u64,
}

#[derive(Debug, Clone)]
pub(crate) enum Op {
    Set(Bytes, Vec<(Bytes, Bytes)>),
    SetUntil(Bytes, Vec<(Bytes, Bytes)>, When, Condition),
    /// So many fields, all with the same deadline.
    SetMany(Bytes, usize, i64),
    ExpireAt(Bytes, Vec<Bytes>, i64, ExpireCondition),
    Persist(Bytes, Vec<Bytes>),
    Take(Bytes, Vec<Bytes>),
    Remove(Bytes, Vec<Bytes>),
    SetIfAbsent(Bytes, Bytes, Bytes),
    Add(Bytes, Bytes, i64),
    Look(Bytes, Bytes),
    All(Bytes),
    SetText(Bytes, bool),
    Delete(Bytes),
    Copy(Bytes, Bytes),
    Rename(Bytes, Bytes),
    ExpireKey(Bytes, i64),
    PersistKey(Bytes),
    Advance(u64),
    /// The expirer comes, with so much time.
    Expire(usize),
    /// Watches the key, or looks whether it was changed.
    Watch(Bytes),
    /// Begins a snapshot, or ends the one that runs.
    Snapshot,
}

/// What HSETEX does to deadlines: milliseconds from now.
#[derive(Debug, Clone, Copy)]
pub(crate) enum When {
    Clear,
    Keep,
    In(i64),
}

fn key() -> impl Strategy<Value = Bytes> {
    (0..3_u8).prop_map(|number| vec![b'k', b'0' + number])
}

fn field() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        6 => (0..5_u8).prop_map(|number| vec![b'a' + number]),
        3 => (0..400_usize).prop_map(many),
        1 => Just(vec![b'l'; 65]),
    ]
}

pub(crate) fn many(number: usize) -> Bytes {
    format!("x{number}").into_bytes()
}

fn value() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        3 => (0..100_u8).prop_map(|number| number.to_string().into_bytes()),
        1 => Just(b"text".to_vec()),
        1 => Just(vec![b'v'; 2000]),
    ]
}

/// Milliseconds from now.
fn soon() -> impl Strategy<Value = i64> {
    prop_oneof![1 => -2..=0_i64, 5 => 1..20_i64, 2 => 20..5000_i64, 1 => Just(i64::MAX)]
}

fn condition() -> impl Strategy<Value = ExpireCondition> {
    prop::sample::select(vec![
        ExpireCondition::Always,
        ExpireCondition::Always,
        ExpireCondition::IfNone,
        ExpireCondition::IfSome,
        ExpireCondition::IfLater,
        ExpireCondition::IfEarlier,
    ])
}

pub(crate) fn operation() -> impl Strategy<Value = Op> {
    let pairs = || prop::collection::vec((field(), value()), 1..4);
    let fields = || prop::collection::vec(field(), 1..4);
    let when = prop_oneof![1 => Just(When::Clear), 2 => Just(When::Keep), 4 => soon().prop_map(When::In)];
    let goes_ahead = prop::sample::select(vec![Condition::Always, Condition::IfAbsent, Condition::IfPresent]);
    prop_oneof![
        4 => (key(), pairs()).prop_map(|(key, pairs)| Op::Set(key, pairs)),
        6 => (key(), pairs(), when, goes_ahead).prop_map(|(key, pairs, when, ahead)| Op::SetUntil(key, pairs, when, ahead)),
        2 => (key(), 0..400_usize, soon()).prop_map(|(key, count, soon)| Op::SetMany(key, count, soon)),
        8 => (key(), fields(), soon(), condition()).prop_map(|(key, fields, soon, condition)| Op::ExpireAt(key, fields, soon, condition)),
        2 => (key(), fields()).prop_map(|(key, fields)| Op::Persist(key, fields)),
        2 => (key(), fields()).prop_map(|(key, fields)| Op::Take(key, fields)),
        2 => (key(), fields()).prop_map(|(key, fields)| Op::Remove(key, fields)),
        2 => (key(), field(), value()).prop_map(|(key, field, value)| Op::SetIfAbsent(key, field, value)),
        2 => (key(), field(), -9..9_i64).prop_map(|(key, field, by)| Op::Add(key, field, by)),
        4 => (key(), field()).prop_map(|(key, field)| Op::Look(key, field)),
        4 => key().prop_map(Op::All),
        1 => (key(), any::<bool>()).prop_map(|(key, keeps)| Op::SetText(key, keeps)),
        1 => key().prop_map(Op::Delete),
        2 => (key(), key()).prop_map(|(from, to)| Op::Copy(from, to)),
        2 => (key(), key()).prop_map(|(from, to)| Op::Rename(from, to)),
        2 => (key(), soon()).prop_map(|(key, soon)| Op::ExpireKey(key, soon)),
        1 => key().prop_map(Op::PersistKey),
        6 => prop_oneof![4 => 1..20_u64, 1 => 20..5000_u64].prop_map(Op::Advance),
        4 => prop_oneof![1..10_usize, Just(10_000)].prop_map(Op::Expire),
        3 => key().prop_map(Op::Watch),
        2 => Just(Op::Snapshot),
    ]
}

impl Model {
    fn at(&self, from_now: i64) -> u64 {
        self.now.saturating_add_signed(from_now)
    }

    /// What is past goes.
    fn expire(&mut self) {
        let is_alive = |deadline: Option<u64>| deadline.is_none_or(|deadline| deadline >= self.now);
        self.keys.retain(|_, (held, deadline)| {
            if let Held::Fields(fields) = held {
                fields.retain(|_, (_, deadline)| is_alive(*deadline));
                if fields.is_empty() {
                    return false;
                }
            }
            is_alive(*deadline)
        });
    }

    fn fields(&self, key: &Bytes) -> Result<Fields, StoreError> {
        match self.keys.get(key) {
            None => Ok(Fields::new()),
            Some((Held::Fields(fields), _)) => Ok(fields.clone()),
            Some((Held::Text(_), _)) => {
                Err(StoreError::WrongType { expected: ValueType::Hash, found: ValueType::String })
            }
        }
    }

    fn store(&mut self, key: &Bytes, fields: Fields) {
        let deadline = self.keys.remove(key).and_then(|(_, deadline)| deadline);
        if !fields.is_empty() {
            self.keys.insert(key.clone(), (Held::Fields(fields), deadline));
        }
    }

    /// Changes the fields of a key.
    fn change<R: std::fmt::Debug>(&mut self, key: &Bytes, change: impl FnOnce(&mut Fields) -> R) -> String {
        match self.fields(key) {
            Err(error) => format!("Err({error:?})"),
            Ok(mut fields) => {
                let result = change(&mut fields);
                self.store(key, fields);
                format!("Ok({result:?})")
            }
        }
    }

    /// The same as records would show it.
    pub(crate) fn content(&self) -> ByKey {
        let value = |held: &Held| match held {
            Held::Text(text) => Value::from(&text[..]),
            Held::Fields(fields) => {
                let mut hash = Hash::new();
                for (field, (value, deadline)) in fields {
                    hash.insert(field, value);
                    hash.set_deadline(field, deadline.map(Timestamp::from_millis));
                }
                Value::from(hash)
            }
        };
        self.keys.iter().map(|(key, (held, deadline))| ((0, key.clone()), (value(held), *deadline))).collect()
    }
}

pub(crate) fn write<R>(store: &Store, key: &[u8], change: impl FnOnce(&mut View<'_>, &Key<'_>) -> R) -> R {
    let key = store.key(key);
    let mut view = store.lock_key(&key, Access::Write, store.now());
    let result = change(&mut view, &key);
    let residue = view.finish();
    store.settle(residue, store.now());
    result
}

fn names(fields: &[Bytes]) -> impl Iterator<Item = &[u8]> + Clone {
    fields.iter().map(Vec::as_slice)
}

fn number_of(value: Option<&(Bytes, Option<u64>)>) -> Result<i64, StoreError> {
    match value {
        None => Ok(0),
        Some((value, _)) => std::str::from_utf8(value).unwrap().parse().map_err(|_| StoreError::FieldNotAnInteger),
    }
}

fn told(ttl: Ttl) -> i128 {
    match ttl {
        Ttl::Missing => -2,
        Ttl::Persistent => -1,
        Ttl::Until(at) => at.as_millis().into(),
    }
}

/// A deadline as the store keeps it: exact to the year 287396.
fn kept(deadline: u64) -> u64 {
    deadline.min((1 << 53) - 2)
}

/// Does it to the store and to the model, and compares the answers.
#[expect(clippy::too_many_lines, reason = "one arm an operation")]
pub(crate) fn play(store: &Store, clock: &ManualClock, model: &mut Model, op: &Op) -> Result<(), TestCaseError> {
    match op {
        Op::Set(key, pairs) => {
            let expected = model.change(key, |fields| {
                let before = fields.len();
                fields.extend(pairs.iter().map(|(field, value)| (field.clone(), (value.clone(), None))));
                fields.len() - before
            });
            prop_assert_eq!(
                format!(
                    "{:?}",
                    store.hash(key).extend(pairs.iter().map(|(field, value)| (field.as_slice(), value.as_slice())))
                ),
                expected
            );
        }
        Op::SetUntil(key, pairs, when, condition) => {
            let now = model.now;
            let at = match when {
                When::In(soon) => Some(model.at(*soon)),
                _ => None,
            };
            let expected = model.change(key, |fields| {
                let there = pairs.iter().filter(|(field, _)| fields.contains_key(field)).count();
                let goes = match condition {
                    Condition::Always => true,
                    Condition::IfAbsent => there == 0,
                    Condition::IfPresent => there == pairs.len(),
                };
                for (field, value) in pairs.iter().filter(|_| goes) {
                    let had = fields.get(field).and_then(|(_, deadline)| *deadline);
                    let deadline = if matches!(when, When::Keep) { had } else { at.map(kept) };
                    fields.insert(field.clone(), (value.clone(), deadline));
                }
                if at.is_some_and(|at| at <= now) && goes {
                    pairs.iter().for_each(|(field, _)| _ = fields.remove(field));
                }
                goes
            });
            let expiry = match (when, at) {
                (When::Keep, _) => Expiry::Keep,
                (_, Some(at)) => Expiry::At(Timestamp::from_millis(at)),
                _ => Expiry::Clear,
            };
            let pairs = pairs.iter().map(|(field, value)| (field.as_slice(), value.as_slice()));
            let set = write(store, key, |view, key| view.hash_set_until(key, pairs, expiry, *condition));
            prop_assert_eq!(format!("{set:?}"), expected);
        }
        Op::SetMany(key, count, soon) => {
            let at = model.at(*soon).max(model.now + 1);
            let expected = model.change(key, |fields| {
                fields.extend((0..*count).map(|number| (many(number), (b"1".to_vec(), Some(kept(at))))));
            });
            let pairs: Vec<Bytes> = (0..*count).map(many).collect();
            let pairs = pairs.iter().map(|field| (field.as_slice(), &b"1"[..]));
            let expiry = Expiry::At(Timestamp::from_millis(at));
            let set = write(store, key, |view, key| view.hash_set_until(key, pairs, expiry, Condition::Always));
            prop_assert_eq!(format!("{:?}", set.map(|_| ())), expected);
        }
        Op::ExpireAt(key, wanted, soon, condition) => {
            let (now, at) = (model.now, model.at(*soon));
            let expected = model.change(key, |fields| {
                let mut outcome = Vec::new();
                for field in wanted {
                    let Some((_, deadline)) = fields.get_mut(field) else {
                        outcome.push(FieldExpiry::Missing);
                        continue;
                    };
                    let holds = match condition {
                        ExpireCondition::IfNone => deadline.is_none(),
                        ExpireCondition::IfSome => deadline.is_some(),
                        ExpireCondition::IfLater => deadline.is_some_and(|old| at > old),
                        ExpireCondition::IfEarlier => deadline.is_none_or(|old| at < old),
                        _ => true,
                    };
                    outcome.push(match (holds, at <= now) {
                        (false, _) => FieldExpiry::Unmet,
                        (true, true) => {
                            fields.remove(field);
                            FieldExpiry::Removed
                        }
                        (true, false) => {
                            *deadline = Some(kept(at));
                            FieldExpiry::Set
                        }
                    });
                }
                outcome
            });
            let at = Timestamp::from_millis(at);
            let outcome = write(store, key, |view, key| view.hash_expire_at(key, names(wanted), at, *condition));
            prop_assert_eq!(format!("{outcome:?}"), expected);
        }
        Op::Persist(key, wanted) => {
            let expected = model.change(key, |fields| {
                let had = wanted.iter().map(|field| match fields.get_mut(field) {
                    None => -2,
                    Some((_, deadline)) => deadline.take().map_or(-1, i128::from),
                });
                had.collect::<Vec<_>>()
            });
            let had = write(store, key, |view, key| view.hash_persist(key, names(wanted)));
            let had = had.map(|had| had.into_iter().map(told).collect::<Vec<_>>());
            prop_assert_eq!(format!("{had:?}"), expected);
        }
        Op::Take(key, wanted) => {
            let expected = model.change(key, |fields| {
                wanted.iter().map(|field| fields.remove(field).map(|(value, _)| value)).collect::<Vec<_>>()
            });
            let taken = write(store, key, |view, key| view.hash_take(key, names(wanted)));
            let taken = taken.map(|taken| taken.into_iter().map(|value| Some(value?.to_vec())).collect::<Vec<_>>());
            prop_assert_eq!(format!("{taken:?}"), expected);
        }
        Op::Remove(key, wanted) => {
            let expected =
                model.change(key, |fields| wanted.iter().filter(|field| fields.remove(*field).is_some()).count());
            prop_assert_eq!(format!("{:?}", store.hash(key).remove_many(names(wanted))), expected);
        }
        Op::SetIfAbsent(key, field, value) => {
            let expected = model.change(key, |fields| {
                let is_new = !fields.contains_key(field);
                fields.entry(field.clone()).or_insert_with(|| (value.clone(), None));
                is_new
            });
            prop_assert_eq!(
                format!("{:?}", store.hash(key).set_if_absent(field.as_slice(), value.as_slice())),
                expected
            );
        }
        Op::Add(key, field, by) => {
            let sum = model.fields(key).and_then(|fields| Ok(number_of(fields.get(field))? + by));
            if let Ok(sum) = sum {
                model.change(key, |fields| fields.entry(field.clone()).or_default().0 = sum.to_string().into_bytes());
            }
            prop_assert_eq!(store.hash(key).incr_by(field.as_slice(), *by), sum);
        }
        Op::Look(key, field) => {
            let fields = model.fields(key);
            let found = fields.clone().map(|fields| fields.get(field).cloned());
            let value = store.hash(key).get::<Vec<u8>>(field.as_slice());
            prop_assert_eq!(value, found.clone().map(|found| found.map(|(value, _)| value)));
            prop_assert_eq!(store.hash(key).contains(field.as_slice()), found.clone().map(|found| found.is_some()));
            let ttl = found.map(|found| found.map_or(-2, |(_, deadline)| deadline.map_or(-1, i128::from)));
            prop_assert_eq!(store.hash(key).ttl(field.as_slice()).map(told), ttl);
            prop_assert_eq!(store.hash(key).len(), fields.map(|fields| fields.len()));
            prop_assert_eq!(store.exists(key), model.keys.contains_key(key));
        }
        Op::All(key) => {
            let fields = model.fields(key);
            prop_assert_eq!(store.hash(key).read().map(|hash| fields_of(&hash)), fields.clone());
            // The same where it lies, with what is past still in it.
            let seen = write(store, key, |view, key| {
                let hash = view.collection::<Hash>(key)?.cloned().unwrap_or_default();
                let len = hash.len();
                assert_eq!((hash.iter().len(), hash.iter().count()), (len, len));
                let backwards: Vec<_> = hash.iter().rev().map(|(field, _)| field.to_vec()).collect();
                let ranked = (0..len).map(|rank| hash.get_at(rank).unwrap().0.to_vec());
                assert!(ranked.eq(backwards.into_iter().rev()), "ranks are those of the walk");
                assert!(hash.get_at(len).is_none());
                let (mut scanned, mut cursor) = (Fields::new(), 0);
                loop {
                    cursor = hash.scan(cursor, 7, |field, value| {
                        let deadline = hash.deadline(field).map(Timestamp::as_millis);
                        assert!(scanned.insert(field.to_vec(), (value.to_vec(), deadline)).is_none());
                    });
                    if cursor == 0 {
                        break;
                    }
                }
                assert_eq!(scanned, fields_of(&hash));
                let mut swept = hash.clone();
                while swept.sweep(3) {}
                assert!(swept == hash, "sweeping makes no difference");
                Ok(scanned)
            });
            prop_assert_eq!(seen, fields);
        }
        Op::SetText(key, keeps) => {
            let had = model.keys.get(key).and_then(|(_, deadline)| *deadline).filter(|_| *keeps);
            model.keys.insert(key.clone(), (Held::Text(b"text".to_vec()), had));
            let options = if *keeps { SetOptions::default().keep_ttl() } else { SetOptions::default() };
            store.set_with(key, "text", options).unwrap();
        }
        Op::Delete(key) => prop_assert_eq!(store.del(key), model.keys.remove(key).is_some()),
        Op::Copy(from, to) => {
            let copied = model.keys.get(from).cloned();
            prop_assert_eq!(store.copy(from, to, 0, true).unwrap(), copied.is_some());
            model.keys.extend(copied.filter(|_| from != to).map(|held| (to.clone(), held)));
        }
        Op::Rename(from, to) => {
            let moved = model.keys.get(from).cloned();
            prop_assert_eq!(store.rename(from, to).is_ok(), moved.is_some());
            if let Some(held) = moved.filter(|_| from != to) {
                model.keys.remove(from);
                model.keys.insert(to.clone(), held);
            }
        }
        Op::ExpireKey(key, soon) => {
            let at = model.at(*soon);
            let is_there = model.keys.contains_key(key);
            prop_assert_eq!(store.expire_at(key, Timestamp::from_millis(at), ExpireCondition::Always), is_there);
            if at <= model.now {
                model.keys.remove(key);
            } else if let Some((_, deadline)) = model.keys.get_mut(key) {
                *deadline = Some(at);
            }
        }
        Op::PersistKey(key) => {
            let had = model.keys.get_mut(key).and_then(|(_, deadline)| deadline.take());
            prop_assert_eq!(store.persist(key), had.is_some());
        }
        Op::Advance(millis) => {
            clock.advance(Duration::from_millis(*millis));
            model.now += millis;
            model.expire();
        }
        Op::Expire(budget) => _ = store.expire_step(store.now(), *budget),
        Op::Watch(_) | Op::Snapshot => {}
    }
    Ok(())
}

fn fields_of(hash: &Hash) -> Fields {
    let deadline = |field| hash.deadline(field).map(Timestamp::as_millis);
    hash.iter().map(|(field, value)| (field.to_vec(), (value.to_vec(), deadline(field)))).collect()
}
