//! How values are written and read: one codec per kind of value, shared by the directives of that kind.

use std::path::PathBuf;
use std::time::Duration;

use pyredis_protocol::number::parse_i64;

use super::error::ValueError;

/// Reads and writes one kind of value. `parse` accepts what `text` gives, as a single word.
pub(super) trait Codec<T> {
    /// The accepted values, for people.
    fn shape(&self) -> String;
    /// The value as CONFIG GET shows it.
    fn text(&self, value: &T) -> String;
    /// The value that the words after the directive's name stand for.
    fn parse(&self, words: &[&[u8]]) -> Result<T, ValueError>;
    /// The same where words may speak of a part of the value, and leave the rest as it is.
    fn update(&self, _current: &T, words: &[&[u8]]) -> Result<T, ValueError> {
        self.parse(words)
    }
}

/// The only word there may be.
pub(super) fn single<'a>(words: &[&'a [u8]]) -> Result<&'a [u8], ValueError> {
    if let [word] = words { Ok(word) } else { Err(ValueError::WordCount) }
}

/// The words, where a directive takes several: given as such, or as one text with a single space between them.
pub(super) fn several<'a>(words: &[&'a [u8]]) -> Vec<&'a [u8]> {
    match words {
        [[]] => Vec::new(),
        [word] => word.split(|&byte| byte == b' ').collect(),
        _ => words.to_vec(),
    }
}

fn utf8(word: &[u8]) -> Result<&str, ValueError> {
    str::from_utf8(word).map_err(|_| ValueError::NotText)
}

/// A whole number, bounds included.
pub(super) struct Integer {
    pub(super) min: i64,
    pub(super) max: i64,
}

impl<T: TryFrom<i64> + ToString> Codec<T> for Integer {
    fn shape(&self) -> String {
        format!("{} to {}", self.min, self.max)
    }

    fn text(&self, value: &T) -> String {
        value.to_string()
    }

    fn parse(&self, words: &[&[u8]]) -> Result<T, ValueError> {
        let out_of_range = ValueError::OutOfRange { min: self.min, max: self.max };
        let value = parse_i64(single(words)?).ok_or(ValueError::NotAnInteger)?;
        if (self.min..=self.max).contains(&value) {
            T::try_from(value).map_err(|_| out_of_range)
        } else {
            Err(out_of_range)
        }
    }
}

/// A whole number of the form 2^n.
pub(super) struct PowerOfTwo {
    pub(super) min: i64,
    pub(super) max: i64,
}

impl Codec<usize> for PowerOfTwo {
    fn shape(&self) -> String {
        format!("power of two, {} to {}", self.min, self.max)
    }

    fn text(&self, value: &usize) -> String {
        value.to_string()
    }

    fn parse(&self, words: &[&[u8]]) -> Result<usize, ValueError> {
        let value: usize = Integer { min: self.min, max: self.max }.parse(words)?;
        if value.is_power_of_two() { Ok(value) } else { Err(ValueError::NotAPowerOfTwo) }
    }
}

/// A time in whole seconds, from 0.
pub(super) struct Seconds {
    pub(super) max: i64,
}

impl Codec<Duration> for Seconds {
    fn shape(&self) -> String {
        format!("0 to {}", self.max)
    }

    fn text(&self, value: &Duration) -> String {
        value.as_secs().to_string()
    }

    fn parse(&self, words: &[&[u8]]) -> Result<Duration, ValueError> {
        Integer { min: 0, max: self.max }.parse(words).map(Duration::from_secs)
    }
}

/// An amount of memory: a number, and a unit if any; shown in bytes.
pub(super) struct Memory {
    pub(super) min: i64,
    pub(super) max: i64,
}

impl Codec<usize> for Memory {
    fn shape(&self) -> String {
        format!("bytes, or with a unit such as 64mb; {} to {}", self.min, self.max)
    }

    fn text(&self, value: &usize) -> String {
        value.to_string()
    }

    fn parse(&self, words: &[&[u8]]) -> Result<usize, ValueError> {
        let out_of_range = ValueError::OutOfRange { min: self.min, max: self.max };
        let bytes = bytes_of(single(words)?).ok_or(ValueError::NotMemory)?;
        if (self.min..=self.max).contains(&bytes) {
            usize::try_from(bytes).map_err(|_| out_of_range)
        } else {
            Err(out_of_range)
        }
    }
}

