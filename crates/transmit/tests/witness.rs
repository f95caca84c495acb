//! Whoever keeps the journal is told of every question and deposit, as digests.

#![allow(clippy::unwrap_used)]

mod support;

use std::sync::{Arc, Mutex};

use facteur_model::gateway::Gateway;
use facteur_transmit::witness::Exchange;
use support::{Act, Server, accepted, account, bytes, flow, json, token};

fn digest(bytes: &[u8]) -> String {
    openssl::sha::sha256(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn a_witness_is_told_of_every_question_and_deposit_and_never_of_a_secret() {
    let tokens = Server::playing([token("t0ken")]).await;
    let refused = json(403, "{}");
    let server = Server::playing([Act::Answer(accepted()), Act::Answer(refused), Act::Close]).await;
    let told: Arc<Mutex<Vec<Exchange>>> = Arc::default();
    let ear = told.clone();
    let gateway =
        account(&tokens, &server.url(), |_| {}).witnessed(Arc::new(move |exchange| ear.lock().unwrap().push(exchange)));
    gateway.deposit(flow(&bytes(500))).await;
    let _ = gateway.flow_report("CPP1").await;
    let _ = gateway.flow_report("CPP1").await;
    let (told, seen) = (told.lock().unwrap().clone(), server.seen());
    assert_eq!((told.len(), seen.len()), (3, 3));
    for (exchange, request) in told.iter().zip(&seen) {
        assert_eq!(exchange.request, digest(&request.body));
        assert_eq!(exchange.address, format!("{}{}", server.url(), request.path()));
    }
    let statuses: Vec<_> = told.iter().map(|exchange| (exchange.deposit, exchange.status)).collect();
    assert_eq!(statuses, [(true, Some(200)), (false, Some(403)), (false, None)]);
    assert_eq!(told[1].answer.as_deref(), Some(digest(b"{}").as_str()));
    let everything = format!("{told:?}");
    assert!(!["t0ken", "secret of", "TECH_1", "word"].iter().any(|secret| everything.contains(secret)));
}
