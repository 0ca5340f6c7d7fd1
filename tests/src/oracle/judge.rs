//! How two servers' replies to one command are compared.

use crate::render;
use crate::reply::Reply;

/// How replies are compared. Errors are always compared byte for byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judge {
    /// Byte for byte.
    Exact,
    /// The elements in any order.
    Unordered,
    /// Pairs, flat or as a map, in any order.
    Pairs,
    /// Positive integers that differ by at most so much, since they depend on the time.
    Near(i64),
    /// The same type.
    Kind,
    /// How many keys there are; asked again where it differs, when those past their deadline are gone.
    Settling,
    /// A key, any that exists.
    Key,
    /// Random members, as many, each of them in what this command says of the key.
    Random(&'static str),
    /// Random members that are gone afterwards; the second server is made to remove the same.
    Pop,
    /// A cursor, which is at this place in the command, and some elements: all are fetched and compared in any order.
    Scan { cursor: usize, pairs: bool },
}

impl Judge {
    /// Whether the servers are asked more before the next command.
    pub(super) fn asks_back(self) -> bool {
        matches!(self, Self::Settling | Self::Key | Self::Random(_) | Self::Pop | Self::Scan { .. })
    }

    /// Whether two replies are the same as far as can be said by looking at them.
    pub(super) fn agrees(self, left: &Reply, right: &Reply) -> bool {
        if left == right {
            return true;
        }
        match (self, left, right) {
            (Self::Unordered, Reply::Array(left), Reply::Array(right))
            | (Self::Unordered, Reply::Set(left), Reply::Set(right)) => sorted(left) == sorted(right),
            (Self::Pairs, Reply::Map(left), Reply::Map(right)) => sorted_pairs(left) == sorted_pairs(right),
            (Self::Pairs, Reply::Array(left), Reply::Array(right)) => {
                left.len() == right.len() && sorted_pairs(&in_pairs(left)) == sorted_pairs(&in_pairs(right))
            }
            (Self::Near(most), Reply::Int(left), Reply::Int(right)) => {
                *left >= 0 && *right >= 0 && left.abs_diff(*right) <= most.unsigned_abs()
            }
            // As in a transaction, where nothing can be asked again.
            (Self::Settling, Reply::Int(_), Reply::Int(_)) => true,
            (Self::Kind, _, _) => !left.is_error() && std::mem::discriminant(left) == std::mem::discriminant(right),
            (Self::Key | Self::Random(_) | Self::Pop, _, _) => !left.is_error() && same_shape(left, right),
            // One step only, as in a transaction: where the end is not reached at once, nothing can be said.
            (Self::Scan { pairs, .. }, Reply::Array(left), Reply::Array(right)) => match (&**left, &**right) {
                ([at, items], [other_at, others]) if is_end(at) && is_end(other_at) => {
                    let judge = if pairs { Self::Pairs } else { Self::Unordered };
                    judge.agrees(items, others)
                }
                ([_, _], [_, _]) => true,
                _ => false,
            },
            _ => false,
        }
    }

    /// How a transcript expects this reply.
    pub(super) fn notation(self, reply: &Reply) -> String {
        let text = render(reply);
        match (self, reply) {
            (_, Reply::Error(_)) => text,
            (Self::Unordered, Reply::Array(_)) | (Self::Pairs, Reply::Map(_)) => format!("unordered{text}"),
            (Self::Pairs, Reply::Array(_)) => "[...]".to_owned(),
            (Self::Near(_), Reply::Int(number)) if *number >= 0 => ":0..".to_owned(),
            (Self::Kind | Self::Settling | Self::Key | Self::Random(_) | Self::Pop | Self::Scan { .. }, _) => {
                "*".to_owned()
            }
            _ => text,
        }
    }
}

/// Whether a cursor says that nothing more comes.
pub(super) fn is_end(cursor: &Reply) -> bool {
    cursor.text() == Some(b"0")
}

