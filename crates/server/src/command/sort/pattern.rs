//! The patterns of BY and GET: which key, and which field of it, an element stands for.

use bytes::Bytes;
use pyredis_store::{Hash, Key, StoreError, View};

/// What an element stands for.
#[derive(Debug, Clone)]
pub(super) enum Pattern {
    /// `#`: the element itself.
    Element,
    /// Without a `*`: nothing.
    Nothing,
    /// The key with the element between two texts: a string, or a field of a hash.
    Key { before: Bytes, after: Bytes, field: Option<Bytes> },
}

impl Pattern {
    /// Reads a pattern as Redis does: what it looks for, it looks for up to a NUL.
    pub(super) fn parse(text: &[u8]) -> Self {
        let copy = |range: std::ops::Range<usize>| Bytes::copy_from_slice(text.get(range).unwrap_or_default());
        let visible = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
        let shown = text.get(..visible).unwrap_or_default();
        if shown == b"#" {
            return Self::Element;
        }
        let Some(star) = shown.iter().position(|byte| *byte == b'*') else { return Self::Nothing };
        let behind = shown.get(star + 1..).unwrap_or_default();
        let arrow =
            behind.windows(2).position(|two| two == b"->").map(|at| star + 1 + at).filter(|at| at + 2 < visible);
        let end = arrow.unwrap_or(text.len());
        let field = arrow.map(|at| copy(at + 2..text.len()));
        Self::Key { before: copy(0..star), after: copy(star + 1..end), field }
    }

    /// Whether keys have to be looked up.
    pub(super) const fn names_keys(&self) -> bool {
        matches!(self, Self::Key { .. })
    }

    /// The bytes of the key that an element stands for.
    pub(super) fn key(&self, element: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Key { before, after, .. } => Some([before, element, after].concat()),
            Self::Element | Self::Nothing => None,
        }
    }

    /// What such a key holds. Nothing where it is of another type.
    pub(super) fn read(&self, view: &View<'_>, key: &Key<'_>) -> Result<Option<Bytes>, StoreError> {
        let Self::Key { field, .. } = self else { return Ok(None) };
        let held = match field {
            None => view.get(key).map(|string| string.map(|string| string.to_bytes())),
            Some(field) => view.collection::<Hash>(key).map(|hash| {
                let hash = hash?;
                hash.share(field).or_else(|| Some(hash.get(field)?.to_vec().into()))
            }),
        };
        match held {
            Err(StoreError::WrongType { .. }) => Ok(None),
            held => held,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(pattern: &[u8]) -> String {
        match Pattern::parse(pattern) {
            Pattern::Key { before, after, field } => {
                let field = field.map(|field| field.escape_ascii().to_string());
                format!("{}|{}|{field:?}", before.escape_ascii(), after.escape_ascii())
            }
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn patterns_are_read_as_redis_reads_them() {
        for (pattern, expected) in [
            (&b"#"[..], "Element"),
            (b"#\0x", "Element"),
            (b"##", "Nothing"),
            (b"", "Nothing"),
            (b"a\0*", "Nothing"),
            (b"a_*_b", "a_|_b|None"),
            (b"*", "||None"),
            (b"a*b*c", "a|b*c|None"),
            (b"a_*->f", "a_||Some(\"f\")"),
            (b"a_*->", "a_|->|None"),
            (b"->*", "->||None"),
            (b"a_*b->f->g", "a_|b|Some(\"f->g\")"),
        ] {
            assert_eq!(parts(pattern), expected, "{}", pattern.escape_ascii());
        }
    }
}
