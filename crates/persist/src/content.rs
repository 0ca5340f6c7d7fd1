//! Reading a record's value: a string, or elements that go straight into the collection they belong to.
//!
//! Nothing here holds more of the file than one element, and a collection takes no more memory than in a store.

use std::fmt;

use pyredis_store::{Collection, Hash, List, Set, SortedSet, Timestamp, VALUE_BYTES_MAX, Value};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor};

use crate::format::{CONTINUES, TIMED_HASH};

/// What a record says of a value.
pub(crate) enum Content<'de> {
    /// All of a string, where the block has it.
    String(&'de [u8]),
    /// The beginning of a collection, and perhaps all of it.
    Begins(Collection),
    /// More of the collection that was begun. It is in there already.
    Continues,
}

/// Reads a value: a map of one entry. `open` is the collection that the record may continue.
pub(crate) struct ReadContent<'o> {
    pub(crate) open: Option<&'o mut Value>,
}

impl<'de> DeserializeSeed<'de> for ReadContent<'_> {
    type Value = Content<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Content<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ReadContent<'_> {
    type Value = Content<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of a type's name to a value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Content<'de>, A::Error> {
        let name = map.next_key::<&str>()?.ok_or_else(|| A::Error::custom("there is no value"))?;
        let mut begun = match name {
            "string" => return map.next_value().map(|Bin(bytes)| Content::String(bytes)),
            "list" => Collection::from(List::new()),
            "set" => Set::new().into(),
            "hash" | TIMED_HASH => Hash::new().into(),
            "zset" => SortedSet::new().into(),
            _ => {
                let Some(name) = name.strip_suffix(CONTINUES) else {
                    return Err(A::Error::custom("the value's type is unknown"));
                };
                let is_timed = name == TIMED_HASH;
                let type_name = if is_timed { "hash" } else { name };
                let open = match self.open {
                    Some(Value::Collection(open)) if open.value_type().name() == type_name => open,
                    _ => return Err(A::Error::custom("the record continues another that is not before it")),
                };
                map.next_value_seed(Fill { collection: open, is_timed })?;
                return Ok(Content::Continues);
            }
        };
        map.next_value_seed(Fill { collection: &mut begun, is_timed: name == TIMED_HASH })?;
        Ok(Content::Begins(begun))
    }
}

/// Puts elements into a collection: an array of bin, or for those with two parts a map.
struct Fill<'c> {
    collection: &'c mut Collection,
    /// The values of a hash have deadlines.
    is_timed: bool,
}

impl Fill<'_> {
    const fn is_in_pairs(&self) -> bool {
        matches!(self.collection, Collection::Hash(_) | Collection::SortedSet(_))
    }
}

impl<'de> DeserializeSeed<'de> for Fill<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let Self { collection, is_timed } = self;
        let before = collection.len();
        // The deserializer shows what is there, whichever of the two is asked for, and the visitor refuses the other.
        deserializer.deserialize_any(Fill { collection, is_timed })?;
        if collection.len() == before { Err(D::Error::custom("there are no elements")) } else { Ok(()) }
    }
}

impl<'de> Visitor<'de> for Fill<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the elements of a {}", self.collection.value_type().name())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        if self.is_in_pairs() {
            return Err(A::Error::invalid_type(Unexpected::Seq, &self));
        }
        while let Some(Bin(element)) = elements.next_element()? {
            let is_new = match &mut *self.collection {
                Collection::List(list) => {
                    list.push_back(element);
                    true
                }
                Collection::Set(set) => set.insert(element),
                _ => false,
            };
            if !is_new {
                return Err(A::Error::custom(TWICE));
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<(), A::Error> {
        if !self.is_in_pairs() {
            return Err(A::Error::invalid_type(Unexpected::Map, &self));
        }
        while let Some(Bin(name)) = pairs.next_key()? {
            let is_new = match &mut *self.collection {
                Collection::Hash(hash) if self.is_timed => {
                    let (Bin(value), deadline): (Bin<'_>, Option<u64>) = pairs.next_value()?;
                    let is_new = hash.insert(name, value);
                    hash.set_deadline(name, deadline.map(Timestamp::from_millis));
                    is_new
                }
                Collection::Hash(hash) => pairs.next_value().map(|Bin(value)| hash.insert(name, value))?,
                Collection::SortedSet(set) => {
                    pairs.next_value().map(|Score(score)| set.insert(name, score).is_none())?
                }
                _ => false,
            };
            if !is_new {
                return Err(A::Error::custom(TWICE));
            }
        }
        Ok(())
    }
}

const TWICE: &str = "a member or field comes twice";

/// Bytes no longer than a string can be.
pub(crate) struct Bin<'de>(pub(crate) &'de [u8]);

impl<'de> Deserialize<'de> for Bin<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes: &[u8] = serde_bytes::deserialize(deserializer)?;
        if bytes.len() > VALUE_BYTES_MAX {
            return Err(D::Error::custom("the value is longer than 512 MB"));
        }
        Ok(Self(bytes))
    }
}

/// A float64, and nothing that would have to be converted into one, so that a score is read as exactly what was written.
struct Score(f64);

impl<'de> Deserialize<'de> for Score {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Float64;
        impl Visitor<'_> for Float64 {
            type Value = f64;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a float64")
            }

            fn visit_f32<E: Error>(self, score: f32) -> Result<f64, E> {
                Err(E::invalid_type(Unexpected::Float(score.into()), &self))
            }

            fn visit_f64<E: Error>(self, score: f64) -> Result<f64, E> {
                if score.is_nan() { Err(E::custom("a score is not a number")) } else { Ok(score) }
            }
        }
        deserializer.deserialize_f64(Float64).map(Self)
    }
}
