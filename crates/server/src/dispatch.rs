//! From a request to its reply: the gates a command passes, the locks it is given, and transactions.
//!
//! The gates look at flags, never at names. Nothing here waits but for locks; what takes longer is left to the connection as an
//! [`Outcome`].

use pyredis_protocol::{Arg, ReplyWriter};
use pyredis_store::{Access, Key, LockSet, Residue, Timestamp, View};
use smallvec::SmallVec;

use crate::command::context::{Call, Ctx, Surroundings};
use crate::command::error::CommandError;
use crate::command::spec::{CommandSpec, Flags, Locks};
use crate::command::table::Command;
use crate::command::work;
use crate::lifecycle::Phase;
use crate::outcome::Outcome;
use crate::pubsub;
use crate::session::{Queued, Replies, Session, Transaction};
use crate::shared::Shared;
use crate::stats::{CallResult, Timing, WorkerStats};

/// The keys of one command: most have one.
type Keys<'k> = SmallVec<[Key<'k>; 4]>;

/// One batch of requests of a session: what its commands share.
pub(crate) struct Batch<'b> {
    pub(crate) server: &'b Shared,
    pub(crate) worker: &'b WorkerStats,
    pub(crate) session: &'b mut Session,
    pub(crate) reply: &'b mut ReplyWriter,
    pub(crate) now: Timestamp,
    /// What the views so far have left to be settled.
    pub(crate) residue: Residue,
    pub(crate) timing: Timing<'b>,
}

/// A request, with what is known of it before it runs.
pub(crate) struct Request<'r> {
    pub(crate) args: &'r [Arg<'r>],
    /// None where there is no command of that name, or no such subcommand.
    pub(crate) command: Option<Command>,
    /// Its keys, hashed for the database that was selected when they were looked for.
    pub(crate) keys: &'r [Key<'r>],
}

/// What became of a request.
pub(crate) enum Dispatched {
    /// It is answered, or its outcome is still to be seen to.
    Ran(Outcome),
    /// The server takes no writes at the moment; the request has not run and is to be dispatched again.
    Paused,
}

impl Dispatched {
    pub(crate) const DONE: Self = Self::Ran(Outcome::Done);

    /// Whether the request is answered, and nothing is left to be done.
    pub(crate) const fn is_done(&self) -> bool {
        matches!(self, Self::Ran(Outcome::Done))
    }
}

