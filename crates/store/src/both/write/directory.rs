//! Entries of the directory of recipients.

use serde_json::json;

use super::super::Connection;
use super::scribe::Scribe;
use crate::change::{DirectoryEntries, Done};
use crate::error::StoreError;

pub(super) async fn directory(
    connection: &mut Connection,
    scribe: &mut Scribe,
    new: &DirectoryEntries,
) -> Result<Done, StoreError> {
    for (siret, body) in &new.entries {
        sqlx::query(
            "INSERT INTO recipient (siren, siret, body, source, at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (siren, siret) DO UPDATE SET body = excluded.body, source = excluded.source, at = excluded.at",
        )
        .bind(&new.siren)
        .bind(siret)
        .bind(body)
        .bind(&new.source)
        .bind(new.at.0)
        .execute(&mut *connection)
        .await?;
    }
    let sirets: Vec<&String> = new.entries.iter().map(|(siret, _)| siret).collect();
    let payload = json!({"actor": new.actor, "source": new.source, "recipients": sirets});
    scribe.line(new.at, "directory", "installation", payload.to_string());
    Ok(Done::Written)
}
