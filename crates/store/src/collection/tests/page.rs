//! Pages of the size that they have in a list.

use super::super::page::{Draft, Page};
use super::super::work;

fn draft<'d>(parts: &'d [&'d [u8]]) -> Draft<'d> {
    Draft { parts, flag: false, tag: 0 }
}

#[test]
fn a_page_has_room_at_either_end() {
    for front in [false, true] {
        let mut page = Page::new(false);
        work::take();
        for at in 0..200 {
            let record = format!("record number {at:06}");
            page.insert(if front { 0 } else { page.count() }, draft(&[record.as_bytes()]));
        }
        let moved = work::take();
        assert!(moved < 60_000, "{moved} bytes were moved for 4 000, front: {front}");
        assert!(page.memory() <= page.used() * 4 / 3, "{} bytes for {}", page.memory(), page.used());
    }
}

#[test]
fn what_is_removed_at_an_end_is_not_copied() {
    let mut page = Page::new(false);
    (0..100_u8).for_each(|at| page.push(draft(&[&[at; 20]])));
    let kept = page.clone();
    work::take();
    for _ in 0..15 {
        page.remove(0);
        page.remove(page.count() - 1);
    }
    assert_eq!((work::take(), page.count(), kept.count()), (0, 70, 100));
    assert!(page.records().map(|record| record.bytes[0]).eq(15..85));
    assert!(kept.records().map(|record| record.bytes[0]).eq(0..100));
}
