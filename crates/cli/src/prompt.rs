//! The prompt: where one is connected to, the database if it is not 0, and whether a transaction is open.

use crate::session::Session;

pub(crate) fn text(session: &Session) -> String {
    if !session.is_connected() {
        return "not connected> ".to_owned();
    }
    let address = session.target.address();
    let database = match session.target.database {
        0 => String::new(),
        database => format!("[{database}]"),
    };
    let transaction = if session.in_transaction() { "(TX)" } else { "" };
    format!("{address}{database}{transaction}> ")
}
