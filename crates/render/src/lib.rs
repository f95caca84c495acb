//! The writers: an invoice as UBL or CII, for whichever profile and channel asks for it; as a page that people read,
//! and as a Factur-X that is both.
//!
//! A writer never reads a document and never changes one: it writes a new one from the model. What the target has no
//! place for comes back by term and value ([`Written::lost`]); nothing is left out without a word, because every value
//! of the invoice is held against what was written. The same invoice always gives the same bytes.
//!
//! ```
//! use facteur_model::invoice::Invoice;
//! use facteur_render::{cii, ubl};
//!
//! let invoice = Invoice { number: Some("FA-1".into()), tender: Some("LOT-2".into()), ..Invoice::default() };
//! assert!(ubl::write(&invoice, false).lost.is_empty());
//! let written = cii::write(&invoice, cii::Profile::Minimum, false);
//! assert_eq!(written.lost[0].term.0, "BT-17");
//! ```

pub mod cii;
pub mod factur_x;
mod out;
pub mod page;
pub mod profile;
pub mod ubl;
mod written;

pub use written::{TermValue, Written, all};