/// Every single value in it, nested ones too, as text.
pub(super) fn leaves(reply: &Reply) -> Vec<Vec<u8>> {
    match reply {
        Reply::Array(items) | Reply::Set(items) | Reply::Push(items) => items.iter().flat_map(leaves).collect(),
        Reply::Map(pairs) => pairs.iter().flat_map(|(key, value)| [key, value]).flat_map(leaves).collect(),
        Reply::Null | Reply::NullArray | Reply::NullBulk => Vec::new(),
        Reply::Double(text) => vec![text.clone()],
        Reply::Int(number) => vec![number.to_string().into_bytes()],
        other => vec![other.text().unwrap_or_default().to_vec()],
    }
}

fn same_shape(left: &Reply, right: &Reply) -> bool {
    match (left.items(), right.items()) {
        (Some(left_items), Some(right_items)) => {
            std::mem::discriminant(left) == std::mem::discriminant(right)
                && left_items.len() == right_items.len()
                && left_items.iter().zip(right_items).all(|(left, right)| same_shape(left, right))
        }
        _ => std::mem::discriminant(left) == std::mem::discriminant(right),
    }
}

fn in_pairs(flat: &[Reply]) -> Vec<(Reply, Reply)> {
    let second = |pair: &[Reply]| pair.get(1).cloned().unwrap_or(Reply::Null);
    flat.chunks(2).filter_map(|pair| Some((pair.first()?.clone(), second(pair)))).collect()
}

fn sorted(items: &[Reply]) -> Vec<String> {
    let mut texts: Vec<String> = items.iter().map(render).collect();
    texts.sort_unstable();
    texts
}

fn sorted_pairs(pairs: &[(Reply, Reply)]) -> Vec<(String, String)> {
    let mut texts: Vec<_> = pairs.iter().map(|(key, value)| (render(key), render(value))).collect();
    texts.sort_unstable();
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(words: &str) -> Vec<Reply> {
        words.split_whitespace().map(|word| Reply::Bulk(word.into())).collect()
    }

    fn array(words: &str) -> Reply {
        Reply::Array(texts(words))
    }

    #[test]
    fn order_counts_unless_it_does_not() {
        let (one, other) = (array("a b c d"), array("c d a b"));
        assert!(!Judge::Exact.agrees(&one, &other));
        assert!(Judge::Unordered.agrees(&one, &other) && Judge::Pairs.agrees(&one, &other));
        assert!(!Judge::Pairs.agrees(&one, &array("b a c d")));
        assert!(!Judge::Unordered.agrees(&one, &array("a b c")));
        assert!(!Judge::Unordered.agrees(&array("a"), &Reply::Set(texts("a"))));
        assert!(Judge::Unordered.agrees(&Reply::Set(texts("a b")), &Reply::Set(texts("b a"))));
    }

    #[test]
    fn what_varies_may_vary_so_far() {
        let near = Judge::Near(5);
        assert!(near.agrees(&Reply::Int(10), &Reply::Int(15)) && !near.agrees(&Reply::Int(10), &Reply::Int(16)));
        assert!(!near.agrees(&Reply::Int(-1), &Reply::Int(0)));
        assert!(!Judge::Pop.agrees(&array("a b"), &array("a")));
        assert!(Judge::Pop.agrees(&array("a b"), &array("c d")));
        let errors = [Reply::Error(b"ERR a".to_vec()), Reply::Error(b"ERR b".to_vec())];
        assert!(!Judge::Kind.agrees(&errors[0], &errors[1]) && !Judge::Key.agrees(&errors[0], &errors[1]));
    }

    #[test]
    fn scans_are_compared_where_both_are_at_the_end() {
        let scan = Judge::Scan { cursor: 1, pairs: false };
        let at = |cursor: &str, items: &str| Reply::Array(vec![Reply::Bulk(cursor.into()), array(items)]);
        assert!(scan.agrees(&at("0", "a b"), &at("0", "b a")));
        assert!(!scan.agrees(&at("0", "a b"), &at("0", "b")));
        assert!(scan.agrees(&at("3", "a"), &at("5", "b")));
        assert!(!scan.agrees(&at("0", ""), &array("a")));
    }
}
