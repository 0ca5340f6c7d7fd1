//! The configuration of a running server, read by every session and changed by CONFIG SET.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::directives::{Config, TABLE};
use super::error::SetError;
use super::table::{Change, Directive};

/// The current configuration of a server.
///
/// A session keeps the `Arc` it got from [`current`](Self::current), together with the [`version`](Self::version) it
/// asked for *before*; as long as the version stays, so does the configuration, and looking costs one relaxed load.
#[derive(Debug)]
pub struct LiveConfig {
    /// Changed only under the lock, after `config`: whoever sees the new number and then locks sees the new value.
    version: AtomicU64,
    config: RwLock<Arc<Config>>,
    /// The largest `maxclients` that the operating system has room for.
    clients_max: u32,
}

impl LiveConfig {
    /// Starts from `config`, with version 0.
    pub fn new(config: Config) -> Self {
        Self { version: AtomicU64::new(0), config: RwLock::new(Arc::new(config)), clients_max: u32::MAX }
    }

    /// The same, refusing a larger `maxclients` than `clients_max` from now on.
    pub fn with_clients_max(self, clients_max: u32) -> Self {
        Self { clients_max, ..self }
    }

    /// How many changes there were.
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Relaxed)
    }

    /// The configuration as it is now. It takes a lock for a moment; see [`LiveConfig`] for how to ask seldom.
    pub fn current(&self) -> Arc<Config> {
        Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// CONFIG GET: names and values of the directives that one of the patterns names, each once, in the table's order.
    ///
    /// Case does not matter, and an exact name comes back as it was asked for. `matches` takes a glob pattern and a text; only patterns with
    /// `*`, `?` or `[` get to it, as in Redis. The password is among the values.
    pub fn get(&self, patterns: &[&[u8]], matches: impl Fn(&[u8], &[u8]) -> bool) -> Vec<(String, String)> {
        let config = self.current();
        let named_by = |directive: &Directive, pattern: &[u8]| {
            if pattern.iter().any(|byte| b"*?[".contains(byte)) {
                let is_match = matches(&pattern.to_ascii_lowercase(), directive.name.as_bytes());
                return is_match.then(|| directive.name.to_owned());
            }
            let is_it = pattern.eq_ignore_ascii_case(directive.name.as_bytes());
            is_it.then(|| String::from_utf8_lossy(pattern).into_owned())
        };
        let named = TABLE.iter().filter_map(|directive| {
            let name = patterns.iter().find_map(|pattern| named_by(directive, pattern))?;
            Some((name, (directive.get)(&config)))
        });
        named.collect()
    }

    /// CONFIG SET: changes all the directives, given as names and values, or none; returns the new configuration.
    ///
    /// # Errors
    /// The first unknown, immutable or repeated name; if there is none, the first value that is not accepted.
    pub fn set(&self, pairs: &[(&[u8], &[u8])]) -> Result<Arc<Config>, SetError> {
        let directives = changeable(pairs)?;
        let mut current = self.config.write().unwrap_or_else(PoisonError::into_inner);
        let mut config = Config::clone(&current);
        for (directive, (_, value)) in directives.iter().zip(pairs) {
            (directive.set)(&mut config, &[value])
                .map_err(|reason| SetError::Value { name: directive.name, reason })?;
        }
        if config.maxclients > self.clients_max && config.maxclients != current.maxclients {
            return Err(SetError::TooManyClients(self.clients_max));
        }
        *current = Arc::new(config);
        self.version.fetch_add(1, Ordering::Relaxed);
        Ok(Arc::clone(&current))
    }
}

/// The directives that the pairs name, if CONFIG SET may change each of them and none comes twice.
fn changeable(pairs: &[(&[u8], &[u8])]) -> Result<Vec<&'static Directive>, SetError> {
    let mut directives: Vec<&'static Directive> = Vec::with_capacity(pairs.len().min(TABLE.len()));
    for (name, _) in pairs {
        let as_given = || String::from_utf8_lossy(name).into_owned();
        let directive = Directive::find(name).ok_or_else(|| SetError::Unknown(as_given()))?;
        match directive.change {
            Change::AtRunTime => {}
            Change::AtStart => return Err(SetError::Immutable(as_given())),
            Change::Guarded => return Err(SetError::Protected(as_given())),
        }
        if directives.iter().any(|other| other.name == directive.name) {
            return Err(SetError::Duplicate(as_given()));
        }
        directives.push(directive);
    }
    Ok(directives)
}
