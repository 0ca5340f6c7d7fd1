//! The store against a naive model: any sequence of operations gives the same replies, keeps the invariants, and says in its effects what
//! it did, such that every prefix of them is a state that existed.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

#[path = "support/naive.rs"]
mod naive;
#[path = "support/replay.rs"]
mod replay;
#[path = "support/units.rs"]
mod units;

use std::sync::Arc;
use std::time::Duration;

use naive::Naive;
use proptest::prelude::*;
use pyredis_store::{
    Clock, Condition, ExpireCondition, Expiry, LockSet, ManualClock, Record, SetOptions, Store, StoreError, Timestamp,
    Ttl, TxError, Value, glob_match,
};
use units::Units;

const START: u64 = 1_700_000_000_000;
const DATABASES: u32 = 3;

type Bytes = Vec<u8>;

#[derive(Debug, Clone)]
enum Op {
    Set(Bytes, Bytes, Expires, Condition),
    Get(Bytes),
    GetWith(Bytes),
    Exists(Bytes),
    Ttl(Bytes),
    Del(Bytes),
    GetDel(Bytes),
    IncrBy(Bytes, i64),
    Append(Bytes, Bytes),
    ExpireAt(Bytes, u64, ExpireCondition),
    ExpireIn(Bytes, u64),
    Persist(Bytes),
    Rename(Bytes, Bytes),
    Restore(u32, Bytes, Bytes, Option<u64>),
    Clear,
    Swap(u32, u32),
    Keys(Bytes),
    RandomKey,
    Select(u32),
    /// Reads several keys of several databases at one instant; then settles, or leaves the dead to the expirer.
    ReadMany(Vec<(u32, Bytes)>, bool),
    Transaction(Vec<Bytes>, Vec<TxOp>),
    Advance(u64),
    ExpireStep(usize),
}

#[derive(Debug, Clone)]
enum TxOp {
    Set(Bytes, Bytes),
    Get(Bytes),
    Del(Bytes),
    IncrBy(Bytes, i64),
    Ttl(Bytes),
}

/// Deadlines relative to the moment that the operation is run at.
#[derive(Debug, Clone, Copy)]
enum Expires {
    Never,
    Keep,
    After(u64),
    At(u64),
}

/// What an operation answered.
#[derive(Debug, Clone, PartialEq)]
enum Reply {
    None,
    Bool(bool),
    Int(i64),
    Bytes(Option<Bytes>),
    Ttl(Ttl),
    Set(bool, Option<Bytes>),
    Error(StoreError),
    Undeclared,
    Many(Vec<Reply>),
}

impl<T: Into<Reply>> From<Result<T, StoreError>> for Reply {
    fn from(result: Result<T, StoreError>) -> Self {
        result.map_or_else(Self::Error, Into::into)
    }
}

impl<T: Into<Reply>> From<Result<T, TxError>> for Reply {
    fn from(result: Result<T, TxError>) -> Self {
        result.map_or_else(|error| if error == TxError::Undeclared { Self::Undeclared } else { Self::None }, Into::into)
    }
}

impl From<()> for Reply {
    fn from((): ()) -> Self {
        Self::None
    }
}

impl From<bool> for Reply {
    fn from(yes: bool) -> Self {
        Self::Bool(yes)
    }
}

impl From<i64> for Reply {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<Ttl> for Reply {
    fn from(ttl: Ttl) -> Self {
        Self::Ttl(ttl)
    }
}

impl From<Option<bytes::Bytes>> for Reply {
    fn from(bytes: Option<bytes::Bytes>) -> Self {
        Self::Bytes(bytes.map(|bytes| bytes.to_vec()))
    }
}

fn key() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        12 => (0..6u8).prop_map(|number| vec![b'k', b'0' + number]),
        1 => Just(Vec::new()),
        1 => Just(vec![0, 255, b'\r', b'\n']),
    ]
}

fn value() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        3 => (-20..20i64).prop_map(|number| number.to_string().into_bytes()),
        1 => Just(i64::MAX.to_string().into_bytes()),
        1 => Just(i64::MIN.to_string().into_bytes()),
        1 => Just(b"01".to_vec()),
        2 => prop::collection::vec(any::<u8>(), 0..20),
    ]
}

