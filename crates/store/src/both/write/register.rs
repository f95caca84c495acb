//! The legal person and its structures.

use facteur_model::clock::Timestamp;

use super::super::Connection;
use crate::Structure;
use crate::error::StoreError;

pub(crate) async fn register(
    connection: &mut Connection,
    structure: &Structure,
    at: Timestamp,
) -> Result<(), StoreError> {
    // Every command registers; only the first one, or one after a change of configuration, has to write.
    let known = sqlx::query(
        "SELECT 1 FROM structure WHERE siren = $1 AND siret = $2 AND name = $3 AND role = $4 \
         AND gateway IS NOT DISTINCT FROM $5",
    )
    .bind(&structure.siren)
    .bind(&structure.siret)
    .bind(&structure.name)
    .bind(&structure.role)
    .bind(&structure.gateway)
    .fetch_optional(&mut *connection)
    .await?;
    if known.is_some() {
        return Ok(());
    }
    sqlx::query("INSERT INTO legal_person (siren, name, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
        .bind(&structure.siren)
        .bind(&structure.name)
        .bind(at.0)
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "INSERT INTO structure (siren, siret, name, role, gateway, created_at) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (siren, siret) DO UPDATE SET name = excluded.name, role = excluded.role, gateway = excluded.gateway",
    )
    .bind(&structure.siren)
    .bind(&structure.siret)
    .bind(&structure.name)
    .bind(&structure.role)
    .bind(&structure.gateway)
    .bind(at.0)
    .execute(&mut *connection)
    .await?;
    Ok(())
}
