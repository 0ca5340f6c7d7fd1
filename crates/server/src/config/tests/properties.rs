//! For every configuration and every input.

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::super::directives::TABLE;
use super::super::{AppendOnly, BindAddress, Command, Config, LogLevel, SaveRule, from_command_line};

const INT_MAX: u32 = i32::MAX.unsigned_abs();

fn bind_address() -> impl Strategy<Value = BindAddress> {
    (any::<IpAddr>(), any::<bool>()).prop_map(|(ip, optional)| BindAddress { ip, optional })
}

fn save_rule() -> impl Strategy<Value = SaveRule> {
    let max = i64::MAX.unsigned_abs();
    (1..=max, 0..=max).prop_map(|(seconds, changes)| SaveRule { seconds, changes })
}

fn file_name() -> impl Strategy<Value = String> {
    r#"[^/\\\x00]{1,12}"#.prop_filter("a folder", |name| name != "." && name != "..")
}

prop_compose! {
    fn network()(
        port in any::<u16>(), bind in vec(bind_address(), 1..4), tcp_backlog in 0..=INT_MAX,
        tcp_keepalive in 0..=INT_MAX, timeout in 0..=INT_MAX, maxclients in 1..=u32::MAX,
        requirepass in option::of(".{1,12}"), proto_max_bulk_len in (1_usize << 20)..=(512 << 20),
    ) -> Config {
        let timeout = Duration::from_secs(timeout.into());
        Config {
            port, bind, tcp_backlog, tcp_keepalive, timeout, maxclients, requirepass, proto_max_bulk_len,
            ..Config::default()
        }
    }
}

prop_compose! {
    fn config()(
        network in network(), dir in r"[^\x00]{1,12}", dbfilename in file_name(), save in vec(save_rule(), 0..4),
        stop_writes_on_bgsave_error in any::<bool>(), loglevel in select(LogLevel::ALL), databases in 1..=65_536_u32,
        shards in 1..=16_u32, io_threads in 1..=128_usize, manual_clock in any::<bool>(),
    ) -> Config {
        Config {
            dir: PathBuf::from(dir), dbfilename, save, stop_writes_on_bgsave_error, appendonly: AppendOnly::No,
            loglevel: loglevel.1, databases, shards: 1 << shards, io_threads, manual_clock, ..network
        }
    }
}

/// A word in double quotes, every byte escaped.
fn quoted(text: &str) -> String {
    let bytes: String = text.bytes().map(|byte| format!("\\x{byte:02x}")).collect();
    format!("\"{bytes}\"")
}

proptest! {
    #[test]
    fn what_a_directive_shows_it_takes_back(config in config()) {
        let mut copy = Config::default();
        for directive in TABLE {
            (directive.set)(&mut copy, &[(directive.get)(&config).as_bytes()]).unwrap();
        }
        prop_assert_eq!(copy, config);
    }

    #[test]
    fn a_file_carries_every_configuration(config in config()) {
        let lines = TABLE.iter().map(|directive| format!("{} {}\n", directive.name, quoted(&(directive.get)(&config))));
        prop_assert_eq!(super::parsed(&lines.collect::<String>()), config);
    }

    #[test]
    fn the_command_line_carries_every_configuration(config in config()) {
        let options = TABLE.iter().map(|directive| format!("--{}={}", directive.name, (directive.get)(&config)));
        let command = from_command_line(options.map(OsString::from)).unwrap();
        prop_assert_eq!(command, Command::Run(Box::new(config)));
    }

    #[test]
    fn a_value_that_is_taken_is_shown_in_a_form_that_is_taken(
        directive in select(TABLE.iter().collect::<Vec<_>>()),
        words in vec(prop_oneof![r"[-+]?[0-9]{0,12}[kKmMgG]?[bB]?", ".{0,8}", "yes|no|debug|\\*|-?::1"], 0..4),
        raw in vec(any::<u8>(), 0..8),
    ) {
        let words: Vec<&[u8]> = words.iter().map(String::as_bytes).collect();
        for words in [words.as_slice(), &[raw.as_slice()]] {
            let mut config = Config::default();
            if (directive.set)(&mut config, words).is_ok() {
                let mut copy = Config::default();
                (directive.set)(&mut copy, &[(directive.get)(&config).as_bytes()]).unwrap();
                prop_assert_eq!(&copy, &config);
            } else {
                prop_assert_eq!(config, Config::default());
            }
        }
    }

    #[test]
    fn no_file_panics_and_every_error_is_one_line(lines in vec(
        (select(TABLE.iter().map(|directive| directive.name.as_bytes()).collect::<Vec<_>>()), vec(any::<u8>(), 0..100)),
        0..4,
    ), garbage in vec(any::<u8>(), 0..200)) {
        let known = lines.iter().flat_map(|(name, rest)| [*name, b" ", rest, b"\n"].concat()).collect::<Vec<u8>>();
        for text in [known, garbage] {
            if let Err(error) = Config::from_text("test.conf", &text) {
                let error = error.to_string();
                prop_assert!(error.starts_with("test.conf:"), "{}", error);
                prop_assert!(!error.contains(char::is_control) && error.len() < 1000, "{}", error);
            }
        }
    }

    #[test]
    fn no_option_panics(args in vec(prop_oneof![".{0,12}", "[a-z-]{0,12}=.{0,8}"], 0..4)) {
        let args = args.iter().map(|arg| OsString::from(format!("--{arg}")));
        if let Err(error) = from_command_line(args) {
            prop_assert!(!error.to_string().contains(char::is_control), "{}", error);
        }
    }
}
