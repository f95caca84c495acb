//! What was asked and answered during a run, for the journal. Deposits one by one; questions together, with one digest
//! over all of them: what an answer changed is in the line of the step that it led to, with the answer's own digest.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use facteur_model::clock::Timestamp;
use facteur_store::document::sha256_hex;
use facteur_store::{Store, StoreError};
use facteur_transmit::witness::Exchange;
use serde_json::{Value as Json, json};

/// Deposits told in one line of the journal.
const DEPOSITS_A_LINE: usize = 100;

/// The exchanges since the journal was last told.
#[derive(Debug, Default)]
pub struct Exchanges(Mutex<Roll>);

#[derive(Debug, Default)]
struct Roll {
    from: Option<Timestamp>,
    deposits: Vec<Json>,
    questions: BTreeMap<(String, Option<u16>), u64>,
    /// SHA-256 over the one before and the present question: one number for all of them, in their order.
    digest: String,
}

impl Exchanges {
    /// Takes note of one.
    pub fn take(&self, exchange: Exchange, at: Timestamp) {
        let mut roll = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        roll.from.get_or_insert(at);
        let Exchange { method, address, request, status, answer, deposit } = exchange;
        if deposit {
            roll.deposits.push(json!({"at": at.rfc3339(), "method": method, "address": address, "request": request,
                "status": status, "answer": answer}));
            return;
        }
        let line = format!("{}\n{method} {address} {request} {status:?} {answer:?}", roll.digest);
        roll.digest = sha256_hex(line.as_bytes());
        *roll.questions.entry((format!("{method} {address}"), status)).or_default() += 1;
    }

    /// Tells the journal what there was since the last time.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn tell(&self, store: &Store, gateway: &str, actor: &str, now: Timestamp) -> Result<(), StoreError> {
        let roll = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let Some(from) = roll.from else { return Ok(()) };
        let period = json!({"actor": actor, "from": from.rfc3339(), "to": now.rfc3339()});
        for deposits in roll.deposits.chunks(DEPOSITS_A_LINE) {
            let mut line = period.clone();
            line["deposits"] = json!(deposits);
            store.note("exchanges", gateway, line.to_string(), now).await?;
        }
        if !roll.questions.is_empty() {
            let told = |((what, status), count): (&(String, Option<u16>), &u64)| json!([what, status, count]);
            let mut line = period;
            line["questions"] = roll.questions.iter().map(told).collect();
            line["sha256"] = json!(roll.digest);
            store.note("exchanges", gateway, line.to_string(), now).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn exchange(deposit: bool, status: Option<u16>) -> Exchange {
        let address = "https://gateway.example/cpro/x".to_owned();
        Exchange { method: "POST", address, request: "aa".into(), status, answer: Some("bb".into()), deposit }
    }

    #[tokio::test]
    async fn the_journal_is_told_once_with_deposits_one_by_one_and_questions_together() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store.db")).await.unwrap();
        let (exchanges, now) = (Exchanges::default(), Timestamp(1_795_000_000_000));
        exchanges.tell(&store, "chorus-pro", "test", now).await.unwrap();
        assert_eq!(store.head().await.unwrap().seq, 0, "nothing was asked, nothing is told");
        for status in [Some(200), Some(200), None] {
            exchanges.take(exchange(false, status), now);
        }
        (0..101).for_each(|_| exchanges.take(exchange(true, Some(200)), now));
        exchanges.tell(&store, "chorus-pro", "test", now).await.unwrap();
        exchanges.tell(&store, "chorus-pro", "test", now).await.unwrap();
        let lines = store.journal_of("chorus-pro").await.unwrap();
        let told: Vec<Json> =
            lines.iter().map(|line| serde_json::from_str(line.payload.as_deref().unwrap()).unwrap()).collect();
        assert_eq!(told.len(), 3, "100 deposits, 1 deposit, the questions");
        assert_eq!(told[0]["deposits"].as_array().unwrap().len(), 100);
        assert_eq!(told[1]["deposits"][0]["request"], "aa");
        let what = "POST https://gateway.example/cpro/x";
        assert_eq!(told[2]["questions"], json!([[what, null, 1], [what, 200, 2]]));
        assert_eq!(told[2]["sha256"].as_str().unwrap().len(), 64);
    }
}
