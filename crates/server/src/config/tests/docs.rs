//! `docs/configuration.md` lists what the table says.

use std::fs;

use super::super::help::markdown_table;

const BEGIN: &str = "<!-- generated from the table of directives: begin -->\n";
const END: &str = "<!-- generated from the table of directives: end -->\n";

/// `UPDATE_DOCS=1` in the environment writes the table instead of comparing it.
#[test]
fn the_page_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
    let page = fs::read_to_string(path).unwrap();
    let (before, rest) = page.split_once(BEGIN).expect("the page marks where the table begins");
    let (_, after) = rest.split_once(END).expect("the page marks where the table ends");
    let current = format!("{before}{BEGIN}{}{END}{after}", markdown_table());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(path, current).unwrap();
    } else {
        assert_eq!(page, current, "docs/configuration.md is out of date, run the tests with UPDATE_DOCS=1");
    }
}
