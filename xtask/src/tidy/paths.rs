//! No file names a folder of somebody's machine.

use super::Finding;

/// Beginnings of paths that exist on some machines only; written so that this file does not break its own rule.
const MACHINE: [&str; 4] =
    [concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/wo", "rk/"), concat!("/Us", "ers/")];
/// The folder for temporary files, which documents may use in examples.
const TEMPORARY: &str = concat!("/t", "mp");

/// Every line of a file that names such a folder.
pub(super) fn check(path: &str, text: &str) -> Vec<Finding> {
    let is_document = path.ends_with(".md");
    let wrong = text.lines().enumerate().filter_map(|(index, line)| {
        let mut signs = MACHINE.iter().chain((!is_document).then_some(&TEMPORARY));
        let sign = signs.find(|sign| names_folder(line, sign))?;
        Some(Finding::in_line(path, index + 1, format!("names `{sign}`, a folder of one machine")))
    });
    wrong.collect()
}

/// Whether `folder` stands in `line` as the beginning of a path.
fn names_folder(line: &str, folder: &str) -> bool {
    let goes_before = |character: char| character.is_ascii_alphanumeric() || "_-.}>)/*".contains(character);
    line.match_indices(folder).any(|(start, _)| {
        let before = line.get(..start).and_then(|before| before.chars().next_back());
        let after = line.get(start + folder.len()..).and_then(|after| after.chars().next());
        let goes_on = !folder.ends_with('/') && after.is_some_and(|character| character.is_ascii_alphanumeric());
        !before.is_some_and(goes_before) && !goes_on
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machine_paths_are_found() {
        for folder in MACHINE {
            assert_eq!(check("a.sh", &format!("cd {folder}x\n")).len(), 1, "{folder}");
            assert_eq!(check("docs/a.md", &format!("see `{folder}x`\n")).len(), 1, "{folder}");
            assert_eq!(check("a.rs", &format!("join(\"a{folder}b\")\n")), [], "{folder}");
        }
    }

    #[test]
    fn documents_may_name_the_temporary_folder() {
        for line in [format!("let dir = \"{TEMPORARY}\";\n"), format!("cat {TEMPORARY}/x\n")] {
            assert_eq!(check("a.rs", &line).len(), 1);
            assert_eq!(check("README.md", &line), []);
        }
        assert_eq!(check("a.rs", &format!("{TEMPORARY}fs, a{TEMPORARY}/b\n")), []);
    }
}
