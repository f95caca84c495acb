//! What leaves, and what comes back.

use facteur_model::lifecycle::{Event, State};
use facteur_store::change::{DeliveryEnd, Field, GatewayEventRow, Step, Value};
use facteur_store::document::{Packed, Role};

use crate::bed::{Bed, NOW, intent, queued};

pub async fn only_one_sender_gets_an_invoice(bed: &Bed) {
    let store = bed.store().await;
    let id = queued(&store, "F-1").await;
    let claims: Vec<_> = (0..20)
        .map(|_| {
            let (store, intent) = (store.clone(), intent(&id, State::Queued, Event::Claim));
            tokio::spawn(async move { store.intend(intent).await.is_ok() })
        })
        .collect();
    let mut won = 0;
    for claim in claims {
        won += usize::from(claim.await.unwrap());
    }
    assert_eq!(won, 1);
    assert_eq!(store.deliveries(&id).await.unwrap().len(), 1);
}

pub async fn a_deposit_leaves_its_intent_its_answer_and_its_events(bed: &Bed) {
    let store = bed.store().await;
    let id = queued(&store, "F-1").await;
    let intent = intent(&id, State::Queued, Event::Claim);
    let flow = intent.flow.clone();
    store.intend(intent).await.unwrap();
    let heard = GatewayEventRow {
        subject: "invoice",
        external: "1".into(),
        code: "DEPOSEE".into(),
        happened: None,
        comment: None,
        flow: None,
    };
    let end = DeliveryEnd { flow, outcome: "accepted", reason: None, number: Some("CPP1".into()) };
    let step = Step::new(&id, State::Depositing, &[Event::Accepted], NOW, "test")
        .set(Field::Flow, Value::Text("CPP1".into()))
        .ends(end)
        .heard(heard.clone())
        .payload(Packed::new(Role::GatewayPayload, "application/json", b"{}"));
    store.step(step).await.unwrap();
    store.step(Step::new(&id, State::Deposited, &[], NOW, "test").heard(heard)).await.unwrap();
    let invoice = store.invoice(&id).await.unwrap();
    assert_eq!((invoice.state, invoice.flow.as_deref(), invoice.lease_holder), (State::Deposited, Some("CPP1"), None));
    assert_eq!(store.gateway_events(&id).await.unwrap().len(), 1, "an event seen again is one event");
    assert_eq!(store.deliveries(&id).await.unwrap()[0].number.as_deref(), Some("CPP1"));
    assert!(store.check().await.unwrap().problems.is_empty());
}