/// An offset to "now" with 10 in the middle of the past: deadlines before, at and after it.
fn offset() -> impl Strategy<Value = u64> {
    prop_oneof![
        5 => 0..60u64,
        5 => prop::sample::select(vec![9u64, 10, 11, 30]), // so that deadlines meet
        1 => Just(100_000u64),
        1 => Just(u64::MAX),
    ]
}

fn expires() -> impl Strategy<Value = Expires> {
    prop_oneof![
        2 => Just(Expires::Never),
        2 => Just(Expires::Keep),
        2 => (0..50u64).prop_map(Expires::After),
        1 => offset().prop_map(Expires::At),
    ]
}

fn condition() -> impl Strategy<Value = Condition> {
    prop::sample::select(vec![Condition::Always, Condition::Always, Condition::IfAbsent, Condition::IfPresent])
}

fn expire_condition() -> impl Strategy<Value = ExpireCondition> {
    use ExpireCondition::{Always, IfEarlier, IfLater, IfNone, IfSome, IfSomeAndEarlier};
    prop::sample::select(vec![Always, Always, IfNone, IfSome, IfLater, IfEarlier, IfSomeAndEarlier])
}

fn amount() -> impl Strategy<Value = i64> {
    prop_oneof![4 => -5..5i64, 1 => Just(i64::MAX), 1 => Just(i64::MIN)]
}

fn tx_operation() -> impl Strategy<Value = TxOp> {
    prop_oneof![
        (key(), value()).prop_map(|(key, value)| TxOp::Set(key, value)),
        key().prop_map(TxOp::Get),
        key().prop_map(TxOp::Del),
        (key(), amount()).prop_map(|(key, by)| TxOp::IncrBy(key, by)),
        key().prop_map(TxOp::Ttl),
    ]
}

fn operation() -> impl Strategy<Value = Op> {
    let reads = prop_oneof![
        key().prop_map(Op::Get),
        key().prop_map(Op::GetWith),
        key().prop_map(Op::Exists),
        key().prop_map(Op::Ttl),
        prop::sample::select(vec!["*", "k?", "k[0-2]", ""]).prop_map(|pattern| Op::Keys(pattern.into())),
        Just(Op::RandomKey),
        (prop::collection::vec((0..DATABASES, key()), 0..6), any::<bool>())
            .prop_map(|(keys, settle)| Op::ReadMany(keys, settle)),
    ];
    let writes = prop_oneof![
        6 => (key(), value(), expires(), condition()).prop_map(|(key, value, expires, condition)| Op::Set(key, value, expires, condition)),
        1 => key().prop_map(Op::Del),
        1 => key().prop_map(Op::GetDel),
        2 => (key(), amount()).prop_map(|(key, by)| Op::IncrBy(key, by)),
        2 => (key(), value()).prop_map(|(key, tail)| Op::Append(key, tail)),
        3 => (key(), offset(), expire_condition()).prop_map(|(key, at, condition)| Op::ExpireAt(key, at, condition)),
        1 => (key(), 0..50u64).prop_map(|(key, ttl)| Op::ExpireIn(key, ttl)),
        1 => key().prop_map(Op::Persist),
        2 => (key(), key()).prop_map(|(from, to)| Op::Rename(from, to)),
        1 => (0..=DATABASES, key(), value(), prop::option::of(offset()))
            .prop_map(|(db, key, value, deadline)| Op::Restore(db, key, value, deadline)),
        1 => Just(Op::Clear),
        1 => (0..DATABASES, 0..=DATABASES).prop_map(|(one, other)| Op::Swap(one, other)),
        2 => (prop::collection::vec(key(), 0..4), prop::collection::vec(tx_operation(), 0..6))
            .prop_map(|(keys, operations)| Op::Transaction(keys, operations)),
    ];
    let around = prop_oneof![
        1 => (0..DATABASES).prop_map(Op::Select),
        3 => (0..40u64).prop_map(Op::Advance),
        1 => Just(Op::Advance(200_000)),
        2 => (0..5usize).prop_map(Op::ExpireStep),
    ];
    prop_oneof![4 => reads, 8 => writes, 3 => around]
}

