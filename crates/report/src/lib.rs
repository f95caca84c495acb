//! Status reports: what a person or a script reads about the invoices in the store.

pub mod check_html;
pub mod checked;
pub mod payment_period;
pub mod status;
pub mod svrl;
pub mod table;