/// Redis's memory values: without digits 0, too large the largest number; `None` for an unknown unit.
pub(super) fn bytes_of(text: &[u8]) -> Option<i64> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, unit) = text.split_at_checked(digits)?;
    let number = digits.iter().fold(0_i64, |sum, digit| sum.saturating_mul(10).saturating_add(i64::from(digit - b'0')));
    let factor = match unit.to_ascii_lowercase().as_slice() {
        b"" | b"b" => 1,
        b"k" => 1_000,
        b"kb" => 1 << 10,
        b"m" => 1_000_000,
        b"mb" => 1 << 20,
        b"g" => 1_000_000_000,
        b"gb" => 1 << 30,
        _ => return None,
    };
    Some(number.saturating_mul(factor))
}

/// `yes` or `no`, in any case.
pub(super) struct YesNo;

impl Codec<bool> for YesNo {
    fn shape(&self) -> String {
        "yes or no".to_owned()
    }

    fn text(&self, value: &bool) -> String {
        if *value { "yes" } else { "no" }.to_owned()
    }

    fn parse(&self, words: &[&[u8]]) -> Result<bool, ValueError> {
        match single(words)? {
            word if word.eq_ignore_ascii_case(b"yes") => Ok(true),
            word if word.eq_ignore_ascii_case(b"no") => Ok(false),
            _ => Err(ValueError::NotYesNo),
        }
    }
}

/// One of a list of names, in any case.
pub(super) struct OneOf<T: 'static>(pub(super) &'static [(&'static str, T)]);

impl<T: Copy + PartialEq> Codec<T> for OneOf<T> {
    fn shape(&self) -> String {
        self.0.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }

    fn text(&self, value: &T) -> String {
        self.0.iter().find(|(_, other)| other == value).map_or_else(String::new, |(name, _)| (*name).to_owned())
    }

    fn parse(&self, words: &[&[u8]]) -> Result<T, ValueError> {
        let word = single(words)?;
        let found = self.0.iter().find(|(name, _)| name.as_bytes().eq_ignore_ascii_case(word));
        found.map(|(_, value)| *value).ok_or_else(|| ValueError::NotOneOf(Codec::<T>::shape(self)))
    }
}

/// Any text; the empty one means none.
pub(super) struct Password;

impl Codec<Option<String>> for Password {
    fn shape(&self) -> String {
        "text".to_owned()
    }

    fn text(&self, value: &Option<String>) -> String {
        value.clone().unwrap_or_default()
    }

    fn parse(&self, words: &[&[u8]]) -> Result<Option<String>, ValueError> {
        let text = utf8(single(words)?)?;
        Ok((!text.is_empty()).then(|| text.to_owned()))
    }
}

/// A folder; whether it is there is seen when it is used.
pub(super) struct Folder;

impl Codec<PathBuf> for Folder {
    fn shape(&self) -> String {
        "path of a folder".to_owned()
    }

    fn text(&self, value: &PathBuf) -> String {
        value.to_string_lossy().into_owned()
    }

    fn parse(&self, words: &[&[u8]]) -> Result<PathBuf, ValueError> {
        match utf8(single(words)?)? {
            "" => Err(ValueError::Empty),
            path if path.contains('\0') => Err(ValueError::NotText),
            path => Ok(PathBuf::from(path)),
        }
    }
}

/// The name of a file, without a folder.
pub(super) struct FileName;

impl Codec<String> for FileName {
    fn shape(&self) -> String {
        "name of a file".to_owned()
    }

    fn text(&self, value: &String) -> String {
        value.clone()
    }

    fn parse(&self, words: &[&[u8]]) -> Result<String, ValueError> {
        match utf8(single(words)?)? {
            "" => Err(ValueError::Empty),
            "." | ".." => Err(ValueError::NotAFileName),
            name if name.contains(['/', '\\']) => Err(ValueError::NotAFileName),
            name if name.contains('\0') => Err(ValueError::NotText),
            name => Ok(name.to_owned()),
        }
    }
}
