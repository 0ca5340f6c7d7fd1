//! Finding the end of a line in a buffer that grows, without looking at a byte twice.

use memchr::memchr;

/// Where the search for the end of the current line goes on.
#[derive(Debug, Default)]
pub(crate) struct LineSearch {
    /// Bytes at the buffer's start known not to hold the end.
    passed: usize,
}

/// What a search found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// The end mark is at this index.
    Ends(usize),
    /// The end is not there yet.
    Incomplete,
    /// The line is longer than allowed, whether its end is there or not: the answer does not depend on how it came.
    TooLong,
}

impl LineSearch {
    /// Looks for `end` in `buffer`, whose first byte must be the same as in the calls before. A line that ends makes
    /// the search ready for the next line.
    pub(crate) fn find(&mut self, end: u8, buffer: &[u8], bytes_max: usize) -> Line {
        let fresh = buffer.get(self.passed..).unwrap_or_default();
        match memchr(end, fresh) {
            Some(offset) if self.passed + offset <= bytes_max => {
                let index = self.passed + offset;
                self.passed = 0;
                Line::Ends(index)
            }
            None if buffer.len() <= bytes_max => {
                self.passed = buffer.len();
                Line::Incomplete
            }
            _ => Line::TooLong,
        }
    }

    /// Goes back to `index` of the same line, whose end turned out to be incomplete.
    pub(crate) fn resume_at(&mut self, index: usize) {
        self.passed = index;
    }
}
