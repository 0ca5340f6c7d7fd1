//! The start: bind, lock the folder, start the workers, load the snapshot, serve.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};

use pyredis_persist::{DirLock, DirLockError, LoadError, LoadReport, Progress};
use rustix::io::Errno;
use thiserror::Error;
use tokio::sync::oneshot;

use crate::allocator::Allocator;
use crate::config::{BindAddress, Config};
use crate::descriptors;
use crate::lifecycle::Phase;
use crate::listener;
use crate::logging::LogHandle;
use crate::running::RunningServer;
use crate::shared::Shared;
use crate::stopwatch::Stopwatch;
use crate::tasks;
use crate::worker::{Pool, Workers};

/// How often a long load says how far it is.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);

/// A load that is over by then is none that clients are told of.
const SHORT_LOAD: Duration = Duration::from_millis(100);

/// Why a server did not start. One line that says what is wrong and what to do.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// An address cannot be listened on.
    #[error(
        "cannot listen on {address}: {source}; choose another with --bind or --port, or end the program that uses it"
    )]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// There is no address to listen on.
    #[error("no address to listen on; name one with --bind")]
    NoAddress,
    /// The data folder cannot be used.
    #[error("cannot use the folder {}: {source}; name an existing folder that can be written with --dir", path.display())]
    Dir {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another server uses the data folder, or the lock file cannot be made.
    #[error(transparent)]
    Lock(#[from] DirLockError),
    /// The snapshot cannot be loaded. It is left as it is.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The system gives no threads.
    #[error("cannot start a thread: {0}")]
    Thread(#[source] io::Error),
}

/// What a server is given beside its configuration.
pub(crate) struct Given {
    /// Whether anything is kept on disk.
    pub(crate) persists: bool,
    /// Whether it listens anywhere.
    pub(crate) listens: bool,
    pub(crate) log: Option<LogHandle>,
    pub(crate) allocator: Option<&'static dyn Allocator>,
}

/// Starts a server and waits until it serves.
pub(crate) async fn start(mut config: Config, given: Given) -> Result<RunningServer, StartError> {
    let Given { persists, listens, log, allocator } = given;
    // CONFIG GET dir shows where the data really is, and a changed working directory changes nothing.
    config.dir =
        std::path::absolute(&config.dir).map_err(|source| StartError::Dir { path: config.dir.clone(), source })?;
    let dir_lock = if persists { Some(lock_dir(&config.dir)?) } else { None };
    let listeners = if listens { bind_all(&config)? } else { Vec::new() };
    let addresses: Vec<_> = listeners.iter().filter_map(|listener| listener.local_addr().ok()).collect();
    let clients_max = fit_clients(&mut config);
    let io_threads = config.io_threads;
    let snapshot = persists.then(|| config.dir.join(&config.dbfilename));
    let shared = Arc::new(Shared::new(config, snapshot.clone(), clients_max, addresses, (log, allocator)));
    let workers = Workers::start(&shared, io_threads).map_err(StartError::Thread)?;
    let pool = workers.pool.clone();
    shared.memory.pool.set(pool.clone()).ok();
    shared.memory.note_startup();
    let running = RunningServer { shared: Arc::clone(&shared), workers: Some(workers), dir_lock };
    pool.spawn(open(Arc::clone(&shared), listeners, pool.clone()));
    let loaded_in = Stopwatch::start();
    let report = match snapshot {
        Some(snapshot) => {
            pool.spawn(log_progress(Arc::clone(&shared), snapshot.clone()));
            tokio::select! {
                report = load(&shared, snapshot) => report?,
                // SHUTDOWN is answered while loading, too.
                _ = shared.lifecycle.wait_until(|phase| phase == Phase::Stopped) => return Ok(running),
            }
        }
        None => None,
    };
    shared.saver.mark_clean();
    pool.spawn(tasks::expire(Arc::clone(&shared)));
    pool.spawn(tasks::keep_house(Arc::clone(&shared)));
    if shared.lifecycle.step(Phase::Loading, Phase::Ready).is_err() {
        return Ok(running);
    }
    let addresses: Vec<_> = shared.identity.addresses.iter().map(SocketAddr::to_string).collect();
    let loaded = report.map_or(0, |report| report.keys_loaded);
    let addresses = if addresses.is_empty() { "no port".to_owned() } else { addresses.join(", ") };
    tracing::info!(
        "listening on {addresses}, loaded {loaded} keys in {:.3} s, {io_threads} io threads",
        loaded_in.elapsed().as_secs_f64()
    );
    Ok(running)
}

/// Lets clients in once the data is there, or when that takes long. Until then they wait to be accepted, and nobody who comes early to a
/// server that starts fast hears that it is loading.
async fn open(shared: Arc<Shared>, listeners: Vec<std::net::TcpListener>, pool: Pool) {
    tokio::time::timeout(SHORT_LOAD, shared.lifecycle.wait_until(|phase| phase != Phase::Loading)).await.ok();
    for listener in listeners {
        pool.spawn(listener::accept_all(Arc::clone(&shared), listener, pool.clone()));
    }
}

/// Takes `maxclients` down to what the operating system has room for; returns that.
fn fit_clients(config: &mut Config) -> u32 {
    let clients_max = descriptors::clients_max(config.io_threads);
    if config.maxclients > clients_max {
        tracing::warn!(
            "maxclients is {clients_max} instead of {}: the limit of open files leaves room for no more (ulimit -n)",
            config.maxclients
        );
        config.maxclients = clients_max;
    }
    clients_max
}

fn lock_dir(dir: &Path) -> Result<DirLock, StartError> {
    let unusable = |source| StartError::Dir { path: dir.to_owned(), source };
    if !fs::metadata(dir).map_err(unusable)?.is_dir() {
        return Err(unusable(io::ErrorKind::NotADirectory.into()));
    }
    Ok(DirLock::acquire(dir)?)
}

fn bind_all(config: &Config) -> Result<Vec<std::net::TcpListener>, StartError> {
    let mut listeners: Vec<std::net::TcpListener> = Vec::new();
    let mut port = config.port;
    for BindAddress { ip, optional, .. } in &config.bind {
        match listener::bind(*ip, port, config.tcp_backlog) {
            Ok(listener) => {
                // With port 0 the first address chooses for all.
                port = listener.local_addr().map_or(port, |address| address.port());
                listeners.push(listener);
            }
            Err(error) if *optional && is_missing(&error) => tracing::warn!("not listening on {ip}: {error}"),
            Err(source) => return Err(StartError::Bind { address: SocketAddr::new(*ip, port), source }),
        }
    }
    if listeners.is_empty() { Err(StartError::NoAddress) } else { Ok(listeners) }
}

/// Whether this machine does not have an address, or addresses of its kind.
fn is_missing(error: &io::Error) -> bool {
    matches!(
        Errno::from_io_error(error),
        Some(Errno::ADDRNOTAVAIL | Errno::AFNOSUPPORT | Errno::PROTONOSUPPORT | Errno::PFNOSUPPORT)
    )
}

/// Loads the snapshot on a thread of its own, which gives up when nobody waits for it any more.
async fn load(shared: &Arc<Shared>, path: PathBuf) -> Result<Option<LoadReport>, StartError> {
    let progress = shared.loading.begin();
    let (sender, receiver) = oneshot::channel();
    let (shared_there, path_there, progress_there) = (Arc::clone(shared), path.clone(), Arc::clone(&progress));
    let _wanted = Wanted(progress);
    let run = move || {
        let now = shared_there.store.now();
        sender.send(pyredis_persist::load(&shared_there.store, &path_there, now, &progress_there)).ok();
    };
    std::thread::Builder::new().name("pyredis-load".into()).spawn(run).map_err(StartError::Thread)?;
    let report = receiver.await.map_err(|_| StartError::Thread(io::ErrorKind::Interrupted.into()))??;
    if let Some(report) = &report {
        shared.loading.end(report);
        note_expired(&path, report);
    }
    Ok(report)
}

/// A load that somebody waits for.
struct Wanted(Arc<Progress>);

impl Drop for Wanted {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Says how far loading is when that takes long. Runs on a worker.
async fn log_progress(shared: Arc<Shared>, path: PathBuf) {
    let over = shared.lifecycle.wait_until(|phase| phase != Phase::Loading);
    tokio::pin!(over);
    while tokio::time::timeout(PROGRESS_EVERY, &mut over).await.is_err() {
        let progress = shared.loading.progress();
        let percent = progress.bytes_done() * 100 / progress.bytes_total().max(1);
        tracing::info!("loading {}: {percent} % read, {} keys", path.display(), progress.keys_done());
    }
}

/// Says how many keys were dropped as expired. When that is most of them (a clock that is wrong, perhaps), the file is kept until
/// the next start.
fn note_expired(path: &Path, report: &LoadReport) {
    let kept = path.with_added_extension("before-expiry");
    let removed = remove_kept(&kept);
    if let Err(error) = &removed {
        tracing::warn!("cannot remove {}: {error}", kept.display());
    }
    let LoadReport { keys_loaded, keys_expired, .. } = *report;
    if keys_expired > 0 {
        tracing::info!("{keys_expired} of {} keys had expired and were dropped", keys_loaded + keys_expired);
    }
    if keys_expired > keys_loaded {
        // A hard link costs nothing and outlives the snapshot that will replace the file.
        match removed.and_then(|()| fs::hard_link(path, &kept).or_else(|_| fs::copy(path, &kept).map(drop))) {
            Ok(()) => tracing::warn!("more than half had: the file is kept as {} until the next start", kept.display()),
            Err(error) => tracing::warn!("more than half had, and {} cannot be kept: {error}", kept.display()),
        }
    }
}

/// Removes what the last start kept, if it did. What somebody else put there stays.
fn remove_kept(kept: &Path) -> io::Result<()> {
    match pyredis_persist::is_snapshot(kept) {
        Ok(true) => fs::remove_file(kept),
        Ok(false) => Err(io::Error::new(io::ErrorKind::AlreadyExists, "it is not a pyredis snapshot")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}
