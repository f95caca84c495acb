//! What several changes need: the present state, the road through the life cycle.

use facteur_model::lifecycle::{Event, State, next};
use sqlx::Row as _;

use super::super::Connection;
use crate::change::Reason;
use crate::error::StoreError;

pub(super) async fn current(
    connection: &mut Connection,
    id: &str,
    expected: State,
) -> Result<(String, i64, bool), StoreError> {
    let row = sqlx::query("SELECT siren, version, key_released, state FROM invoice WHERE id = $1")
        .bind(id)
        .fetch_optional(connection)
        .await?
        .ok_or_else(|| StoreError::Missing(id.to_owned()))?;
    let found: String = row.get(3);
    if found != expected.as_str() {
        return Err(StoreError::Moved { id: id.to_owned(), expected, found });
    }
    Ok((row.get(0), row.get(1), row.get::<i64, _>(2) != 0))
}

/// Follows the life cycle from `state` through `events`: every state on the way, the last one last.
pub(super) fn road(state: State, events: &[Event]) -> Result<Vec<State>, StoreError> {
    let mut states = vec![state];
    let mut now = state;
    for event in events {
        now = next(now, *event)?;
        states.push(now);
    }
    Ok(states)
}

pub(super) fn names(states: &[State]) -> Vec<&'static str> {
    states.iter().map(|state| state.as_str()).collect()
}

pub(super) fn state_of(name: &str) -> Result<State, StoreError> {
    State::from_name(name).ok_or_else(|| StoreError::Damaged(format!("unknown state {name}")))
}

pub(super) fn arguments(reason: &Reason) -> String {
    serde_json::to_string(&reason.args).unwrap_or_default()
}
