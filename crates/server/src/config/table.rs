//! What a directive is, and the macro that makes [`Config`] and the table from one list of them.

use std::fmt;

use super::directives::{Config, TABLE};
use super::error::ValueError;

/// One directive: all that the parsers, CONFIG and the documentation need to know of it.
#[derive(Debug)]
pub(super) struct Directive {
    /// Redis's name, in lower case.
    pub(super) name: &'static str,
    /// One line that says what it does.
    pub(super) doc: &'static str,
    /// Who may change it.
    pub(super) change: Change,
    /// Its value stays out of logs, errors and `Debug`.
    pub(super) secret: bool,
    /// At start, a second mention adds to the first instead of replacing it.
    pub(super) adds_up: bool,
    /// What to call the default where its text depends on the machine.
    pub(super) default_called: Option<&'static str>,
    /// The accepted values, for people.
    pub(super) shape: fn() -> String,
    /// The value in a configuration, as CONFIG GET shows it; `set` accepts it as a single word.
    pub(super) get: fn(&Config) -> String,
    /// Puts the value that the words stand for into a configuration; leaves it alone on error.
    pub(super) set: fn(&mut Config, &[&[u8]]) -> Result<(), ValueError>,
}

/// Who may change a directive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Nobody, once the server runs.
    AtStart,
    /// Nobody either, and Redis says so in other words: where the data is.
    Guarded,
    /// CONFIG SET as well.
    AtRunTime,
}

impl Directive {
    /// What the optional fields are unless a directive says otherwise.
    pub(super) const PLAIN: Self = Self {
        name: "",
        doc: "",
        change: Change::AtStart,
        secret: false,
        adds_up: false,
        default_called: None,
        shape: String::new,
        get: |_| String::new(),
        set: |_, _| Ok(()),
    };

    /// The directive of that name, in any case.
    pub(super) fn find(name: &[u8]) -> Option<&'static Self> {
        TABLE.iter().find(|directive| directive.name.as_bytes().eq_ignore_ascii_case(name))
    }

    /// The default value, for people.
    pub(super) fn default_text(&self) -> String {
        let text = self.default_called.map_or_else(|| (self.get)(&Config::default()), str::to_owned);
        if text.is_empty() { "\"\"".to_owned() } else { text }
    }
}

/// By name and value, secrets left out.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut config = f.debug_struct("Config");
        for directive in TABLE {
            let text = (directive.get)(self);
            let hidden = directive.secret && !text.is_empty();
            config.field(directive.name, if hidden { &"(hidden)" } else { &text });
        }
        config.finish()
    }
}

/// Makes [`Config`], its defaults and `TABLE` from rows of the form
///
/// ```text
/// /// One line of documentation
/// "directive-name" field: Type = default, codec, Change { optional fields of Directive };
/// ```
macro_rules! directives {
    ($(
        #[doc = $doc:literal]
        $name:literal $field:ident: $type:ty = $default:expr, $codec:expr, $change:ident
        $({ $($option:ident: $setting:expr),* })?;
    )*) => {
        /// What the server is told by its configuration file, its command line and CONFIG SET.
        ///
        /// `Config { port: 0, ..Config::default() }` is how a program makes one. `Debug` shows all of it but the
        /// password.
        #[derive(Clone, PartialEq, Eq)]
        pub struct Config {
            $( #[doc = $doc] pub $field: $type, )*
        }

        impl Default for Config {
            fn default() -> Self {
                Self { $( $field: $default, )* }
            }
        }

        /// Every directive, in the order in which CONFIG GET and the documentation list them.
        pub(super) static TABLE: &[Directive] = &[$(
            Directive {
                name: $name,
                doc: $doc.trim_ascii(),
                change: Change::$change,
                shape: || Codec::<$type>::shape(&$codec),
                get: |config| Codec::<$type>::text(&$codec, &config.$field),
                set: |config, words| {
                    config.$field = Codec::<$type>::update(&$codec, &config.$field, words)?;
                    Ok(())
                },
                $($( $option: $setting, )*)?
                ..Directive::PLAIN
            },
        )*];
    };
}
pub(super) use directives;
