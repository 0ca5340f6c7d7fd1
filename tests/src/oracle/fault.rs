//! Faults on purpose: a request is changed on its way, so that the server behind it seems to be wrong.

/// What happens to requests.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// This command is done as that one.
    Rename(&'static str, &'static str),
    /// Of this command a word is not read.
    LoseWord(&'static str, &'static str),
    /// Of this command a word is read as another.
    ReplaceWord(&'static str, &'static str, &'static str),
    /// Of this command, where it has at least so many words, the last so many are lost.
    LoseLast(&'static str, usize, usize),
    /// Of this command the last word is read as that one.
    ReplaceLast(&'static str, &'static str),
}

impl Fault {
    /// The request as the server gets it.
    pub(super) fn apply(self, request: &mut Vec<Vec<u8>>) {
        let (Self::Rename(name, _)
        | Self::LoseWord(name, _)
        | Self::ReplaceWord(name, ..)
        | Self::LoseLast(name, ..)
        | Self::ReplaceLast(name, _)) = self;
        if !request.first().is_some_and(|first| is(first, name)) {
            return;
        }
        match self {
            Self::Rename(_, other) => request.iter_mut().take(1).for_each(|first| *first = other.into()),
            Self::LoseWord(_, word) => request.retain(|argument| !is(argument, word)),
            Self::ReplaceWord(_, word, other) => {
                request.iter_mut().filter(|argument| is(argument, word)).for_each(|argument| *argument = other.into());
            }
            Self::LoseLast(_, least, count) if request.len() >= least => request.truncate(request.len() - count),
            Self::LoseLast(..) => {}
            Self::ReplaceLast(_, other) => {
                if let [_, .., last] = request.as_mut_slice() {
                    *last = other.into();
                }
            }
        }
    }
}

fn is(argument: &[u8], word: &str) -> bool {
    argument.eq_ignore_ascii_case(word.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_command_is_changed() {
        let after = |fault: Fault, line: &str| {
            let mut request = line.split(' ').map(Into::into).collect();
            fault.apply(&mut request);
            String::from_utf8(request.join(&b' ')).unwrap()
        };
        assert_eq!(after(Fault::Rename("GET", "TYPE"), "get a"), "TYPE a");
        assert_eq!(after(Fault::Rename("GET", "TYPE"), "GETEX a"), "GETEX a");
        assert_eq!(after(Fault::LoseWord("SET", "NX"), "SET a b nx GET"), "SET a b GET");
        assert_eq!(after(Fault::ReplaceWord("ZADD", "-0", "0"), "ZADD z -0 a"), "ZADD z 0 a");
        assert_eq!(after(Fault::LoseLast("HSET", 6, 2), "HSET h a b c d"), "HSET h a b");
        assert_eq!(after(Fault::LoseLast("HSET", 6, 2), "HSET h a b"), "HSET h a b");
        assert_eq!(after(Fault::ReplaceLast("WATCH", "x"), "WATCH a b"), "WATCH a x");
        assert_eq!(after(Fault::ReplaceLast("WATCH", "x"), "WATCH"), "WATCH");
    }
}
