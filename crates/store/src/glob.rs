//! Redis's glob patterns: `*`, `?`, `[abc]`, `[^a-z]` and `\x`, over bytes.
//!
//! Cost: at most pattern times text steps, whatever the pattern; only the last `*` seen is ever tried again.

/// Whether `text` matches `pattern` as KEYS and SCAN understand it.
///
/// ```
/// # use pyredis_store::glob_match;
/// assert!(glob_match(b"user:*:name", b"user:42:name"));
/// assert!(!glob_match(b"h[^ae]llo", b"hallo"));
/// ```
pub fn glob_match(pattern: &[u8], text: &[u8]) -> bool {
    let (mut pattern_rest, mut text_rest) = (pattern, text);
    // Where to go on when a match fails behind a star: the pattern after it, and the text it has not swallowed yet.
    let mut retry: Option<(&[u8], &[u8])> = None;
    loop {
        if let [b'*', after @ ..] = pattern_rest {
            retry = Some((after, text_rest));
            pattern_rest = after;
            continue;
        }
        if let Some((&byte, text_after)) = text_rest.split_first() {
            if let Some(pattern_after) = match_one(pattern_rest, byte) {
                (pattern_rest, text_rest) = (pattern_after, text_after);
                continue;
            }
        } else if pattern_rest.is_empty() {
            return true;
        }
        // A mismatch: let the last star swallow one byte more.
        match retry {
            Some((after, [_, shorter @ ..])) => {
                retry = Some((after, shorter));
                (pattern_rest, text_rest) = (after, shorter);
            }
            _ => return false,
        }
    }
}

/// Matches one byte against the front of a pattern (not a star) and returns the pattern behind it.
fn match_one(pattern: &[u8], byte: u8) -> Option<&[u8]> {
    match pattern {
        [] => None,
        [b'?', rest @ ..] => Some(rest),
        [b'[', rest @ ..] => match_class(rest, byte),
        [b'\\', escaped, rest @ ..] => (*escaped == byte).then_some(rest),
        [literal, rest @ ..] => (*literal == byte).then_some(rest),
    }
}

/// Matches one byte against a class whose `[` is already read. A class that is not closed ends with the pattern, as in Redis.
fn match_class(class: &[u8], byte: u8) -> Option<&[u8]> {
    let (negated, mut rest) = match class {
        [b'^', rest @ ..] => (true, rest),
        _ => (false, class),
    };
    let mut matched = false;
    let after = loop {
        rest = match rest {
            [] => break rest,
            [b']', after @ ..] => break after,
            [b'\\', escaped, after @ ..] => {
                matched |= *escaped == byte;
                after
            }
            [from, b'-', to, after @ ..] => {
                matched |= (*from.min(to)..=*from.max(to)).contains(&byte);
                after
            }
            [one, after @ ..] => {
                matched |= *one == byte;
                after
            }
        };
    };
    (matched != negated).then_some(after)
}

#[cfg(test)]
mod tests {
    use super::glob_match;

    #[test]
    fn patterns_match_as_in_redis() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("*", "anything", true),
            ("", "", true),
            ("", "a", false),
            ("a*b*c", "aXXbYYc", true),
            ("a*b*c", "aXXbYY", false),
            ("h?llo", "hello", true),
            ("h?llo", "hllo", false),
            ("h[ae]llo", "hallo", true),
            ("h[^e]llo", "hello", false),
            ("h[a-c]llo", "hbllo", true),
            ("h[c-a]llo", "hbllo", true),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("a\\", "a\\", true),
            ("[\\]]", "]", true),
            ("[abc", "b", true),
            ("*?", "", false),
            ("**a", "bba", true),
        ] {
            assert_eq!(glob_match(pattern.as_bytes(), text.as_bytes()), expected, "{pattern:?} on {text:?}");
        }
    }

    #[test]
    fn many_stars_do_not_explode() {
        let pattern = b"a*".repeat(1000);
        let text = b"a".repeat(100_000);
        assert!(!glob_match(&[&pattern[..], b"b"].concat(), &text));
    }
}