impl Batch<'_> {
    /// Runs one request that nothing is known of yet.
    pub(crate) fn dispatch_args(&mut self, args: &[Arg<'_>]) -> Dispatched {
        let command = self.server.table.find(args).ok();
        let db = self.session.db;
        let keys: Keys<'_> = command.iter().flat_map(|command| keys_of(self.server, command.spec, args, db)).collect();
        self.dispatch(&Request { args, command, keys: &keys })
    }

    /// Runs one request, as far as it can be run without waiting.
    #[inline]
    pub(crate) fn dispatch(&mut self, request: &Request<'_>) -> Dispatched {
        let dispatched =
            if self.session.replies == Replies::On { self.answer(request) } else { self.answer_unless_muted(request) };
        if !self.session.deeds.is_empty() {
            self.server.pubsub.show_deeds(&mut self.session.deeds);
        }
        dispatched
    }

    /// The same for a client that has said that it does not want replies. Messages are none.
    fn answer_unless_muted(&mut self, request: &Request<'_>) -> Dispatched {
        let before = self.session.replies;
        if matches!(before, Replies::SkipOne | Replies::Spoken) {
            self.session.replies = Replies::On;
        }
        // What is in the mailbox already is no reply: HELLO would put it among what is cut off below.
        if self.session.client.mailbox.needs_care() {
            self.session.collect_mail(usize::MAX, self.reply);
        }
        let mark = self.reply.mark();
        let dispatched = self.answer(request);
        let is_message =
            request.command.is_some_and(|command| command.spec.flags.contains(Flags::PUBSUB | Flags::WHILE_LISTENING));
        let is_muted = before != Replies::Spoken && self.session.replies != Replies::Spoken && !is_message;
        match dispatched {
            Dispatched::Paused => self.session.replies = before,
            _ if is_muted => {
                self.reply.truncate_to(mark);
                self.session.mutes_outcome = !dispatched.is_done();
            }
            Dispatched::Ran(_) => {}
        }
        dispatched
    }

    fn answer(&mut self, request: &Request<'_>) -> Dispatched {
        let Request { args, command, keys } = *request;
        let Some(command) = command else {
            let error = self.server.table.find(args).err().unwrap_or(CommandError::Syntax);
            return self.reject(None, error);
        };
        self.timing.begin(command);
        if let Err(error) = self.pass_gates(command, args) {
            return self.reject(Some(command), error);
        }
        if self.server.pause.is_on() && self.is_paused(command.spec) {
            return Dispatched::Paused;
        }
        if self.queues(command.spec) {
            return Dispatched::Ran(self.enqueue(command, args));
        }
        self.session.last_command = Some(command);
        let mark = self.reply.mark();
        let (dispatched, error) = match self.run_locked(command, args, keys) {
            // What nearly all do is told apart first: then no outcome has to be moved.
            Ok(Dispatched::Ran(Outcome::Done)) => (Dispatched::DONE, None),
            Ok(Dispatched::Ran(Outcome::Exec(transaction))) => (self.exec(transaction), None),
            Ok(dispatched) => (dispatched, None),
            Err(error) => (Dispatched::DONE, Some(error)),
        };
        if matches!(dispatched, Dispatched::Paused) {
            return Dispatched::Paused;
        }
        if self.server.pubsub.has_monitors() {
            self.note_deed(command, args);
        }
        let how = if error.is_none() { CallResult::Succeeded } else { CallResult::Failed };
        self.worker.count_call(command.number, how);
        if let Some(error) = error {
            self.reply.truncate_to(mark);
            self.answer_error(&error);
        }
        dispatched
    }

    fn reject(&mut self, command: Option<Command>, error: CommandError) -> Dispatched {
        if error == CommandError::Http {
            // A browser that was made to talk to us: it gets no answer that it could use.
            tracing::warn!("{}: closed, as it speaks HTTP", self.session.client.peer);
            return Dispatched::Ran(Outcome::Close);
        }
        if let Some(command) = command {
            self.worker.count_call(command.number, CallResult::Rejected);
        }
        if command.is_some_and(|command| command.spec.flags.contains(Flags::ENDS_TRANSACTION)) {
            self.session.discard();
            let why = error.to_string();
            self.answer_error(&CommandError::ExecRefused(why.trim_start_matches("ERR ").to_owned()));
        } else {
            self.session.break_transaction();
            self.answer_error(&error);
        }
        Dispatched::DONE
    }

    pub(crate) fn answer_error(&mut self, error: &CommandError) {
        let text = error.to_string();
        self.worker.count_error(CommandError::code(&text));
        self.reply.error(text);
    }

    /// The gates, in Redis's order.
    fn pass_gates(&self, command: Command, args: &[Arg<'_>]) -> Result<(), CommandError> {
        let spec = command.spec;
        if !spec.arity.allows(args.len()) {
            return Err(CommandError::WrongArity(command.full_name()));
        }
        if !self.session.is_authenticated && !spec.flags.contains(Flags::NO_AUTH) {
            return Err(CommandError::NoAuth);
        }
        if spec.flags.contains(Flags::NO_MULTI) && self.session.transaction.is_some() {
            return Err(CommandError::NotInTransaction);
        }
        if self.writes(spec) && self.server.saver.refuses_writes(self.session.config()) {
            return Err(CommandError::MisConf);
        }
        if self.session.only_listens(self.reply.version()) && !spec.flags.contains(Flags::WHILE_LISTENING) {
            return Err(CommandError::OnlyListens(command.full_name()));
        }
        if !spec.flags.contains(Flags::LOADING) && self.server.lifecycle.phase() == Phase::Loading {
            return Err(CommandError::Loading);
        }
        let uses_keys = Flags::READONLY | Flags::WRITE | Flags::PAUSED_AS_WRITE;
        if self.session.is_monitor && spec.flags.intersects(uses_keys) {
            return Err(CommandError::OnlyWatches);
        }
        Ok(())
    }

    /// Whether the command has to wait for the end of a pause.
    fn is_paused(&self, spec: &CommandSpec) -> bool {
        if self.session.is_monitor {
            return false;
        }
        let publishes = || {
            let queued = self.session.transaction.iter().flat_map(|transaction| &transaction.queued);
            spec.flags.contains(Flags::ENDS_TRANSACTION)
                && queued.into_iter().any(|queued| queued.command.spec.flags.contains(Flags::PAUSED_AS_WRITE))
        };
        let writes = || self.writes(spec) || spec.flags.contains(Flags::PAUSED_AS_WRITE) || publishes();
        self.server.pause.holds(writes)
    }

    /// Keeps what was done for those who watch. Administration is too dangerous to be shown, as in Redis.
    fn note_deed(&mut self, command: Command, args: &[Arg<'_>]) {
        if !command.spec.flags.intersects(Flags::ADMIN | Flags::SKIP_MONITOR) {
            let (client, db) = (&self.session.client, self.session.db);
            let secrets = (command.spec.secrets)(args);
            self.session.deeds.push(pubsub::deed(self.now, db, client.peer, args, secrets));
        }
    }

    /// Whether the command writes, or runs queued commands of which one does.
    fn writes(&self, spec: &CommandSpec) -> bool {
        let runs_writes = || self.session.transaction.as_ref().is_some_and(|transaction| transaction.writes);
        spec.flags.contains(Flags::WRITE) || (spec.flags.contains(Flags::ENDS_TRANSACTION) && runs_writes())
    }

    fn queues(&self, spec: &CommandSpec) -> bool {
        self.session.transaction.is_some() && !spec.flags.contains(Flags::NOT_QUEUED)
    }

    fn enqueue(&mut self, command: Command, args: &[Arg<'_>]) -> Outcome {
        let databases = self.server.store.databases();
        if let Some(transaction) = &mut self.session.transaction {
            if !transaction.push(command, args) {
                tracing::warn!("{}: closed, as its transaction is too long", self.session.client.peer);
                return Outcome::Close;
            }
            if command.spec.flags.contains(Flags::SELECTS) {
                let wanted = args.get(1).and_then(|db| pyredis_protocol::number::parse_i64(db));
                let wanted = wanted.and_then(|db| u32::try_from(db).ok()).filter(|db| *db < databases);
                transaction.db = wanted.unwrap_or(transaction.db);
            }
            self.reply.simple("QUEUED");
        }
        Outcome::Done
    }

    /// Takes the command's locks and runs it.
    fn run_locked(&mut self, command: Command, args: &[Arg<'_>], keys: &[Key<'_>]) -> Result<Dispatched, CommandError> {
        let db = self.session.db;
        let again: Keys<'_>;
        let keys = match keys.first() {
            // SELECT has run since.
            Some(key) if key.db() != db => {
                again = keys_of(self.server, command.spec, args, db).collect();
                &again
            }
            _ => keys,
        };
        let writes = command.spec.flags.contains(Flags::WRITE);
        let access = if writes { Access::Write } else { Access::Read };
        let call = Call { command, args, keys, in_exec: false };
        if let ([key], Locks::Keys) = (keys, command.spec.locks) {
            let mut view = self.server.store.lock_key(key, access, self.now);
            return self.run_in(&mut view, &call);
        }
        let mut locks = LockSet::new();
        add_locks(&mut locks, &call, db, self.server);
        if locks.is_empty() {
            return run(&call, None, self.session, self.server, self.reply, self.now).map(Dispatched::Ran);
        }
        let mut view = self.server.store.lock(locks, self.now);
        self.run_in(&mut view, &call)
    }

    fn run_in(&mut self, view: &mut View<'_>, call: &Call<'_>) -> Result<Dispatched, CommandError> {
        // Asked with the locks held: a last snapshot that began before has them behind it, one that begins later sees this write.
        if call.command.spec.flags.contains(Flags::WRITE) && self.server.lifecycle.phase() > Phase::Ready {
            return Ok(Dispatched::Paused);
        }
        if self.session.no_touch && !call.command.spec.flags.contains(Flags::TOUCHES) {
            view.leave_untouched();
        }
        let result = run(call, Some(view), self.session, self.server, self.reply, self.now);
        view.leave_to(&mut self.residue);
        result.map(Dispatched::Ran)
    }

    /// Runs a transaction, or keeps it for later while no writes are taken.
    fn exec(&mut self, transaction: Box<Transaction>) -> Dispatched {
        if self.run_transaction(&transaction) {
            self.session.watched.clear();
            self.session.publish(self.server);
            Dispatched::Ran(Outcome::Done)
        } else {
            self.session.transaction = Some(transaction);
            Dispatched::Paused
        }
    }

    /// Runs commands under one view of everything that they name, watched keys included. Returns whether they could be run.
    fn run_transaction(&mut self, Transaction { queued, writes, .. }: &Transaction) -> bool {
        let server = self.server;
        let args: Vec<Vec<Arg<'_>>> =
            queued.iter().map(|queued| queued.args.iter().map(Arg::Owned).collect()).collect();
        let keys: Vec<Keys<'_>> = queued
            .iter()
            .zip(&args)
            .map(|(queued, args)| keys_of(server, queued.command.spec, args, queued.db).collect())
            .collect();
        let calls = || {
            queued.iter().zip(args.iter().zip(&keys)).map(|(Queued { command, .. }, (args, keys))| Call {
                command: *command,
                args,
                keys,
                in_exec: true,
            })
        };
        let mut locks = LockSet::new();
        calls().zip(queued).for_each(|(call, queued)| add_locks(&mut locks, &call, queued.db, server));
        self.session.watched.keys().for_each(|key| locks.read(&key));
        let mut view = server.store.lock(locks, self.now);
        if *writes && self.server.lifecycle.phase() > Phase::Ready {
            return false;
        }
        if self.session.no_touch {
            view.leave_untouched();
        }
        if view.has_changed(&self.session.watched) {
            self.reply.null_array();
        } else {
            self.session.executing = Some(queued.len());
            self.reply.array(queued.len());
            calls().for_each(|call| self.run_queued(&call, &mut view));
            self.session.executing = None;
        }
        view.leave_to(&mut self.residue);
        true
    }

    fn run_queued(&mut self, call: &Call<'_>, view: &mut View<'_>) {
        self.session.last_command = Some(call.command);
        self.timing.begin(call.command);
        let mark = self.reply.mark();
        let result = match run(call, Some(view), self.session, self.server, self.reply, self.now) {
            Ok(Outcome::More(mut walk)) => {
                while walk.shard().is_some() {
                    walk.step(view);
                    walk.digest();
                }
                walk.reply(self.reply);
                Ok(())
            }
            Ok(Outcome::Work(work)) => work::finish(work, view, self.reply),
            Ok(Outcome::Done) => Ok(()),
            Ok(_) => Err(CommandError::NotInTransaction),
            Err(error) => Err(error),
        };
        let how = if result.is_ok() { CallResult::Succeeded } else { CallResult::Failed };
        self.worker.count_call(call.command.number, how);
        if self.server.pubsub.has_monitors() {
            self.note_deed(call.command, call.args);
        }
        if let Err(error) = result {
            self.reply.truncate_to(mark);
            self.answer_error(&error);
        }
    }
}

/// The keys among a command's arguments, hashed.
pub(crate) fn keys_of<'a>(
    server: &Shared,
    spec: &'static CommandSpec,
    args: &[Arg<'a>],
    db: u32,
) -> impl Iterator<Item = Key<'a>> {
    let positions = spec.keys.iter().flat_map(|keys| keys.positions(args));
    positions.filter_map(|position| args.get(position)).map(move |key| server.store.key_in(db, key.as_slice()))
}

/// Adds the locks that a command needs.
fn add_locks(locks: &mut LockSet, call: &Call<'_>, db: u32, server: &Shared) {
    let writes = call.command.spec.flags.contains(Flags::WRITE);
    let mut add_database = |db| if writes { locks.write_database(db) } else { locks.read_database(db) };
    match call.command.spec.locks {
        Locks::KeysAndNamed(names) if call.in_exec && names(call.args) => add_database(db),
        Locks::Keys | Locks::KeysAndNamed(_) if writes => call.keys.iter().for_each(|key| locks.write(key)),
        Locks::Keys | Locks::KeysAndNamed(_) => call.keys.iter().for_each(|key| locks.read(key)),
        Locks::KeysAndTarget(target) => {
            call.keys.iter().for_each(|key| locks.write(key));
            let db = target(call.args).and_then(|db| u32::try_from(db).ok());
            let target = call.keys.last().zip(db.filter(|db| *db < server.store.databases()));
            if let Some((key, db)) = target {
                locks.write(&server.store.key_in(db, key.bytes()));
            }
        }
        Locks::KeyNamed(position) => {
            if let Some(key) = position(call.args).and_then(|position| call.args.get(position)) {
                locks.read(&server.store.key_in(db, key));
            }
        }
        Locks::TwoDatabases(named) => {
            if let Some([one, other]) =
                named(call.args).filter(|both| both.iter().all(|db| *db < server.store.databases()))
            {
                locks.swap(one, other);
            }
        }
        Locks::Walk if !call.in_exec => {}
        Locks::Walk | Locks::Database => add_database(db),
        Locks::Everything => (0..server.store.databases()).for_each(add_database),
        Locks::None => {}
    }
}

fn run(
    call: &Call<'_>,
    view: Option<&mut View<'_>>,
    session: &mut Session,
    server: &Shared,
    reply: &mut ReplyWriter,
    now: Timestamp,
) -> Result<Outcome, CommandError> {
    (call.command.spec.run)(&mut Ctx::new(*call, view, session, Surroundings { server, reply, now }))
}
