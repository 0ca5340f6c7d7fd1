//! Which protocol version a connection speaks after a command: HELLO and RESET change it.

use crate::reply::Reply;

/// The version after `arguments` was answered with `reply`, having been `version` before.
pub(crate) fn version_after(version: u8, arguments: &[impl AsRef<[u8]>], reply: &Reply) -> u8 {
    let word = |index: usize| arguments.get(index).map(AsRef::as_ref).unwrap_or_default();
    if word(0).eq_ignore_ascii_case(b"reset") && *reply == Reply::Simple(b"RESET".to_vec()) {
        return 2;
    }
    let switched = word(0).eq_ignore_ascii_case(b"hello") && matches!(reply, Reply::Array(_) | Reply::Map(_));
    match word(1) {
        b"2" if switched => 2,
        b"3" if switched => 3,
        _ => version,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_answered_switches_count() {
        let map = Reply::Map(vec![]);
        assert_eq!(version_after(2, &["hello", "3"], &map), 3);
        assert_eq!(version_after(3, &["HELLO", "2"], &Reply::Array(vec![])), 2);
        assert_eq!(version_after(3, &["HELLO"], &map), 3);
        assert_eq!(version_after(2, &["HELLO", "3"], &Reply::Error(vec![])), 2);
        assert_eq!(version_after(3, &["HELLO", "2"], &Reply::Error(vec![])), 3);
        assert_eq!(version_after(3, &["GET", "2"], &map), 3);
        assert_eq!(version_after(3, &["RESET"], &Reply::Simple(b"RESET".to_vec())), 2);
        assert_eq!(version_after(3, &["RESET"], &Reply::Simple(b"QUEUED".to_vec())), 3);
    }
}
