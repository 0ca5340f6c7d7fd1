//! The log: `tracing`'s events as lines on standard error, at a level that CONFIG SET can change.
//!
//! Only a program calls [`init`]. The library writes events and leaves it to the program it lives in to show them.

use std::io::{self, IsTerminal};

use tracing::Subscriber;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::Registry;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{fmt, reload};

use crate::config::LogLevel;

/// Changes the level of the log that [`init`] began.
#[derive(Clone, Debug)]
pub struct LogHandle(reload::Handle<LevelFilter, Registry>);

impl LogHandle {
    /// Logs from this level on.
    pub fn set_level(&self, level: LogLevel) {
        // Fails only if the log is gone, and then there is nothing to set.
        let _ = self.0.modify(|filter| *filter = filter_of(level));
    }
}

/// Logs this process's events from `level` on to standard error: time stamp, level, module and text, with colours on a
/// terminal.
///
/// # Errors
/// The process has a log already; it is left as it is.
pub fn init(level: LogLevel) -> Result<LogHandle, TryInitError> {
    let (subscriber, handle) = subscriber(level, io::stderr, io::stderr().is_terminal());
    subscriber.try_init()?;
    Ok(handle)
}

/// What receives the events and writes the lines, with colours or without.
fn subscriber<W>(level: LogLevel, writer: W, colours: bool) -> (impl Subscriber + Send + Sync, LogHandle)
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let (filter, handle) = reload::Layer::new(filter_of(level));
    let lines = fmt::layer().compact().with_writer(writer).with_ansi(colours);
    (tracing_subscriber::registry().with(filter).with(lines), LogHandle(handle))
}

/// Redis's four levels on `tracing`'s: `warning` is WARN, `notice` INFO, `verbose` DEBUG, `debug` TRACE.
fn filter_of(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Debug => LevelFilter::TRACE,
        LogLevel::Verbose => LevelFilter::DEBUG,
        LogLevel::Notice => LevelFilter::INFO,
        LogLevel::Warning => LevelFilter::WARN,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// Lines as the operator would see them.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn levels_are_redis_levels_and_change_at_run_time() {
        let (lines, level) = (Lines::default(), LogLevel::Warning);
        let writer = lines.clone();
        let (subscriber, handle) = subscriber(level, move || writer.clone(), false);
        tracing::subscriber::with_default(subscriber, || {
            for (level, shown) in [
                (LogLevel::Warning, "WARN"),
                (LogLevel::Notice, "WARN INFO"),
                (LogLevel::Debug, "WARN INFO DEBUG TRACE"),
                (LogLevel::Verbose, "WARN INFO DEBUG"),
            ] {
                handle.set_level(level);
                lines.0.lock().unwrap().clear();
                tracing::warn!("a");
                tracing::info!("b");
                tracing::debug!("c");
                tracing::trace!("d");
                let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
                let levels: Vec<&str> = text.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
                assert_eq!(levels.join(" "), shown, "{level:?}: {text}");
                assert!(text.is_ascii() && !text.contains('\x1b'), "{text}");
            }
        });
    }
}