/// The store, on a clock that stands still.
struct Real {
    store: Store,
    clock: ManualClock,
    units: Arc<Units>,
}

/// The instant that an offset means.
fn instant(now: u64, offset: u64) -> u64 {
    (now - 10).saturating_add(offset)
}

impl Real {
    fn new(shards: usize, seed: u64) -> Self {
        let clock = ManualClock::starting_at(Timestamp::from_millis(START));
        let units = Arc::new(Units::default());
        let store = Store::builder()
            .databases(DATABASES)
            .shards(shards)
            .hash_seed(seed)
            .clock(Clock::Manual(clock.clone()))
            .effect_sink(units.clone())
            .build();
        Self { store, clock, units }
    }

    fn apply(&mut self, op: &Op) -> Reply {
        let (store, now) = (&self.store, self.clock.now());
        match op {
            Op::Set(key, value, expires, condition) => {
                let options = SetOptions {
                    expiry: expiry(*expires, now.as_millis()),
                    condition: *condition,
                    returns_previous: true,
                };
                let outcome = store.set_with(key, value.clone(), options);
                outcome.map_or_else(Reply::Error, |outcome| {
                    Reply::Set(outcome.stored, outcome.previous.map(|bytes| bytes.to_vec()))
                })
            }
            Op::Get(key) => store.get(key).into(),
            Op::GetWith(key) => Reply::Bytes(store.get_with(key, <[u8]>::to_vec)),
            Op::Exists(key) => store.exists(key).into(),
            Op::Ttl(key) => store.ttl(key).into(),
            Op::Del(key) => store.del(key).into(),
            Op::GetDel(key) => store.get_del(key).into(),
            Op::IncrBy(key, by) => store.incr_by(key, *by).into(),
            Op::Append(key, tail) => store.append(key, tail).map(|length| i64::try_from(length).unwrap()).into(),
            Op::ExpireAt(key, offset, condition) => {
                store.expire_at(key, Timestamp::from_millis(instant(now.as_millis(), *offset)), *condition).into()
            }
            Op::ExpireIn(key, ttl) => store.expire(key, Duration::from_millis(*ttl)).into(),
            Op::Persist(key) => store.persist(key).into(),
            Op::Rename(from, to) => store.rename(from, to).into(),
            Op::Restore(db, key, value, offset) => {
                let deadline = offset.map(|offset| Timestamp::from_millis(instant(now.as_millis(), offset)));
                store
                    .restore(Record { db: *db, key: key.clone().into(), value: Value::from(value.clone()), deadline })
                    .into()
            }
            Op::Clear => {
                store.clear();
                Reply::None
            }
            Op::Swap(one, other) => Reply::Bool(store.swap_databases(*one, *other).is_ok()),
            Op::Keys(pattern) => {
                let mut keys = store.keys(pattern);
                keys.sort_unstable();
                Reply::Many(keys.into_iter().map(|key| Some(key).into()).collect())
            }
            Op::RandomKey => self.random_key(),
            Op::Select(db) => {
                self.store = store.database(*db).unwrap();
                Reply::None
            }
            Op::ReadMany(keys, settle) => self.read_many(keys, *settle),
            Op::Transaction(keys, operations) => transaction(store, keys, operations),
            Op::Advance(by) => {
                self.clock.advance(Duration::from_millis(*by));
                Reply::None
            }
            Op::ExpireStep(budget) => {
                let step = store.expire_step(now, *budget);
                assert!(step.expired <= *budget);
                Reply::None
            }
        }
    }

    fn random_key(&self) -> Reply {
        let db = self.store.db();
        let mut locks = LockSet::new();
        locks.read_database(db);
        let view = self.store.lock(locks, self.clock.now());
        let first = self.store.random_shard(db);
        let shards = first.into_iter().flat_map(|first| (first..self.store.shard_count()).chain(0..first));
        let picked = shards.into_iter().find_map(|shard| view.random_key(db, shard)).map(<[u8]>::to_vec);
        // Which one is chance; whether it is alive is not.
        let alive = picked.map(|key| view.live_keys(db).contains(&key));
        _ = view.finish();
        Reply::Many(alive.into_iter().map(Reply::Bool).collect())
    }

