//! Arguments by kind: from which values each is drawn.
//!
//! Every kind has few values, so that commands meet what others left: good ones, limits, and some that are wrong.
//! Guarantee: no value makes a server allocate more than a few kilobytes, block, or let a key expire while it is being looked at.

use fastrand::Rng;

/// The keys, two for each type and two strange ones.
pub(super) const KEYS: [&[u8]; 12] =
    [b"s1", b"s2", b"h1", b"h2", b"l1", b"l2", b"t1", b"t2", b"z1", b"z2", b"", b"\xff\0 k"];

/// The sorted set whose members all have the score 0, which no other command comes to: what a range of members is in
/// another depends on how the server happens to look for it.
const LEX_KEY: &[u8] = b"zlex";
/// A string that the same commands come to now and then.
const LEX_STRING: &[u8] = b"zlex-string";
/// Where a long run that is no run of integers begins to count.
pub(super) const BURST_OF_WORDS: usize = 10_000;

/// Which of the keys a group's commands prefer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Home(pub(super) Option<usize>);

/// What an argument is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A key, most often one of the group's own.
    Key,
    /// Any key.
    Any,
    /// A key whose sorted set is ordered by its members.
    LexKey,
    /// The key that is a string for those who look for such a sorted set.
    LexString,
    /// The score 0.
    Zero,
    /// A string's value, or a list's element.
    Value,
    /// A member of a set, or a field of a hash.
    Member,
    /// An integer to add, or a value that should be one.
    Int,
    /// A floating-point number.
    Float,
    /// A score, most often a small one.
    Score,
    /// An end of a range of scores.
    Bound,
    /// An end of a range of members.
    Lex,
    /// A position, from the end if negative.
    Index,
    /// How many.
    Count,
    /// How many random members: nothing that would be a large reply.
    Some,
    /// An expiry in seconds from now.
    Seconds,
    /// An expiry in milliseconds from now.
    Millis,
    /// An expiry as seconds since 1970.
    At,
    /// An expiry as milliseconds since 1970.
    AtMillis,
    /// How long to block.
    Timeout,
    /// A pattern of KEYS and MATCH.
    Pattern,
    /// Where SORT looks for values.
    SortPattern,
    /// Where SORT looks for weights. All have a place for the element: without one a set's order is anything.
    By,
    /// A cursor to begin with.
    Cursor,
    /// The name of a type.
    Type,
    /// A database.
    Db,
    /// An offset in a string.
    Offset,
    /// An offset in bits.
    BitOffset,
    /// A bit.
    Bit,
    /// A type of BITFIELD.
    Field,
    /// An offset of BITFIELD.
    FieldOffset,
    /// A name that no command has.
    Nonsense,
    /// A protocol version.
    Version,
}

impl Kind {
    /// The kind that grammars call by this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "key" => Self::Key,
            "any" => Self::Any,
            "lexstring" => Self::LexString,
            "zero" => Self::Zero,
            "lexkey" => Self::LexKey,
            "value" => Self::Value,
            "member" => Self::Member,
            "int" => Self::Int,
            "float" => Self::Float,
            "score" => Self::Score,
            "bound" => Self::Bound,
            "lex" => Self::Lex,
            "index" => Self::Index,
            "count" => Self::Count,
            "some" => Self::Some,
            "seconds" => Self::Seconds,
            "millis" => Self::Millis,
            "at" => Self::At,
            "atmillis" => Self::AtMillis,
            "timeout" => Self::Timeout,
            "pattern" => Self::Pattern,
            "sortpattern" => Self::SortPattern,
            "by" => Self::By,
            "cursor" => Self::Cursor,
            "type" => Self::Type,
            "db" => Self::Db,
            "offset" => Self::Offset,
            "bitoffset" => Self::BitOffset,
            "bit" => Self::Bit,
            "field" => Self::Field,
            "fieldoffset" => Self::FieldOffset,
            "nonsense" => Self::Nonsense,
            "version" => Self::Version,
            _ => return None,
        })
    }

    /// Whether another number in this place could block, be a race with the clock, or ask for a huge reply.
    pub(super) fn is_delicate(self) -> bool {
        let delicate = [Self::Seconds, Self::Millis, Self::At, Self::AtMillis, Self::Timeout, Self::Some, Self::Cursor];
        delicate.contains(&self)
    }
}

