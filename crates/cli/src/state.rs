//! What a connection's commands changed about it: kept to show in the prompt and to restore after a reconnect.

use bytes::Bytes;
use pyredis_protocol::Frame;

use crate::connection::Target;

/// What the server keeps for this connection, as far as its replies tell.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) in_transaction: bool,
    /// The database to go back to if the transaction does not happen.
    database_before: u32,
}

impl State {
    /// A new connection is in no transaction.
    pub(crate) fn reconnected(&mut self, target: &mut Target) {
        if std::mem::take(&mut self.in_transaction) {
            target.database = self.database_before;
        }
    }

    /// Notes what `args`, answered with `reply`, changed.
    pub(crate) fn note(&mut self, target: &mut Target, args: &[Bytes], reply: &Frame) {
        let [name, rest @ ..] = args else { return };
        let name = name.to_ascii_lowercase();
        let failed = reply.is_error();
        match (name.as_slice(), rest) {
            (b"exec", []) | (b"discard", []) if self.in_transaction && (name == b"exec" || !failed) => {
                self.in_transaction = false;
                if failed || name == b"discard" || matches!(reply, Frame::Null | Frame::NullArray) {
                    target.database = self.database_before;
                }
            }
            _ if failed => {}
            (b"multi", []) => {
                self.in_transaction = true;
                self.database_before = target.database;
            }
            (b"select", [database]) => target.database = text(database).parse().unwrap_or(target.database),
            (b"auth", [password]) => (target.user, target.password) = (None, Some(text(password))),
            (b"auth", [user, password]) => (target.user, target.password) = (Some(text(user)), Some(text(password))),
            (b"hello", [version, options @ ..]) => {
                target.resp3 = version == "3";
                note_credentials(target, options);
            }
            (b"reset", []) => {
                self.in_transaction = false;
                target.database = 0;
                target.resp3 = false;
            }
            _ => {}
        }
    }
}

/// Notes the AUTH option of HELLO.
fn note_credentials(target: &mut Target, options: &[Bytes]) {
    for [keyword, user, password] in options.array_windows() {
        if keyword.eq_ignore_ascii_case(b"auth") {
            (target.user, target.password) = (Some(text(user)), Some(text(password)));
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use pyredis_protocol::split_words;

    use super::*;

    /// What is known after these commands, each with its reply.
    fn after(commands: &[(&str, Frame)]) -> String {
        let mut target = Target { host: String::new(), port: 0, user: None, password: None, database: 0, resp3: false };
        let mut state = State::default();
        for (line, reply) in commands {
            state.note(&mut target, &split_words(line.as_bytes()).unwrap(), reply);
        }
        let version = if target.resp3 { 3 } else { 2 };
        let transaction = if state.in_transaction { " TX" } else { "" };
        let user = format!("{}:{}", target.user.unwrap_or_default(), target.password.unwrap_or_default());
        format!("db {} resp {version} {user}{transaction}", target.database)
    }

    #[test]
    fn commands_change_what_is_known() {
        let ok = || Frame::Simple("OK".into());
        let error = || Frame::Error("ERR no".into());
        let multi = || vec![("SELECT 2", ok()), ("multi", ok()), ("SELECT 5", ok())];
        let then = |line: &'static str, reply: Frame| after(&[multi(), vec![(line, reply)]].concat());
        for (known, expected) in [
            (after(&[("SELECT 4", ok())]), "db 4 resp 2 :"),
            (after(&[("SELECT 4", error())]), "db 0 resp 2 :"),
            (after(&[("AUTH p", ok())]), "db 0 resp 2 :p"),
            (after(&[("AUTH u p", ok())]), "db 0 resp 2 u:p"),
            (after(&[("AUTH u p", error())]), "db 0 resp 2 :"),
            (after(&[("HELLO 3 SETNAME x AUTH u p", ok())]), "db 0 resp 3 u:p"),
            (after(&[("HELLO 3", ok()), ("HELLO 2", ok())]), "db 0 resp 2 :"),
            (after(&multi()), "db 5 resp 2 : TX"),
            (then("EXEC", Frame::Array(Vec::new())), "db 5 resp 2 :"),
            (then("EXEC", Frame::NullArray), "db 2 resp 2 :"),
            (then("EXEC", error()), "db 2 resp 2 :"),
            (then("DISCARD", ok()), "db 2 resp 2 :"),
            (then("RESET", Frame::Simple("RESET".into())), "db 0 resp 2 :"),
        ] {
            assert_eq!(known, expected);
        }
    }
}
