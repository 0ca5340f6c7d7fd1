//! `pyredis-server`: configuration from the command line, a log on standard error, signals, and the exit status.

mod counted_mimalloc;

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use counted_mimalloc::CountedMiMalloc;
use pyredis_server::config::{Command, Config, from_command_line};
use pyredis_server::{RunningServer, Server, ShutdownMode, descriptors, huge_pages, logging};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::timeout;

/// Small and fast allocations of many sizes, from many threads.
#[global_allocator]
static ALLOCATOR: CountedMiMalloc = CountedMiMalloc;

/// A second request to end within this time is not a mistake: the server ends even if it cannot save.
const INSISTING: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    let ended = match from_command_line(std::env::args_os().skip(1)) {
        Ok(Command::Print(text)) => {
            // Whoever reads this may have read enough.
            io::stdout().write_all(text.as_bytes()).ok();
            Ok(())
        }
        Ok(Command::Run(config)) => run(*config),
        Err(error) => Err(error.into()),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The message alone, as each names its cause: the chain would say that again.
            writeln!(io::stderr(), "pyredis-server: {error}").ok();
            ExitCode::FAILURE
        }
    }
}

fn run(config: Config) -> anyhow::Result<()> {
    let log = logging::init(config.loglevel)?;
    descriptors::raise_limit();
    if config.disable_thp {
        huge_pages::disable();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        // Before anything can be asked to end.
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        // A terminal that is closed is no reason to lose what was written since the last snapshot. Redis goes on as well.
        let _unheard = signal(SignalKind::hangup())?;
        let server = Server::builder().config(config).log(log).allocator(&ALLOCATOR);
        let server = tokio::select! {
            server = server.start() => server?,
            // Still loading: nothing to lose.
            () = either(&mut terminate, &mut interrupt) => return Ok(()),
        };
        end_when_told(&server, &mut terminate, &mut interrupt).await;
        anyhow::ensure!(!server.ended_unsaved(), "ended as it was forced to, without saving the last changes");
        Ok(())
    })
}

/// Returns when the server has ended, by a command or a signal.
async fn end_when_told(server: &RunningServer, terminate: &mut Signal, interrupt: &mut Signal) {
    let mut insists = false;
    loop {
        tokio::select! {
            () = server.finished() => return,
            asked = timeout(INSISTING, either(terminate, interrupt)) => {
                if asked.is_err() {
                    insists = false;
                    continue;
                }
            }
        }
        if let Err(error) = server.shutdown_with(ShutdownMode { save: None, force: insists }).await {
            tracing::error!("{error}; ask again within a minute to end it anyway");
            insists = true;
        }
    }
}

async fn either(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