    fn read_many(&self, keys: &[(u32, Bytes)], settle: bool) -> Reply {
        let keys: Vec<_> = keys.iter().map(|(db, key)| self.store.key_in(*db, key)).collect();
        let mut locks = LockSet::new();
        keys.iter().for_each(|key| locks.read(key));
        let view = self.store.lock(locks, self.clock.now());
        let replies = keys.iter().map(|key| view.get(key).unwrap().map(|value| value.to_bytes()).into()).collect();
        let residue = view.finish();
        if settle {
            self.store.settle(residue, self.clock.now());
        }
        Reply::Many(replies)
    }
}

/// Every live key of a database that a view holds, by scanning its shards.
trait LiveKeys {
    fn live_keys(&self, db: u32) -> Vec<Bytes>;
}

impl LiveKeys for pyredis_store::View<'_> {
    fn live_keys(&self, db: u32) -> Vec<Bytes> {
        let mut keys = Vec::new();
        let mut cursor = pyredis_store::Cursor::START;
        while cursor.shard() < 1024 {
            cursor = self.scan_shard(db, cursor, 1000, |key, _| keys.push(key.to_vec()));
        }
        keys
    }
}

fn transaction(store: &Store, keys: &[Bytes], operations: &[TxOp]) -> Reply {
    let replies = store.transaction(keys, |tx| {
        let replies = operations.iter().map(|operation| match operation {
            TxOp::Set(key, value) => tx.set(key, value.clone()).into(),
            TxOp::Get(key) => tx.get(key).into(),
            TxOp::Del(key) => tx.del(key).into(),
            TxOp::IncrBy(key, by) => tx.incr_by(key, *by).into(),
            TxOp::Ttl(key) => tx.ttl(key).into(),
        });
        Ok::<_, TxError>(replies.collect())
    });
    Reply::Many(replies.unwrap())
}

fn expiry(expires: Expires, now: u64) -> Expiry {
    match expires {
        Expires::Never => Expiry::Clear,
        Expires::Keep => Expiry::Keep,
        Expires::After(millis) => Expiry::After(Duration::from_millis(millis)),
        Expires::At(offset) => Expiry::At(Timestamp::from_millis(instant(now, offset))),
    }
}

