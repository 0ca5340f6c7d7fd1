//! A client as a line of CLIENT LIST.

use std::fmt::Write;

use pyredis_store::Timestamp;

use crate::clients::client::Client;
use crate::clients::shown::State;
use crate::command::args::text;
use crate::command::table::CommandTable;

/// Appends the line of a client, with its newline: the fields of Redis, in its order. What a client shows is as of its last batch.
pub(super) fn describe(client: &Client, table: &CommandTable, now: Timestamp, line: &mut String) {
    let (shown, names) = (client.shown.get(), client.names());
    let seconds_since = |time: Timestamp| now.saturating_since(time).as_secs();
    let [channels, patterns, sharded] = client.shown.subscriptions();
    let queued = shown.queued.map_or(-1, |queued| i64::try_from(queued).unwrap_or(i64::MAX));
    let command = shown.command.and_then(|number| table.all().get(number));
    let (messages, message_bytes) = client.mailbox.waiting();
    let bytes = shown.input_bytes + shown.input_room + shown.queued_bytes + shown.reply_bytes + message_bytes;
    // A `String` takes whatever is written to it.
    let _ = writeln!(
        line,
        "id={} addr={} laddr={} fd={} name={} age={} idle={} flags={} db={} sub={channels} psub={patterns} ssub={sharded} \
         multi={queued} watch={} qbuf={} qbuf-free={} argv-mem=0 multi-mem={} rbs=0 rbp=0 obl={} oll={messages} \
         omem={message_bytes} tot-mem={} events=r cmd={} user=default redir=-1 resp={} lib-name={} lib-ver={}",
        client.id,
        client.peer,
        client.local,
        client.descriptor,
        text(&names.name),
        seconds_since(client.connected_at),
        seconds_since(shown.active),
        shown.state.letters(),
        shown.db,
        shown.watched,
        shown.input_bytes,
        shown.input_room,
        shown.queued_bytes,
        shown.reply_bytes,
        size_of::<Client>() + bytes,
        command.map_or_else(|| "NULL".to_owned(), |command| command.full_name()),
        if shown.state.contains(State::RESP3) { 3 } else { 2 },
        text(&names.library),
        text(&names.library_version),
    );
}
