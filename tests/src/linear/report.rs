//! A history that nothing explains, for a person to read.

use std::fmt::{self, Write as _};

use super::checker::Stuck;
use super::model::Keyspace;
use super::op::{Answer, Op};
use super::round::History;
use super::value::Value;

/// The history in the order in which its operations were sent, with the step at which each was sent and answered and, in
/// front, a `+` for those that the best attempt had placed; then what each key held in that attempt.
#[must_use]
pub fn report(history: &History, stuck: &Stuck<Keyspace>) -> String {
    let mut lines = Vec::new();
    for (connection, (events, placed)) in history.iter().zip(&stuck.placed).enumerate() {
        lines.extend(events.iter().enumerate().map(|(index, event)| (event.sent, connection, index < *placed, event)));
    }
    lines.sort_by_key(|(sent, connection, ..)| (*sent, *connection));
    let mut text = String::from("  sent answered connection\n");
    for (sent, connection, is_placed, event) in lines {
        let (mark, answered) = (if is_placed { '+' } else { ' ' }, event.answered);
        // Writing to a string does not fail.
        _ = writeln!(text, "{mark} {sent:4} {answered:8} {connection:10} {} -> {}", event.op, event.answer);
    }
    text.push_str("after what is marked:");
    for (name, held) in ["a", "b", "c"].iter().zip(stuck.state.iter()) {
        _ = match held {
            None => write!(text, " {name} is missing"),
            Some((value, false)) => write!(text, " {name} = {value}"),
            Some((value, true)) => write!(text, " {name} = {value} with a deadline"),
        };
    }
    text
}

impl fmt::Display for Op {
    /// As a person would type it, with `a`, `b` and `c` for the keys and the numbers of texts for what they hold.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = ["a", "b", "c"].map(str::to_owned);
        let commands = self.commands(&names).into_iter().map(|words| {
            let words = words.iter().map(|word| {
                let text = String::from_utf8_lossy(word);
                text.split_once(':').map_or_else(|| text.to_string(), |(number, _)| number.to_owned())
            });
            words.collect::<Vec<_>>().join(" ")
        });
        f.write_str(&commands.collect::<Vec<_>>().join("; "))
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = |value: &Option<Value>| value.map_or_else(|| "nil".to_owned(), |value| value.to_string());
        match self {
            Self::Ok => f.write_str("OK"),
            Self::Int(number) => write!(f, "({number})"),
            Self::Far => f.write_str("(far)"),
            Self::Value(value) => f.write_str(&one(value)),
            Self::Values(values) => write!(f, "[{}]", values.iter().map(one).collect::<Vec<_>>().join(" ")),
            Self::NotAnInteger => f.write_str("not an integer"),
            Self::Many(answers) => {
                write!(f, "[{}]", answers.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
            }
            Self::Other(text) => write!(f, "{:.200}", text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::{Event, check};

    #[test]
    fn the_reader_sees_what_was_tried() {
        let set = Event { op: Op::set(0, Value::Number(5)), answer: Answer::Ok, sent: 2, answered: 3 };
        let get = Event { op: Op::Get(0), answer: Answer::Value(None), sent: 4, answered: 5 };
        let history = vec![vec![get], vec![set]];
        let stuck = check(Keyspace::default(), &history).unwrap_err();
        assert_eq!(
            report(&history, &stuck),
            "  sent answered connection\n\
             +    2        3          1 SET a 5 -> OK\n\
             \u{20}    4        5          0 GET a -> nil\n\
             after what is marked: a = 5 b is missing c is missing"
        );
    }
}
