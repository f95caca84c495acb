//! The writers: an invoice as UBL, CII, Factur-X or a page that people read.

pub mod factur_x;
pub mod page;
