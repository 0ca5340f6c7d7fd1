//! What a command is refused for first, where there are several reasons; and what is said while the server is not simply there.

use bytes::Bytes;
use pyredis_protocol::{Frame, RespVersion};

use super::garbage::Client;
use crate::lifecycle::Phase;
use crate::shared::Shared;

/// Calls these commands on one connection and returns the last reply, as text.
fn last_reply(server: &Shared, lines: &[&str]) -> String {
    let mut client = Client::new(server, RespVersion::Resp2);
    for line in lines {
        let words: Vec<Bytes> = line.split(' ').map(|word| Bytes::copy_from_slice(word.as_bytes())).collect();
        client.call(&words);
    }
    match client.replies().pop() {
        Some(Frame::Error(text) | Frame::Simple(text)) => String::from_utf8_lossy(&text).into_owned(),
        other => format!("{other:?}"),
    }
}

#[test]
fn a_transaction_refuses_before_loading_does() {
    let server = Shared::for_tests();
    server.lifecycle.enter(Phase::Loading);
    assert_eq!(last_reply(&server, &["MULTI", "SAVE"]), "ERR Command not allowed inside a transaction");
    assert_eq!(last_reply(&server, &["MULTI", "GET k"]), "LOADING Redis is loading the dataset in memory");
}

#[test]
fn no_shutdown_is_aborted_while_the_last_snapshot_is_written() {
    let server = Shared::for_tests();
    assert_eq!(last_reply(&server, &["SHUTDOWN ABORT"]), "ERR No shutdown in progress.");
    server.lifecycle.enter(Phase::Saving);
    let said = last_reply(&server, &["SHUTDOWN ABORT"]);
    assert_eq!(said, "ERR The last snapshot is being written, the shutdown can no longer be aborted.");
}

#[test]
fn a_server_without_a_file_schedules_no_snapshot() {
    let server = Shared::for_tests();
    for line in ["SAVE", "BGSAVE", "BGSAVE SCHEDULE"] {
        assert_eq!(last_reply(&server, &[line]), "ERR this server keeps nothing on disk", "{line}");
    }
    let in_transaction = last_reply(&server, &["MULTI", "BGSAVE", "EXEC"]);
    assert!(in_transaction.contains("ERR this server keeps nothing on disk"), "{in_transaction}");
    assert!(!server.saver.is_due(&[], server.store.now()), "it would be tried for ever");
}
