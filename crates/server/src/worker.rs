//! Workers: threads with a runtime each, and the connections spread over them.
//!
//! A connection lives on one worker from its accept to its end; within a worker nothing runs in parallel. The worker with the fewest
//! connections gets the next. Tasks that belong to no connection live on the first worker.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;

use tokio::runtime::{Builder, Handle};

use crate::lifecycle::Phase;
use crate::shared::Shared;

/// How many threads of a worker free what takes long to free: one, so that a client that makes much garbage makes no threads.
const FREERS: usize = 1;
/// The niceness of those threads: freeing can wait, as long as it is not for ever.
const FREER_NICENESS: i32 = 10;

/// The running workers.
pub(crate) struct Workers {
    threads: Vec<JoinHandle<()>>,
    pub(crate) pool: Pool,
}

/// Where tasks can be sent.
#[derive(Clone)]
pub(crate) struct Pool(Arc<[Worker]>);

struct Worker {
    runtime: Handle,
    connections: Arc<AtomicUsize>,
}

/// A connection's place on a worker; counted until dropped.
pub(crate) struct Seat {
    pub(crate) worker: usize,
    connections: Arc<AtomicUsize>,
}

impl Workers {
    /// Starts `count` threads that run until the server has stopped. Where the system does not give them all, stops the server.
    pub(crate) fn start(shared: &Arc<Shared>, count: usize) -> io::Result<Self> {
        let (mut threads, mut pool) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for number in 0..count {
            match start_one(shared, number) {
                Ok((thread, worker)) => {
                    threads.push(thread);
                    pool.push(worker);
                }
                Err(error) => {
                    shared.lifecycle.enter(Phase::Stopped);
                    return Err(error);
                }
            }
        }
        Ok(Self { threads, pool: Pool(pool.into()) })
    }

    /// Waits until all threads have ended; the server must be stopped.
    pub(crate) fn join(self) {
        let this_thread = std::thread::current().id();
        for thread in self.threads {
            if thread.thread().id() != this_thread {
                thread.join().ok();
            }
        }
    }
}

fn start_one(shared: &Arc<Shared>, number: usize) -> io::Result<(JoinHandle<()>, Worker)> {
    let mut runtime = Builder::new_current_thread();
    let runtime = runtime.enable_all().max_blocking_threads(FREERS).on_thread_start(give_way).build()?;
    let worker = Worker { runtime: runtime.handle().clone(), connections: Arc::default() };
    let shared = Arc::clone(shared);
    let thread = std::thread::Builder::new().name(format!("pyredis-io-{number}")).spawn(move || {
        runtime.block_on(shared.lifecycle.wait_until(|phase| phase == Phase::Stopped));
        // Ends every task of this worker where it waits; sockets close.
        runtime.shutdown_background();
    })?;
    Ok((thread, worker))
}

/// Lets the threads that answer go first where there are fewer processors than work. On Linux a thread has a priority of its own; where it
/// has none, or may not lower it, all stays as it was.
fn give_way() {
    if cfg!(target_os = "linux") {
        rustix::process::setpriority_process(None, FREER_NICENESS).ok();
    }
}

impl Pool {
    /// Runs a task on the first worker.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        if let Some(worker) = self.0.first() {
            worker.runtime.spawn(task);
        }
    }

    /// Runs a function once on each worker; done when all have.
    pub(crate) async fn on_workers(&self, run: impl Fn() + Copy + Send + 'static) {
        let workers: Vec<_> = self.0.iter().map(|worker| worker.runtime.spawn(async move { run() })).collect();
        // What fails to run is on a thread that has ended.
        for worker in workers {
            worker.await.ok();
        }
    }

    /// Runs a function once on each thread that frees for a worker; done when all have.
    pub(crate) async fn on_freers(&self, run: impl Fn() + Copy + Send + 'static) {
        let freers: Vec<_> = self.0.iter().map(|worker| worker.runtime.spawn_blocking(run)).collect();
        for freer in freers {
            freer.await.ok();
        }
    }

    /// Runs a connection on the worker that has the fewest.
    pub(crate) fn seat<F: Future<Output = ()> + Send + 'static>(&self, connection: impl FnOnce(Seat) -> F) {
        let load = |worker: &Worker| worker.connections.load(Ordering::Relaxed);
        if let Some((number, worker)) = self.0.iter().enumerate().min_by_key(|(_, worker)| load(worker)) {
            worker.connections.fetch_add(1, Ordering::Relaxed);
            let seat = Seat { worker: number, connections: Arc::clone(&worker.connections) };
            worker.runtime.spawn(connection(seat));
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.connections.fetch_sub(1, Ordering::Relaxed);
    }
}
