//! Status reports: what a person or a script reads about the invoices in the store.

pub mod check_html;
pub mod checked;
pub mod configuration;
pub mod document;
pub mod night;
pub mod payment_period;
pub mod render;
pub mod rows;
pub mod standing;
pub mod status;
pub mod svrl;
pub mod table;
pub mod vocabulary;
pub mod wording;
pub mod write;
