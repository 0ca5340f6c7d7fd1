//! CONFIG GET and CONFIG SET. The error texts are those of redis-server 7.0.15.

use std::sync::Arc;
use std::thread;

use pyredis_protocol::split_words;

use super::super::{Config, LiveConfig};

/// Sets from a line such as `timeout 1 save "60 1"`; the error's text, if any.
fn set(live: &LiveConfig, line: &str) -> Result<Arc<Config>, String> {
    let words = split_words(line.as_bytes()).unwrap();
    let pairs: Vec<(&[u8], &[u8])> = words.chunks(2).map(|pair| (&*pair[0], &*pair[1])).collect();
    live.set(&pairs).map_err(|error| error.to_string())
}

fn get(live: &LiveConfig, patterns: &[&str]) -> Vec<(String, String)> {
    let patterns: Vec<&[u8]> = patterns.iter().map(|pattern| pattern.as_bytes()).collect();
    // Stands in for a glob matcher: a star at the end is all that it knows.
    live.get(&patterns, |pattern, text| text.starts_with(pattern.strip_suffix(b"*").unwrap_or(pattern)))
}

#[test]
fn set_changes_what_get_shows() {
    let live = LiveConfig::new(Config::default());
    for (line, name, text) in [
        ("save ''", "save", ""),
        ("save '60 1 300 10'", "save", "60 1 300 10"),
        ("SAVE '+60 0'", "save", "60 0"),
        ("requirepass 'a b'", "requirepass", "a b"),
        ("requirepass ''", "requirepass", ""),
        ("maxclients 4294967295", "maxclients", "4294967295"),
        ("TimeOut 7", "timeout", "7"),
        ("tcp-keepalive 0", "tcp-keepalive", "0"),
        ("loglevel DEBUG", "loglevel", "debug"),
        ("stop-writes-on-bgsave-error NO", "stop-writes-on-bgsave-error", "no"),
    ] {
        let version = live.version();
        let config = set(&live, line).unwrap();
        assert!(Arc::ptr_eq(&config, &live.current()), "{line}");
        assert_eq!(live.version(), version + 1, "{line}");
        assert_eq!(get(&live, &[name]), [(name.to_owned(), text.to_owned())]);
    }
}

#[test]
fn errors_are_worded_as_redis_words_them() {
    let failed = |name: &str, why: &str| format!("CONFIG SET failed (possibly related to argument '{name}') - {why}");
    let integer = "argument couldn't be parsed into an integer";
    let immutable = "can't set immutable config";
    let levels = "argument(s) must be one of the following: debug, verbose, notice, warning";
    let unknown = |name: &str| format!("Unknown option or number of arguments for CONFIG SET - '{name}'");
    let (save, yes_no) = ("Invalid save parameters", "argument must be 'yes' or 'no'");
    let clients = "argument must be between 1 and 4294967295 inclusive";
    let int = "argument must be between 0 and 2147483647 inclusive";
    for (line, error) in [
        ("NoSuch 1", unknown("NoSuch")),
        ("timeout 1 nosuch 2", unknown("nosuch")),
        ("nosuch 1 databases 1", unknown("nosuch")),
        ("databases 1 nosuch 1", failed("databases", immutable)),
        ("DATABASES abc", failed("DATABASES", immutable)),
        ("databases 1 databases 1", failed("databases", immutable)),
        ("timeout x databases 1", failed("databases", immutable)),
        ("io-threads 2", failed("io-threads", immutable)),
        ("timeout 1 TIMEOUT 2", failed("TIMEOUT", "duplicate parameter")),
        ("timeout x maxclients y", failed("timeout", integer)),
        ("TIMEOUT x", failed("timeout", integer)),
        ("maxclients ''", failed("maxclients", integer)),
        ("maxclients ' 1'", failed("maxclients", integer)),
        ("maxclients +1", failed("maxclients", integer)),
        ("maxclients 01", failed("maxclients", integer)),
        ("maxclients 1.5", failed("maxclients", integer)),
        ("maxclients 9223372036854775808", failed("maxclients", integer)),
        ("maxclients 0", failed("maxclients", clients)),
        ("maxclients -1", failed("maxclients", clients)),
        ("maxclients 5000000000", failed("maxclients", clients)),
        ("timeout -1", failed("timeout", int)),
        ("timeout 2147483648", failed("timeout", int)),
        ("tcp-keepalive -1", failed("tcp-keepalive", int)),
        ("loglevel foo", failed("loglevel", levels)),
        ("loglevel ''", failed("loglevel", levels)),
        ("stop-writes-on-bgsave-error maybe", failed("stop-writes-on-bgsave-error", yes_no)),
        ("save abc", failed("save", save)),
        ("save 60", failed("save", save)),
        ("save '60 1 x'", failed("save", save)),
        ("save '0 1'", failed("save", save)),
        ("save '60 -1'", failed("save", save)),
        ("save ' 60  1 '", failed("save", save)),
        ("save '60 1 '", failed("save", save)),
        ("save ' '", failed("save", save)),
        ("dbfilename x.rdb", failed("dbfilename", "can't set protected config")),
        ("dir x", failed("dir", "can't set protected config")),
    ] {
        let live = LiveConfig::new(Config::default());
        assert_eq!(set(&live, line), Err(error), "{line}");
    }
}

#[test]
fn set_changes_all_or_nothing() {
    let live = LiveConfig::new(Config::default());
    set(&live, "timeout 7 stop-writes-on-bgsave-error maybe").unwrap_err();
    assert_eq!((live.version(), &*live.current()), (0, &Config::default()));
    let config = set(&live, "timeout 7 stop-writes-on-bgsave-error no").unwrap();
    assert_eq!((config.timeout.as_secs(), config.stop_writes_on_bgsave_error), (7, false));
    assert_eq!(set(&live, "maxclients 9").unwrap(), Arc::new(Config { maxclients: 9, ..Config::clone(&config) }));
}

#[test]
fn get_takes_names_and_patterns_in_any_case() {
    let live = LiveConfig::new(Config::default());
    let names = |patterns: &[&str]| get(&live, patterns).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(&["PORT", "port", "po*"]), ["PORT"], "as asked for");
    assert_eq!(names(&["Tcp-*", "dir"]), ["tcp-backlog", "tcp-keepalive", "dir"]);
    assert_eq!(names(&["po", "nosuch", ""]), [""; 0]);
    assert!(names(&["*"]).contains(&"requirepass".to_owned()));
}

#[test]
fn a_configuration_is_never_older_than_the_version_read_before_it() {
    const CHANGES: u64 = 2_000;
    let live = LiveConfig::new(Config::default());
    thread::scope(|scope| {
        let change = |number| drop(set(&live, &format!("timeout {number}")).unwrap());
        let writer = scope.spawn(move || (1..=CHANGES).for_each(change));
        while !writer.is_finished() {
            let version = live.version();
            let seconds = live.current().timeout.as_secs();
            assert!(seconds >= version, "{seconds} at version {version}");
        }
    });
    assert_eq!(live.version(), CHANGES);
    assert_eq!(live.current().timeout.as_secs(), CHANGES);
}
