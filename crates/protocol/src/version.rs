//! The two versions of the reply format.

/// The format in which a server answers. A connection starts in RESP2 and changes with `HELLO 3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum RespVersion {
    /// Strings, errors, integers, bulk strings, arrays and two nulls.
    #[default]
    Resp2,
    /// RESP2 and maps, sets, doubles, booleans, one null, big numbers, verbatim strings, pushes and attributes.
    Resp3,
}

impl RespVersion {
    /// The version that `HELLO number` asks for, if there is one.
    ///
    /// ```
    /// use pyredis_protocol::RespVersion;
    /// assert_eq!(RespVersion::from_number(3), Some(RespVersion::Resp3));
    /// assert_eq!(RespVersion::from_number(4), None);
    /// ```
    pub const fn from_number(number: i64) -> Option<Self> {
        match number {
            2 => Some(Self::Resp2),
            3 => Some(Self::Resp3),
            _ => None,
        }
    }

    /// The number that HELLO shows for this version.
    pub const fn number(self) -> i64 {
        match self {
            Self::Resp2 => 2,
            Self::Resp3 => 3,
        }
    }
}
