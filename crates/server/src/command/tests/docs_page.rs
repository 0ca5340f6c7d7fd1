//! `docs/commands.md`: written from the table, and checked to be current.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::command::table::{Command, CommandTable};

const HEADER: &str = "\
# Commands

What pyredis understands, by group. *Since* is the Redis version that has the command first.
In the syntax, words in capitals are written as they are, what is in `[ ]` may be left out, `a | b` is a choice, and
`...` means once or more often.

This page is generated from the command table (`crates/server/src/command`), and a test checks that it is current. To
write it anew:

```
UPDATE_DOCS=1 cargo test -p pyredis-server docs_page
```
";

#[test]
fn docs_page_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/commands.md");
    let page = page(&CommandTable::new());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/commands.md is not current; run UPDATE_DOCS=1 cargo test -p pyredis-server docs_page"
    );
}

fn page(table: &CommandTable) -> String {
    let mut groups: BTreeMap<&str, Vec<&Command>> = BTreeMap::new();
    for command in table.all() {
        groups.entry(command.spec.group.name()).or_default().push(command);
    }
    let mut page = HEADER.to_owned();
    for (group, mut commands) in groups {
        commands.sort_by_cached_key(|command| command.full_name());
        let title = format!("{}{}", group[..1].to_uppercase(), &group[1..]);
        write!(page, "\n## {title}\n\n| command | syntax | summary | since | complexity |\n|---|---|---|---|---|\n")
            .unwrap();
        for command in commands {
            let spec = command.spec;
            let name = command.full_name().to_uppercase().replace('|', " ");
            let syntax = match spec.syntax {
                "" => String::new(),
                syntax => format!("`{}`", syntax.replace('|', "\\|")),
            };
            writeln!(page, "| {name} | {syntax} | {} | {} | {} |", spec.summary, spec.since, spec.complexity).unwrap();
        }
    }
    page
}
