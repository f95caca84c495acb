//! The few words in which an order for many rows differs. `sqlite/text.rs` has the same, with the same parameters.

/// The rows of a JSON array, each as `value`.
macro_rules! each {
    ($parameter:literal) => {
        concat!("jsonb_array_elements(", $parameter, "::jsonb) AS each (value)")
    };
}

/// Several statements as one order, since each order is a way to the server and back. None of them sees what the others
/// write; references are looked at when all have written.
macro_rules! orders {
    ($first_name:ident: $first:expr $(, $name:ident: $statement:expr)* $(,)?) => {
        concat!(
            "WITH ", stringify!($first_name), " AS (", $first, ")"
            $(, ", ", stringify!($name), " AS (", $statement, ")")*,
            " SELECT 1"
        )
    };
}

pub(super) use {each, orders};
