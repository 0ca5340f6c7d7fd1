//! Tests of the command table as a whole: what must hold for every command, without naming one; and of work that outlasts its locks.

mod docs_page;
mod garbage;
mod gates;
mod hash;
mod lists;
mod sorted_set_work;
mod stale;
mod syntax;
mod table;
mod work;