/// The same operations, the naive way.
#[expect(clippy::too_many_lines, reason = "one arm an operation, beside one another")]
fn apply_naive(model: &mut Naive, db: &mut u32, op: &Op) -> Reply {
    let now = model.now;
    match op {
        Op::Set(key, value, expires, condition) => {
            let before = model.get(*db, key);
            let previous = before.as_ref().map(|(value, _)| value.clone());
            let stored = match condition {
                Condition::Always => true,
                Condition::IfAbsent => before.is_none(),
                Condition::IfPresent => before.is_some(),
            };
            if stored {
                let deadline = match expires {
                    Expires::Never => None,
                    Expires::Keep => before.and_then(|(_, deadline)| deadline),
                    Expires::After(millis) => Some(now + millis),
                    Expires::At(offset) => Some(instant(now, *offset)),
                };
                model.put(*db, key, value.clone(), deadline);
            }
            Reply::Set(stored, previous)
        }
        Op::Get(key) | Op::GetWith(key) => Reply::Bytes(model.get(*db, key).map(|(value, _)| value.clone())),
        Op::Exists(key) => model.get(*db, key).is_some().into(),
        Op::Ttl(key) => naive_ttl(model, *db, key),
        Op::Del(key) => model.remove(*db, key).is_some().into(),
        Op::GetDel(key) => Reply::Bytes(model.remove(*db, key).map(|(value, _)| value)),
        Op::IncrBy(key, by) => naive_incr(model, *db, key, *by).into(),
        Op::Append(key, tail) => {
            let (mut value, deadline) = model.get(*db, key).unwrap_or_default();
            value.extend_from_slice(tail);
            model.put(*db, key, value.clone(), deadline);
            Reply::Int(i64::try_from(value.len()).unwrap())
        }
        Op::ExpireAt(key, offset, condition) => naive_expire(model, *db, key, instant(now, *offset), *condition),
        Op::ExpireIn(key, ttl) => naive_expire(model, *db, key, now + ttl, ExpireCondition::Always),
        Op::Persist(key) => {
            let Some((value, Some(_))) = model.get(*db, key) else { return Reply::Bool(false) };
            model.put(*db, key, value, None);
            Reply::Bool(true)
        }
        Op::Rename(from, to) => {
            let Some((value, deadline)) = model.remove(*db, from) else { return Reply::Error(StoreError::NoSuchKey) };
            model.put(*db, to, value, deadline);
            Reply::None
        }
        Op::Restore(db, key, value, offset) => {
            if *db >= DATABASES {
                return Reply::Error(StoreError::NoSuchDatabase);
            }
            model.put(*db, key, value.clone(), offset.map(|offset| instant(now, offset)));
            Reply::None
        }
        Op::Clear => {
            model.databases.remove(db);
            Reply::None
        }
        Op::Swap(one, other) => {
            if *other < DATABASES && one != other {
                let (ours, theirs) = (model.databases.remove(one), model.databases.remove(other));
                model.databases.insert(*other, ours.unwrap_or_default());
                model.databases.insert(*one, theirs.unwrap_or_default());
            }
            Reply::Bool(*other < DATABASES)
        }
        Op::Keys(pattern) => {
            let visible = model.visible();
            let keys = visible.keys().filter(|(of, key)| of == db && glob_match(pattern, key));
            Reply::Many(keys.map(|(_, key)| Reply::Bytes(Some(key.clone()))).collect())
        }
        Op::RandomKey => Reply::Many(
            model.visible().keys().find(|(of, _)| of == db).map(|_| Reply::Bool(true)).into_iter().collect(),
        ),
        Op::Select(other) => {
            *db = *other;
            Reply::None
        }
        Op::ReadMany(keys, _) => Reply::Many(
            keys.iter().map(|(db, key)| Reply::Bytes(model.get(*db, key).map(|(value, _)| value.clone()))).collect(),
        ),
        Op::Transaction(keys, operations) => {
            Reply::Many(operations.iter().map(|operation| naive_tx(model, *db, keys, operation)).collect())
        }
        Op::Advance(by) => {
            model.now += by;
            Reply::None
        }
        Op::ExpireStep(_) => Reply::None,
    }
}

fn naive_tx(model: &mut Naive, db: u32, keys: &[Bytes], operation: &TxOp) -> Reply {
    let (TxOp::Set(key, _) | TxOp::Get(key) | TxOp::Del(key) | TxOp::IncrBy(key, _) | TxOp::Ttl(key)) = operation;
    if !keys.contains(key) {
        return Reply::Undeclared;
    }
    match operation {
        TxOp::Set(key, value) => {
            model.put(db, key, value.clone(), None);
            Reply::None
        }
        TxOp::Get(key) => Reply::Bytes(model.get(db, key).map(|(value, _)| value.clone())),
        TxOp::Del(key) => model.remove(db, key).is_some().into(),
        TxOp::IncrBy(key, by) => naive_incr(model, db, key, *by).map_err(TxError::from).into(),
        TxOp::Ttl(key) => naive_ttl(model, db, key),
    }
}

fn naive_ttl(model: &Naive, db: u32, key: &[u8]) -> Reply {
    Reply::Ttl(match model.get(db, key) {
        None => Ttl::Missing,
        Some((_, None)) => Ttl::Persistent,
        Some((_, Some(deadline))) => Ttl::Until(Timestamp::from_millis(deadline)),
    })
}

fn naive_incr(model: &mut Naive, db: u32, key: &[u8], by: i64) -> Result<i64, StoreError> {
    let (value, deadline) = model.get(db, key).unwrap_or((b"0".to_vec(), None));
    let text = String::from_utf8(value).map_err(|_| StoreError::NotAnInteger)?;
    let number: i64 = text.parse().map_err(|_| StoreError::NotAnInteger)?;
    if number.to_string() != text {
        return Err(StoreError::NotAnInteger);
    }
    let sum = number.checked_add(by).ok_or(StoreError::Overflow)?;
    model.put(db, key, sum.to_string().into_bytes(), deadline);
    Ok(sum)
}