/// Draws one argument. `burst` counts up in a long run of arguments, where all are to be different.
pub(super) fn draw(kind: Kind, home: Home, burst: Option<usize>, rng: &mut Rng) -> Vec<u8> {
    let often = |rng: &mut Rng, good: &[&str], other: &[&str]| pick(rng, 85, good, other);
    match (kind, burst) {
        // Both sets of integers and others become long.
        (Kind::Member | Kind::Value, Some(number)) if number >= BURST_OF_WORDS => {
            return format!("m{number}").into_bytes();
        }
        (Kind::Member | Kind::Value | Kind::Score, Some(number)) => return number.to_string().into_bytes(),
        _ => {}
    }
    match kind {
        Kind::Key => match home.0 {
            Some(first) if rng.u8(..100) < 80 => key(first + rng.usize(..2)),
            _ => key(rng.usize(..KEYS.len())),
        },
        Kind::Any => key(rng.usize(..KEYS.len())),
        Kind::LexKey if rng.u8(..100) < 92 => LEX_KEY.to_vec(),
        Kind::LexKey | Kind::LexString => LEX_STRING.to_vec(),
        Kind::Zero => b"0".to_vec(),
        Kind::Value => value(rng),
        Kind::Member => pick(rng, 90, &MEMBERS, &STRANGE_MEMBERS),
        Kind::Int => often(rng, &INTS, &NO_INTS),
        Kind::Score if rng.u8(..100) < 60 => pick(rng, 100, &["0", "1", "2", "3", "-1"], &[]),
        Kind::Float | Kind::Score => often(rng, &FLOATS, &NO_FLOATS),
        Kind::Bound => often(rng, &BOUNDS, &["(", "", "abc", "(nan", "nan", "[1", "((1"]),
        Kind::Lex => {
            let good = ["-", "-", "+", "+", "[a", "(a", "[b", "(c", "[d"];
            pick(rng, 88, &good, &["[", "(", "a", "", "-a", "+z", "[\u{7f}"])
        }
        Kind::Index => {
            let good = ["0", "1", "2", "3", "5", "7", "-1", "-2", "-3", "-6", "0", "-1"];
            pick(rng, 85, &good, &["1000", "-1000", MAX, MIN, BEYOND, "1.0", "abc", "", "-0"])
        }
        Kind::Count => often(rng, &["0", "1", "2", "3", "5", "10", "-1", "-2"], &[MAX, MIN, BEYOND, "1.5", "abc", ""]),
        Kind::Some => often(rng, &["0", "1", "2", "3", "7", "300", "-1", "-3", "-7"], &[BEYOND, "1.5", "abc", ""]),
        Kind::Seconds => relative(rng, 1, 60),
        Kind::Millis => relative(rng, 1000, 60),
        Kind::At => absolute(rng, 1),
        Kind::AtMillis => absolute(rng, 1000),
        Kind::Timeout => often(rng, &["0.001", "0.01"], &["-1", "abc", "", "nan", "1e400", "-0.5"]),
        Kind::Pattern => pick(rng, 60, &["*", "?1", "s*"], &PATTERNS),
        Kind::SortPattern => often(rng, &["#", "s*", "*", "h*->a", "*1"], &["**", "h*->", "*->*", "nosuch", ""]),
        Kind::By => often(rng, &["s*", "h*->1", "*", "*1"], &["**", "h*->", "*->*"]),
        Kind::Cursor => pick(rng, 93, &["0"], &["abc", "", "1.5", " 0", "0x"]),
        Kind::Type => often(rng, &["string", "list", "hash", "set", "zset"], &["STRING", "stream", "nosuch", ""]),
        Kind::Db => pick(rng, 90, &["0", "0", "0", "1", "2"], &["15", "16", "-1", "abc", "", BEYOND, "01"]),
        Kind::Offset => often(rng, &["0", "1", "3", "10", "40"], &["-1", MAX, MIN, BEYOND, "4294967296", "abc"]),
        Kind::BitOffset => {
            often(rng, &["0", "1", "7", "8", "15", "20", "100"], &["-1", "4294967296", MAX, BEYOND, "a", "1.0"])
        }
        Kind::Bit => often(rng, &["0", "1"], &["2", "-1", "abc", ""]),
        Kind::Field => often(
            rng,
            &["u1", "i8", "u8", "i16", "u4", "i5", "u63", "i64", "i1"],
            &["u64", "i65", "u0", "i0", "8", "x8", "U8", "u-1", ""],
        ),
        Kind::FieldOffset => {
            often(rng, &["0", "1", "4", "8", "#0", "#1", "#2", "13"], &["-1", "#-1", "#", "abc", "4294967296"])
        }
        Kind::Nonsense => pick(rng, 50, &["NOSUCH", "FOO"], &["", "SE", "GETX", "a b", "ZZZZZZZZZZZZZZZZZZZZZZZZZ"]),
        Kind::Version => often(rng, &["2", "3"], &["1", "4", "abc", ""]),
    }
}

/// Something that fits nowhere; `tame` leaves numbers out.
pub(super) fn junk(tame: bool, rng: &mut Rng) -> Vec<u8> {
    let texts: [&[u8]; 10] = [b"", b"abc", b"NX", b"s1", b"\xff\xfe", b"COUNT", b"GET", b"*", b"a b", b"WITHSCORES"];
    let numbers: [&[u8]; 6] = [b"0", b"1", b"-1", b"1.5", MAX.as_bytes(), BEYOND.as_bytes()];
    let drawn = if tame || rng.bool() { rng.choice(texts) } else { rng.choice(numbers) };
    drawn.unwrap_or_default().to_vec()
}

