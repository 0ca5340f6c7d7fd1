//! A page: records of bytes, packed into one block behind a reference count.
//!
//! # Layout
//! `[gap][records, one behind the other][free][tags][cells][gap]`. The first record's cell is the last but for the gap, and tags go the same way. The gaps
//! are what was removed at the front, or room for what will be put there: so both ends are cheap, and only the middle moves bytes. What
//! tells the parts apart is not in the block but in the [`Page`], which lies with its owner: in a tree that is the parent, which reads counts there.
//!
//! # Guarantees
//! - A clone shares the block. Whoever changes a page whose block is shared takes a copy first; removing at the ends changes no block at all.
//! - The block is as large as an allocator makes it: no more room is kept than the class it falls into. One that is half empty is made to fit.
//! - An insertion or removal moves at most the page; one at an end moves a constant amount, on average.
//!
//! Pages of a tagged kind have one byte of each record's hash in a row, to be searched at once; they keep no gap at the front, and no order: the place of a
//! record that is taken out may be given to the last one.
#![expect(clippy::indexing_slicing, reason = "every offset is computed from the page's own cells and lengths")]

use super::block::{Block, fitting};
use super::cells::Width;
use super::work;

/// Pages with less in them move it all when something is put in front: it is not worth a gap.
const GAP_FROM: usize = if cfg!(test) { 64 } else { 512 };

/// A record, as it lies in its page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rec<'p> {
    pub(super) bytes: &'p [u8],
    /// What it means is for the type to say: mostly that a part of the record is an integer.
    pub(super) flag: bool,
}

/// A record on its way into a page: pieces, to be put one behind the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Draft<'d> {
    pub(super) parts: &'d [&'d [u8]],
    pub(super) flag: bool,
    /// For tagged pages; others ignore it.
    pub(super) tag: u8,
}

impl Draft<'_> {
    pub(super) fn len(self) -> usize {
        self.parts.iter().map(|part| part.len()).sum()
    }
}

/// See the module.
#[derive(Debug, Clone)]
pub(super) struct Page {
    block: Block,
    /// Where the records begin, and how many bytes they are.
    start: u32,
    data: u32,
    count: u16,
    /// Cells before the first: those of records that were removed at the front.
    first: u16,
    width: Width,
    tagged: bool,
}

#[expect(clippy::cast_possible_truncation, reason = "a record has at most 1 GB, and pages of more than one some KB")]
const fn narrow(value: usize) -> u32 {
    value as u32
}

#[expect(clippy::cast_possible_truncation, reason = "pages have at most 64 KB of cells, each a byte at least")]
const fn narrower(value: usize) -> u16 {
    value as u16
}

impl Page {
    pub(super) fn new(tagged: bool) -> Self {
        Self { block: Block::default(), start: 0, data: 0, count: 0, first: 0, width: Width::One, tagged }
    }

    /// Records in the page.
    pub(super) const fn count(&self) -> usize {
        self.count as usize
    }