fn naive_expire(model: &mut Naive, db: u32, key: &[u8], at: u64, condition: ExpireCondition) -> Reply {
    let Some((value, old)) = model.get(db, key) else { return Reply::Bool(false) };
    // Without a deadline a key lives for ever, which is later than any deadline.
    let allowed = match condition {
        ExpireCondition::Always => true,
        ExpireCondition::IfNone => old.is_none(),
        ExpireCondition::IfSome => old.is_some(),
        ExpireCondition::IfLater => old.is_some_and(|old| at > old),
        ExpireCondition::IfEarlier => old.is_none_or(|old| at < old),
        ExpireCondition::IfSomeAndEarlier => old.is_some_and(|old| at < old),
    };
    if allowed && at <= model.now {
        model.remove(db, key);
    } else if allowed {
        model.put(db, key, value, Some(at));
    }
    Reply::Bool(allowed)
}

/// Runs operations on both, comparing replies, and the states that the effects lead through.
fn run(operations: &[Op], shards: usize, seed: u64) {
    let mut real = Real::new(shards, seed);
    let (mut model, mut db) = (Naive::starting_at(START), 0);
    let (mut replayed, mut units_seen) = (Naive::starting_at(START), 0);
    for operation in operations {
        let before = model.visible();
        let expected = apply_naive(&mut model, &mut db, operation);
        assert_eq!(real.apply(operation), expected, "{operation:?}");
        let after = model.visible();
        let units = real.units.since(units_seen);
        units_seen += units.len();
        let by_command = units.iter().filter(|unit| unit.iter().any(|effect| effect.event != "expired"));
        assert!(by_command.count() <= 1, "what one view changes is one unit: {units:?}");
        replayed.now = model.now;
        for unit in units {
            unit.iter().for_each(|effect| replay::apply(&mut replayed.databases, effect));
            let state = replayed.visible();
            assert!(state == before || state == after, "a prefix that never existed: {unit:?} gave {state:?}");
        }
        assert_eq!(replayed.visible(), after, "the effects say everything, {operation:?}");
        check_counts(&real.store, &replayed);
    }
    finish(&real, &model);
}

/// Keys in memory, dead ones included, are those that no effect has removed yet.
fn check_counts(store: &Store, replayed: &Naive) {
    for db in 0..DATABASES {
        let expected = replayed.databases.get(&db).map_or(0, |content| content.len());
        assert_eq!(store.database(db).unwrap().len(), expected, "keys in database {db}");
    }
}

/// What is alive is there and nothing else once the expirer is through; and nothing is left behind.
fn finish(real: &Real, model: &Naive) {
    real.store.debug_check();
    while real.store.expire_step(real.clock.now(), 3).more {}
    let step = real.store.expire_step(real.clock.now(), 3);
    let visible = model.visible();
    let earliest = visible.values().filter_map(|(_, deadline)| *deadline).min();
    assert_eq!(step.next_wake.is_some(), earliest.is_some());
    if let (Some(wake), Some(earliest)) = (step.next_wake, earliest) {
        assert!(wake.as_millis() <= earliest.saturating_add(1));
    }
    let (mut keys, mut expires) = (0, 0);
    for stats in real.store.stats(real.clock.now()) {
        keys += stats.keys;
        expires += stats.expires;
    }
    assert_eq!(keys, visible.len());
    assert_eq!(expires, visible.values().filter(|(_, deadline)| deadline.is_some()).count());
    real.store.debug_check();
    for db in 0..DATABASES {
        real.store.database(db).unwrap().clear();
    }
    assert_eq!(real.store.memory(), 0);
    real.store.debug_check();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn behaves_as_the_model_in_two_shards(operations in prop::collection::vec(operation(), 1..120), seed: u64) {
        run(&operations, 2, seed);
    }

    #[test]
    fn behaves_as_the_model_in_many_shards(operations in prop::collection::vec(operation(), 1..120), seed: u64) {
        run(&operations, 64, seed);
    }
}
