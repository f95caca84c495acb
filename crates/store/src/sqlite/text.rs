//! The few words in which an order for many rows differs. `postgres/text.rs` has the same, with the same parameters.

/// The rows of a JSON array, each as `value`.
macro_rules! each {
    ($parameter:literal) => {
        concat!("json_each(", $parameter, ")")
    };
}

/// Several statements as one order, since each order is a change of thread and back.
macro_rules! orders {
    ($first_name:ident: $first:expr $(, $name:ident: $statement:expr)* $(,)?) => {
        concat!($first $(, "; ", $statement)*)
    };
}

pub(super) use {each, orders};