    /// Whether both are the same records of one block.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let span = |page: &Self| (page.start, page.data, page.count, page.first);
        self.block.is_same(&other.block) && span(self) == span(other)
    }

    /// Bytes in use: records, cells and tags, without gaps and free room.
    pub(super) const fn used(&self) -> usize {
        self.data as usize + self.count() * self.per_record()
    }

    /// Bytes that the block takes from an allocator.
    pub(super) fn memory(&self) -> usize {
        self.block.memory()
    }

    /// What a record takes beside its bytes.
    const fn per_record(&self) -> usize {
        self.width.bytes() + self.tagged as usize
    }

    /// Cells of the records from one to another, the last one first.
    fn cells(&self, from: usize, to: usize) -> &[u8] {
        let width = self.width.bytes();
        let first = usize::from(self.first);
        let end = self.block.len();
        &self.block[end - (first + to) * width..end - (first + from) * width]
    }

    /// Where the tags begin; that of the last record is first.
    fn tags_at(&self) -> usize {
        self.block.len() - self.count() * (self.width.bytes() + 1)
    }

    /// The tags of all records, the last one first.
    pub(super) fn tags(&self) -> &[u8] {
        let at = self.tags_at();
        &self.block[at..at + self.count()]
    }

    fn tag(&self, at: usize) -> u8 {
        if self.tagged { self.tags()[self.count() - 1 - at] } else { 0 }
    }

    /// Where a record begins, from the first one's beginning: lengths are added up from the nearer end. O(records / 32).
    pub(super) fn offset(&self, at: usize) -> usize {
        let count = self.count();
        if at <= count / 2 {
            self.width.sum(self.cells(0, at))
        } else {
            self.data as usize - self.width.sum(self.cells(at, count))
        }
    }

    /// How many bytes the records from one to another have.
    pub(super) fn bytes_between(&self, from: usize, to: usize) -> usize {
        self.width.sum(self.cells(from, to))
    }

    /// The length and the flag of a record.
    pub(super) fn cell(&self, at: usize) -> (usize, bool) {
        self.width.read(self.cells(at, at + 1))
    }

    /// A record, given where it begins.
    #[inline]
    pub(super) fn record_at(&self, at: usize, offset: usize) -> Rec<'_> {
        let (len, flag) = self.cell(at);
        let from = self.start as usize + offset;
        Rec { bytes: &self.block[from..from + len], flag }
    }

    /// A record.
    #[inline]
    pub(super) fn record(&self, at: usize) -> Rec<'_> {
        self.record_at(at, self.offset(at))
    }

    /// All records in order.
    pub(super) fn records(&self) -> impl Iterator<Item = Rec<'_>> {
        let mut offset = 0;
        (0..self.count()).map(move |at| {
            let record = self.record_at(at, offset);
            offset += record.bytes.len();
            record
        })
    }

    /// Bytes between records and cells.
    fn free(&self) -> usize {
        let cells = (usize::from(self.first) + self.count()) * self.width.bytes();
        let tags = if self.tagged { self.count() } else { 0 };
        self.block.len() - self.start as usize - self.data as usize - cells - tags
    }

    /// Puts a record in, before that which is there now.
    pub(super) fn insert(&mut self, at: usize, draft: Draft<'_>) {
        let len = draft.len();
        let width = self.width.max(Width::fitting(len));
        let offset = if at == 0 && self.count > 0 && !self.tagged && self.used() >= GAP_FROM {
            self.open_front(width, len);
            self.start -= narrow(len);
            self.first -= 1;
            0
        } else {
            self.open(width, len);
            let offset = self.offset(at);
            self.shift_for(at, offset, len);
            offset
        };
        self.data += narrow(len);
        self.count += 1;
        self.write(at, offset, draft, len);
    }

    /// Puts a record behind all others.
    pub(super) fn push(&mut self, draft: Draft<'_>) {
        self.insert(self.count(), draft);
    }

    /// Writes a record for which there is room already, given where it begins.
    fn write(&mut self, at: usize, offset: usize, draft: Draft<'_>, len: usize) {
        let mut from = self.start as usize + offset;
        let (width, slot, tag_at) =
            (self.width, usize::from(self.first) + at, self.tagged.then(|| self.tags_at() + self.count() - 1 - at));
        let block = self.block.own();
        for part in draft.parts {
            block[from..from + part.len()].copy_from_slice(part);
            from += part.len();
        }
        let end = block.len();
        width.write(&mut block[end - (slot + 1) * width.bytes()..], len, draft.flag);
        if let Some(tag_at) = tag_at {
            block[tag_at] = draft.tag;
        }
        work::add(len);
    }

    /// Sees to it that a record of so many bytes has room behind the others.
    fn open(&mut self, width: Width, len: usize) {
        let need = len + width.bytes() + usize::from(self.tagged);
        let owned = self.block.is_own();
        if owned && width == self.width {
            if self.free() >= need {
                return;
            }
            // A gap at the front is taken up if that lasts for a while; else every push would move the page.
            let gap = self.block.len() - self.used() - self.free();
            if gap >= self.used() / 8 && gap + self.free() >= need {
                self.slide(0, 0);
                return;
            }
        }
        let used = self.data as usize + self.count() * (width.bytes() + usize::from(self.tagged));
        self.rebuild(width, used + need, 0, 0);
    }

    /// Sees to it that a record of so many bytes has room, and a cell, before the others.
    fn open_front(&mut self, width: Width, len: usize) {
        let owned = self.block.is_own();
        if owned && width == self.width && self.first > 0 && self.start as usize >= len {
            return;
        }
        let per_record = len + width.bytes();
        let used = self.data as usize + self.count() * width.bytes();
        let room = self.block.len().saturating_sub(used);
        let wanted = per_record.max(used / 8);
        let fits = owned && width == self.width && room >= wanted;
        let room = if fits { room } else { fitting(used + wanted) - used };
        let records = (room / 2 / per_record).max(1).min(usize::from(u16::MAX) / 2);
        if fits {
            self.slide(records * len, records);
        } else {
            self.rebuild(width, used + wanted, records * len, records);
        }
    }

    /// Moves records and cells within the block, so that these gaps are before them.
    fn slide(&mut self, start: usize, first: usize) {
        let (old, data) = (self.start as usize, self.data as usize);
        let width = self.width.bytes();
        let (count, old_first) = (self.count(), usize::from(self.first));
        work::add(data);
        let block = self.block.own();
        let end = block.len();
        let cells = end - (old_first + count) * width..end - old_first * width;
        // Each may come to lie where the other was: cells that go up make way, and those that go down have to wait.
        if first < old_first {
            block.copy_within(cells, end - (first + count) * width);
            block.copy_within(old..old + data, start);
        } else {
            block.copy_within(old..old + data, start);
            block.copy_within(cells, end - (first + count) * width);
        }
        self.start = narrow(start);
        self.first = narrower(first);
    }

    /// Moves all into a new block with room for so many bytes, or a little more, and these gaps.
    fn rebuild(&mut self, width: Width, bytes: usize, start: usize, first: usize) {
        self.block = Self::copied(&[self], width, bytes, start, first);
        self.start = narrow(start);
        self.first = narrower(first);
        self.width = width;
    }

    /// A block with room for so many bytes, or a little more, with the records of these pages behind these gaps.
    fn copied(pages: &[&Self], width: Width, bytes: usize, start: usize, first: usize) -> Block {
        let mut block = Block::zeroed(fitting(bytes));
        let to = block.own();
        let count: usize = pages.iter().map(|page| page.count()).sum();
        let (mut data_at, mut cells_end) = (start, to.len() - first * width.bytes());
        let mut tags_end = cells_end - count * width.bytes();
        for page in pages {
            let (count, data, old) = (page.count(), page.data as usize, page.start as usize);
            to[data_at..data_at + data].copy_from_slice(&page.block[old..old + data]);
            data_at += data;
            let cells = &mut to[cells_end - count * width.bytes()..cells_end];
            cells_end -= cells.len();
            let old_cells = page.cells(0, count);
            if width == page.width {
                cells.copy_from_slice(old_cells);
            } else {
                let pairs = cells.chunks_exact_mut(width.bytes()).zip(old_cells.chunks_exact(page.width.bytes()));
                for (cell, old) in pairs {
                    let (len, flag) = page.width.read(old);
                    width.write(cell, len, flag);
                }
            }
            if page.tagged {
                to[tags_end - count..tags_end].copy_from_slice(page.tags());
                tags_end -= count;
            }
        }
        work::add(data_at - start + count * width.bytes());
        block
    }

    /// Makes room for a record and its cell in the middle; there is enough behind. The lengths are not changed.
    fn shift_for(&mut self, at: usize, offset: usize, len: usize) {
        let from = self.start as usize + offset;
        let to = self.start as usize + self.data as usize;
        let width = self.width.bytes();
        let (count, first, tagged) = (self.count(), usize::from(self.first), self.tagged);
        work::add(to - from);
        let block = self.block.own();
        block.copy_within(from..to, from + len);
        let end = block.len();
        let cells = end - (first + count) * width;
        if tagged {
            // All tags go down by a cell, those of later records by one more.
            let tags = cells - count;
            let later = tags + count - at;
            block.copy_within(tags..later, tags - width - 1);
            block.copy_within(later..cells, later - width);
        }
        block.copy_within(cells..end - (first + at) * width, cells - width);
    }

    /// Takes a record out.
    pub(super) fn remove(&mut self, at: usize) {
        self.take_out(at);
        self.shrink();
    }

    fn take_out(&mut self, at: usize) {
        let (len, _) = self.cell(at);
        let last = at + 1 == self.count();
        let at = if self.tagged && !last && self.give_to_last(at, len) { self.count() - 1 } else { at };
        if !self.tagged && at == 0 && !last && self.first < u16::MAX / 2 {
            self.start += narrow(len);
            self.first += 1;
        } else if self.tagged || !last {
            self.close(at, len);
        }
        self.data -= narrow(len);
        self.count -= 1;
        if self.count == 0 {
            self.start = 0;
            self.first = 0;
        }
    }

    /// Puts the last record in the place of one, if it is as long: nothing else has to move then. Whether it did; the last one is still there too.
    fn give_to_last(&mut self, at: usize, len: usize) -> bool {
        let last = self.count() - 1;
        if self.cell(last).0 != len {
            return false;
        }
        let (to, from) = (self.start as usize + self.offset(at), self.start as usize + self.data as usize - len);
        let (width, tags, end) = (self.width.bytes(), self.tags_at(), self.block.len());
        let cell = |at: usize| end - (at + 1) * width;
        let block = self.block.own();
        block.copy_within(from..from + len, to);
        block.copy_within(cell(last)..cell(last) + width, cell(at));
        block[tags + last - at] = block[tags];
        work::add(len);
        true
    }

    /// Moves what is behind a record over it.
    fn close(&mut self, at: usize, len: usize) {
        let from = self.start as usize + self.offset(at);
        let to = self.start as usize + self.data as usize;
        let width = self.width.bytes();
        let (count, first, tagged) = (self.count(), usize::from(self.first), self.tagged);
        work::add(to - from);
        let block = self.block.own();
        block.copy_within(from + len..to, from);
        let end = block.len();
        let cells = end - (first + count) * width;
        block.copy_within(cells..end - (first + at + 1) * width, cells + width);
        if tagged {
            let tags = cells - count;
            let own = tags + count - 1 - at;
            block.copy_within(own + 1..cells, own + 1 + width);
            block.copy_within(tags..own, tags + width + 1);
        }
    }

    /// Gives back what room there is to spare, if it is half the block.
    fn shrink(&mut self) {
        if self.count == 0 {
            *self = Self::new(self.tagged);
        } else if fitting(self.used()) <= self.block.len() / 2 {
            self.rebuild(self.width, self.used(), 0, 0);
        }
    }

    /// Gives back all room that there is to spare.
    pub(super) fn fit(&mut self) {
        if fitting(self.used()) < self.block.len() {
            self.rebuild(self.width, self.used(), 0, 0);
        }
    }

    /// Puts another record in the place of one.
    pub(super) fn replace(&mut self, at: usize, draft: Draft<'_>) {
        let len = draft.len();
        if self.cell(at).0 == len {
            self.write(at, self.offset(at), draft, len);
        } else {
            self.take_out(at);
            self.insert(at, draft);
            self.shrink();
        }
    }

    /// A page of its own with the records from one to another. Not of a tagged page.
    pub(super) fn part(&self, from: usize, to: usize) -> Self {
        let offset = self.offset(from);
        let mut part = self.clone();
        part.start += narrow(offset);
        part.data = narrow(self.width.sum(self.cells(from, to)));
        part.first += narrower(from);
        part.count = narrower(to - from);
        let longest = (0..part.count()).map(|at| part.cell(at).0).max().unwrap_or(0);
        part.rebuild(Width::fitting(longest), part.used(), 0, 0);
        part.fit();
        part
    }

    /// A page with these records of a tagged one, in this order, each given by its place and where it begins.
    pub(super) fn gather(&self, picked: impl Iterator<Item = (usize, usize)> + Clone) -> Self {
        let lens = || picked.clone().map(|(at, _)| self.cell(at).0);
        let (count, data) = lens().fold((0, 0), |(count, sum), len| (count + 1, sum + len));
        let width = Width::fitting(lens().max().unwrap_or(0));
        let mut block = Block::zeroed(fitting(data + count * (width.bytes() + 1)));
        let bytes = block.own();
        let (mut from, mut cell, mut tag) = (0, bytes.len(), bytes.len() - count * width.bytes());
        for (at, offset) in picked {
            let record = self.record_at(at, offset);
            let len = record.bytes.len();
            bytes[from..from + len].copy_from_slice(record.bytes);
            cell -= width.bytes();
            width.write(&mut bytes[cell..], len, record.flag);
            tag -= 1;
            bytes[tag] = self.tag(at);
            from += len;
        }
        work::add(data);
        Self { block, start: 0, data: narrow(data), count: narrower(count), first: 0, width, tagged: true }
    }

    /// Puts all records of another page behind this one's.
    pub(super) fn join(&mut self, other: &Self) {
        let width = self.width.max(other.width);
        let per_record = width.bytes() + usize::from(self.tagged);
        let (count, data) = (self.count() + other.count(), self.data + other.data);
        self.block = Self::copied(&[self, other], width, data as usize + count * per_record, 0, 0);
        (self.start, self.first, self.width) = (0, 0, width);
        (self.data, self.count) = (data, narrower(count));
    }

    /// The block, for a large record that is to be shared rather than copied, and where the record lies in it.
    pub(super) fn share(&self, at: usize) -> (Block, std::ops::Range<usize>) {
        let from = self.start as usize + self.offset(at);
        (self.block.clone(), from..from + self.cell(at).0)
    }
}
