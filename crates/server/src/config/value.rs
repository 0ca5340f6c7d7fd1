//! The types of values that are more than a number or a text.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use pyredis_store::Tracking;

use super::codec::{Codec, YesNo, several};
use super::error::ValueError;

/// How much is logged: this level and those after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Everything, for work on the server itself.
    Debug,
    /// What happens to single connections.
    Verbose,
    /// What the operator of a server in production wants to know.
    Notice,
    /// Only what needs somebody's attention.
    Warning,
}

impl LogLevel {
    /// The levels by name.
    pub(super) const ALL: &[(&str, Self)] =
        &[("debug", Self::Debug), ("verbose", Self::Verbose), ("notice", Self::Notice), ("warning", Self::Warning)];
}

/// Which keys would go where memory is short. Nothing is evicted yet; what each policy needs to know of the keys is kept already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MaxmemoryPolicy {
    /// Of those with a deadline, the one that was not used for longest.
    VolatileLru,
    /// Of those with a deadline, the one that is used least often.
    VolatileLfu,
    /// Any of those with a deadline.
    VolatileRandom,
    /// The one whose deadline is next.
    VolatileTtl,
    /// The one that was not used for longest.
    AllkeysLru,
    /// The one that is used least often.
    AllkeysLfu,
    /// Any.
    AllkeysRandom,
    /// None: writes are refused.
    NoEviction,
}

impl MaxmemoryPolicy {
    /// The policies by name, in Redis's order.
    pub(super) const ALL: &[(&str, Self)] = &[
        ("volatile-lru", Self::VolatileLru),
        ("volatile-lfu", Self::VolatileLfu),
        ("volatile-random", Self::VolatileRandom),
        ("volatile-ttl", Self::VolatileTtl),
        ("allkeys-lru", Self::AllkeysLru),
        ("allkeys-lfu", Self::AllkeysLfu),
        ("allkeys-random", Self::AllkeysRandom),
        ("noeviction", Self::NoEviction),
    ];

    /// What it needs to know of the use of keys.
    pub(crate) const fn tracking(self) -> Tracking {
        match self {
            Self::VolatileLfu | Self::AllkeysLfu => Tracking::Frequency,
            _ => Tracking::Recency,
        }
    }
}

impl fmt::Display for MaxmemoryPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ALL.iter().find(|(_, policy)| policy == self).map_or("", |(name, _)| name);
        f.write_str(name)
    }
}

/// The journal of writes: there is none yet, and this type has no other value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AppendOnly {
    /// Only snapshots persist what is written.
    No,
}

impl Codec<Self> for AppendOnly {
    fn shape(&self) -> String {
        "no".to_owned()
    }

    fn text(&self, _: &Self) -> String {
        "no".to_owned()
    }

    fn parse(&self, words: &[&[u8]]) -> Result<Self, ValueError> {
        if YesNo.parse(words)? { Err(ValueError::NoJournal) } else { Ok(Self::No) }
    }
}

/// An address to listen on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BindAddress {
    /// The address.
    pub ip: IpAddr,
    /// Go on without it if this machine does not have it; written with a `-` in front.
    pub optional: bool,
}

impl BindAddress {
    /// 127.0.0.1: reached from this machine only.
    pub const LOCALHOST: Self = Self { ip: IpAddr::V4(Ipv4Addr::LOCALHOST), optional: false };

    /// `1.2.3.4`, `::1`, `*` and `::*` (every address of their kind), each also with a `-` in front.
    fn parse(word: &[u8]) -> Option<Self> {
        let (optional, word) = word.strip_prefix(b"-").map_or((false, word), |rest| (true, rest));
        let ip = match word {
            b"*" => Ipv4Addr::UNSPECIFIED.into(),
            b"::*" => Ipv6Addr::UNSPECIFIED.into(),
            _ => str::from_utf8(word).ok()?.parse().ok()?,
        };
        Some(Self { ip, optional })
    }
}

impl From<IpAddr> for BindAddress {
    fn from(ip: IpAddr) -> Self {
        Self { ip, optional: false }
    }
}

/// As in the configuration file.
impl fmt::Display for BindAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.optional { "-" } else { "" }, self.ip)
    }
}

/// At least one address.
pub(super) struct BindAddresses;

impl Codec<Vec<BindAddress>> for BindAddresses {
    fn shape(&self) -> String {
        "IP addresses, such as 127.0.0.1 -::1, or * for all".to_owned()
    }

    fn text(&self, addresses: &Vec<BindAddress>) -> String {
        addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    fn parse(&self, words: &[&[u8]]) -> Result<Vec<BindAddress>, ValueError> {
        let words = several(words);
        if words.is_empty() {
            return Err(ValueError::NoAddress);
        }
        words.into_iter().map(|word| BindAddress::parse(word).ok_or(ValueError::NoAddress)).collect()
    }
}
