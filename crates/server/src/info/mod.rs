//! INFO: Redis's sections and fields, with real values. A field whose feature does not exist here has the value that Redis gives when the
//! feature is off.

pub(crate) mod process;
mod sections;

use std::fmt::{Display, Write};

use pyredis_store::Timestamp;

use crate::shared::Shared;

/// A section: its name, whether INFO without arguments shows it, and what writes its fields.
struct Section {
    title: &'static str,
    by_default: bool,
    write: fn(&mut Fields, &Shared, Timestamp),
}

impl Section {
    const fn new(title: &'static str, write: fn(&mut Fields, &Shared, Timestamp)) -> Self {
        Self { title, by_default: true, write }
    }
}

/// The sections, in Redis's order.
const SECTIONS: &[Section] = &[
    Section::new("Server", sections::server),
    Section::new("Clients", sections::clients),
    Section::new("Memory", sections::memory),
    Section::new("Persistence", sections::persistence),
    Section::new("Stats", sections::stats),
    Section::new("Replication", sections::replication),
    Section::new("CPU", sections::cpu),
    Section::new("Modules", |_, _, _| {}),
    Section { by_default: false, ..Section::new("Commandstats", sections::commandstats) },
    Section::new("Errorstats", sections::errorstats),
    Section::new("Cluster", sections::cluster),
    Section::new("Keyspace", sections::keyspace),
];

/// The report of the wanted sections, given in lower case; of the usual ones if none is named. Sections that do not exist are left out.
pub(crate) fn report(shared: &Shared, wanted: &[String], now: Timestamp) -> String {
    let is_wanted = |section: &&Section| {
        let name = section.title.to_lowercase();
        (wanted.is_empty() && section.by_default)
            || wanted.iter().any(|word| match word.as_str() {
                "default" => section.by_default,
                // They differ by what modules report, and there are no modules.
                "all" | "everything" => true,
                word => word == name,
            })
    };
    let mut fields = Fields::default();
    for section in SECTIONS.iter().filter(is_wanted) {
        fields.begin(section.title);
        (section.write)(&mut fields, shared, now);
    }
    fields.text
}

/// The report as it grows.
#[derive(Default)]
struct Fields {
    text: String,
}

impl Fields {
    fn begin(&mut self, title: &str) {
        if !self.text.is_empty() {
            self.text.push_str("\r\n");
        }
        // Writing to a string cannot fail, here and below.
        write!(self.text, "# {title}\r\n").ok();
    }

    fn add(&mut self, name: impl Display, value: impl Display) {
        write!(self.text, "{name}:{value}\r\n").ok();
    }

    /// A number of bytes, once as it is and once for people.
    fn add_bytes(&mut self, name: &str, bytes: u64) {
        self.add(name, bytes);
        self.add(format_args!("{name}_human"), human(bytes));
    }
}

/// Bytes as Redis writes them for people: `1.50M`.
#[expect(clippy::cast_precision_loss, reason = "two decimals are shown")]
fn human(bytes: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(1 << 40, "T"), (1 << 30, "G"), (1 << 20, "M"), (1 << 10, "K")];
    UNITS
        .iter()
        .find(|(size, _)| bytes >= *size)
        .map_or_else(|| format!("{bytes}B"), |(size, unit)| format!("{:.2}{unit}", bytes as f64 / *size as f64))
}