const MAX: &str = "9223372036854775807";
const MIN: &str = "-9223372036854775808";
const BEYOND: &str = "9223372036854775808";
const INTS: [&str; 10] = ["0", "1", "-1", "2", "10", "-7", "100", MAX, MIN, "4611686018427387904"];
const NO_INTS: [&str; 10] = [BEYOND, "01", "+1", " 1", "1 ", "1.0", "-0", "", "abc", "0x10"];
const FLOATS: [&str; 18] = [
    "0",
    "1",
    "-1",
    "1.5",
    "2",
    "3",
    "0.1",
    "-0",
    "3.0e3",
    "1e17",
    "123456789.123",
    "inf",
    "-inf",
    "+inf",
    "1e-7",
    "1e308",
    "9007199254740993",
    "5e-324",
];
const NO_FLOATS: [&str; 12] =
    ["nan", "1e400", "-1e400", "", " 1", "1 ", "abc", "0x1p3", "1e", "1,5", "infinity", "1e-400"];
const BOUNDS: [&str; 14] =
    ["-inf", "+inf", "inf", "0", "1", "(1", "2", "(2", "-1", "1.5", "(-inf", "(+inf", "3", "(0.1"];
const MEMBERS: [&str; 8] = ["a", "b", "c", "d", "1", "2", "3", "-7"];
const STRANGE_MEMBERS: [&str; 6] = ["", "a b", MAX, BEYOND, "a\0\r\n", LONG];
const PATTERNS: [&str; 14] =
    ["[st]1", "[^s]*", "h?", "\\s1", "*1*", "", "a*", "[a-f]", "[f-a]", "?", "[a", "*[12]", "\\", "[^"];
/// Longer than what Redis keeps in a compact form.
const LONG: &str = "a-rather-long-text-that-no-compact-form-of-a-collection-takes-any-more-";

fn key(index: usize) -> Vec<u8> {
    KEYS.get(index).copied().unwrap_or_default().to_vec()
}

fn value(rng: &mut Rng) -> Vec<u8> {
    match rng.u8(..20) {
        0..=5 => pick(rng, 85, &INTS, &NO_INTS),
        6..=8 => pick(rng, 85, &FLOATS, &NO_FLOATS),
        9..=15 => pick(rng, 90, &MEMBERS, &STRANGE_MEMBERS),
        16 => vec![b'x'; rng.usize(40..50)],
        17 => LONG.as_bytes().repeat(rng.usize(1..60)),
        18 => rng
            .choice([&b"\xff\x0f\0"[..], b"\0\0\0\0", b"\xff\xff\xff\xff\xff", b"foobar"])
            .unwrap_or_default()
            .to_vec(),
        _ => Vec::new(),
    }
}

/// A time to live so long that nothing expires during a run, or one that is over at once. Each is drawn anew, so that
/// no two are so near to each other that the clocks decide which is later.
fn relative(rng: &mut Rng, unit: i64, percent: u8) -> Vec<u8> {
    match rng.u8(..100) {
        roll if roll < percent => (rng.i64(10_000..2_000_000_000) * unit).to_string().into_bytes(),
        roll if roll < percent + 15 => pick(rng, 100, &["-1", "-1000", "0"], &[]),
        _ => {
            pick(rng, 50, &[MAX, MIN, "9223372036854775", "-9223372036854775"], &[BEYOND, "1.5", "abc", "", "+5", " 7"])
        }
    }
}

fn absolute(rng: &mut Rng, unit: i64) -> Vec<u8> {
    match rng.u8(..100) {
        0..60 => (rng.i64(10_000_000_000..100_000_000_000) * unit).to_string().into_bytes(),
        60..80 => pick(rng, 100, &["1", "1000", "-1", "0"], &[]),
        _ => pick(rng, 50, &[MAX, MIN, "-9223372036854775"], &[BEYOND, "1.5", "abc", ""]),
    }
}

/// One of the `good` in so many of 100 cases, else one of the others.
fn pick(rng: &mut Rng, percent: u8, good: &[&str], other: &[&str]) -> Vec<u8> {
    let from = if other.is_empty() || rng.u8(..100) < percent { good } else { other };
    rng.choice(from).copied().unwrap_or_default().as_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_time_to_live_ends_during_a_run() {
        let mut rng = Rng::with_seed(1);
        for _ in 0..20_000 {
            for (kind, shortest) in [(Kind::Seconds, 10_000), (Kind::Millis, 10_000_000)] {
                let text = draw(kind, Home(None), None, &mut rng);
                let number = String::from_utf8(text).unwrap().trim().parse::<i64>().unwrap_or(0);
                // What begins with a blank or a sign is refused by every server.
                assert!(number <= 7 || number >= shortest, "{number}");
            }
        }
    }
}
