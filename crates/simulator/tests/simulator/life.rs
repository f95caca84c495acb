//! From the deposit to the payment: states, search, history, pages, lots, recipients' actions.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::documents::{Invoice, PLAIN_RECIPIENT, SUPPLIER, lot};
use crate::support::Simulator;

fn rows(answer: &Value) -> &Vec<Value> {
    answer["listeFactures"].as_array().unwrap()
}

#[tokio::test]
async fn a_deposit_is_unknown_then_pending_then_integrated() {
    let simulator = Simulator::start(&["--visibility-delay", "1h", "--step", "10m", "--token-lifetime", "1d"]).await;
    let flow = simulator.deposit_ubl(&Invoice::new("LIFE-1").ubl()).await;
    assert!(flow.starts_with("CPP0011100") && flow.len() == 25, "{flow}");

    let report = simulator.report(&flow).await;
    assert_eq!(
        (&report["codeRetour"], &report["libelle"]),
        (&json!(20001), &json!("POQ_MSG_01.003 - Flux introuvable."))
    );
    simulator.advance("1h").await;
    let mut states = Vec::new();
    for _ in 0..6 {
        let report = simulator.report(&flow).await;
        assert_eq!(report["codeRetour"], 0);
        assert_eq!(
            (&report["nomFichier"], &report["codeInterfaceDepotFlux"]),
            (&json!("facture.xml"), &json!("FSO1100A"))
        );
        states.push(report["etatCourantDepotFlux"].as_str().unwrap().to_owned());
        if states.len() < 6 {
            assert!(rows(&simulator.search(json!({ "numeroFluxDepot": flow })).await).is_empty());
        }
        simulator.advance("10m").await;
    }
    let expected = [
        "IN_DEPOT_PORTAIL_EN_ATTENTE_TRAITEMENT_SE_CPP",
        "IN_RECU",
        "IN_TRAITE_SE_CPP",
        "IN_EN_ATTENTE_TRAITEMENT_CPP",
        "IN_EN_COURS_TRAITEMENT_CPP",
        "IN_INTEGRE",
    ];
    assert_eq!(states, expected);
}

#[tokio::test]
async fn an_integrated_invoice_is_found_with_exact_amounts_and_a_history() {
    let simulator = Simulator::start(&["--robot", "on"]).await;
    let invoice = Invoice { payable: "9007199254740993.01".to_owned(), ..Invoice::new("LIFE-2") };
    let flow = simulator.deposit("IN_DP_E1_CII_16B", "facture.xml", &invoice.cii()).await;
    simulator.advance("30m").await;

    let found = simulator.search(json!({ "numeroFacture": "LIFE-2", "periodeDateFactureDu": "2026-10-05" })).await;
    let row = &rows(&found)[0];
    assert_eq!(row["numeroFluxDepot"], json!(flow));
    assert_eq!((&row["codeFournisseur"], &row["codeDestinataire"]), (&json!(SUPPLIER), &json!(PLAIN_RECIPIENT)));
    assert_eq!(row["statut"], "MISE_EN_PAIEMENT");
    let raw = simulator
        .http()
        .post(simulator.url("/cpro/factures/v1/rechercher/fournisseur"))
        .bearer_auth(simulator.token())
        .header("cpro-account", Simulator::account())
        .json(&json!({ "numeroFacture": "LIFE-2", "montantApayerMin": 9007199254740993_u64 }));
    let raw = raw.send().await.unwrap().text().await.unwrap();
    assert!(raw.contains("\"montantAPayer\":9007199254740993.01"), "{raw}");

    let id = row["identifiantFactureCPP"].as_i64().unwrap();
    let history = simulator.call("/cpro/factures/v1/consulter/historique", json!({ "idFacture": id })).await.body;
    assert_eq!(history["statutCourantCode"], "MISE_EN_PAIEMENT");
    let codes: Vec<&str> = history["historiquesDesStatuts"]["histoStatut"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["histoStatutCode"].as_str().unwrap())
        .collect();
    let expected = ["DEPOSEE", "MISE_A_DISPOSITION", "MANDATEE", "MISE_A_DISPOSITION_COMPTABLE", "MISE_EN_PAIEMENT"];
    assert_eq!(codes, expected);

    for service in ["fournisseur", "recipiendaire"] {
        let path = format!("/cpro/factures/v1/consulter/{service}");
        let whole = simulator.call(&path, json!({ "identifiantFactureCPP": id })).await.body;
        assert_eq!(whole["facture"]["numeroFacture"], "LIFE-2");
        assert_eq!(whole["facture"]["references"]["modePaiement"], "VIREMENT");
    }
    let none = simulator.call("/cpro/factures/v1/consulter/historique", json!({ "idFacture": 1 })).await.body;
    assert_eq!(none["codeRetour"], 20000);
}

#[tokio::test]
async fn whatever_page_is_asked_for_a_client_that_does_not_page_loses_rows() {
    let simulator = Simulator::start(&["--page-size", "3"]).await;
    let invoices: Vec<Invoice> = (0..8).map(|rank| Invoice::new(&format!("PAGE-{rank}"))).collect();
    let flow = simulator.deposit("IN_DP_E1_UBL_INVOICE", "lot.tar.gz", &lot(&invoices)).await;
    simulator.advance("10m").await;
    let mut numbers = BTreeSet::new();
    for page in 1..=4 {
        let asked = json!({
            "numeroFluxDepot": flow,
            "rechercheFactureParFournisseur": { "nbResultatsParPage": 10000, "pageResultatDemandee": page },
        });
        let answer = simulator.search(asked).await;
        let parameters = &answer["parametresRetour"];
        assert_eq!(*parameters, json!({ "pageCourante": page, "pages": 3, "nbResultatsParPage": 3, "total": 8 }));
        assert_eq!(rows(&answer).len(), [3, 3, 2, 0][page - 1]);
        numbers.extend(rows(&answer).iter().map(|row| row["numeroFacture"].as_str().unwrap().to_owned()));
    }
    assert_eq!(numbers.len(), 8);

    let recipient = simulator.call("/cpro/factures/v1/rechercher/recipiendaire", json!({})).await.body;
    assert_eq!((&recipient["pages"], &recipient["total"]), (&json!(3), &json!(8)));
    assert_eq!(rows(&recipient).len(), 3);
    let descending = json!({
        "rechercheFactureParFournisseur": { "triSens": "Descendant", "triColonne": "NumeroFacture" },
    });
    assert_eq!(rows(&simulator.search(descending).await)[0]["numeroFacture"], "PAGE-7");
}

#[tokio::test]
async fn filters_select_what_they_name() {
    let simulator = Simulator::start(&[]).await;
    simulator.deposit_ubl(&Invoice::new("FILTER-1").ubl()).await;
    let other = Invoice { supplier: "33254021516357".to_owned(), ..Invoice::new("FILTER-2") };
    simulator.deposit_ubl(&other.ubl()).await;
    simulator.advance("10m").await;
    let structure = simulator
        .call("/cpro/structures/v1/rechercher", json!({ "structure": { "identifiantStructure": SUPPLIER } }))
        .await
        .body;
    let supplier = &structure["listeStructures"][0]["idStructureCPP"];
    for (criteria, count) in [
        (json!({}), 2),
        (json!({ "numeroFacture": "FILTER-1" }), 1),
        (json!({ "numeroFacture": "FILTER" }), 0),
        (json!({ "idFournisseur": supplier }), 1),
        (json!({ "typeFacture": "AVOIR" }), 0),
        (json!({ "statutCourant": ["MISE_A_DISPOSITION"] }), 2),
        (json!({ "statutCourant": ["REJETEE"] }), 0),
        (json!({ "montantTTCMin": 120.10, "montantTTCMax": 120.1 }), 2),
        (json!({ "montantTTCMin": 120.11 }), 0),
        (json!({ "periodeDateFactureAu": "2026-10-04" }), 0),
        (json!({ "periodeDateFactureDu": "2026-10-05", "periodeDateFactureAu": "2026-10-05" }), 2),
        (
            json!({ "periodeDateFactureDu": "2026-10-05T00:00:00.000Z", "periodeDateFactureAu": "2026-10-05T23:59:59.999Z" }),
            2,
        ),
        (json!({ "periodeDateFactureDu": "2026-10-06T00:00:00.000Z" }), 0),
        (json!({ "periodeDateDepotDu": "2001-01-01" }), 2),
        (json!({ "periodeDateDepotAu": "2001-01-01T00:00:00.000+01:00" }), 0),
    ] {
        assert_eq!(rows(&simulator.search(criteria.clone()).await).len(), count, "{criteria}");
    }
}

#[tokio::test]
async fn a_recipient_suspends_the_supplier_completes_the_recipient_rejects() {
    let simulator = Simulator::start(&[]).await;
    simulator.deposit_ubl(&Invoice::new("HAND-1").ubl()).await;
    simulator.advance("10m").await;
    let id = simulator.search(json!({})).await["listeFactures"][0]["identifiantFactureCPP"].clone();
    let treat = |status: &'static str, reason: &'static str| {
        simulator.call(
            "/cpro/factures/v1/traiter/recue",
            json!({ "idFacture": id, "nouveauStatut": status, "motif": reason }),
        )
    };
    assert_eq!(treat("SUSPENDUE", "").await.body["codeRetour"], 20002);
    assert_eq!(treat("A_RECYCLER", "x").await.status, 400);
    assert_eq!(treat("SUSPENDUE", "Il manque le bon de livraison").await.body["nouveauStatut"], "SUSPENDUE");
    assert_eq!(treat("SUSPENDUE", "encore").await.body["codeRetour"], 20003);
    let awaiting = simulator.call("/cpro/factures/v1/rechercher/atraiter/fournisseur", json!({})).await.body;
    assert_eq!(
        (&rows(&awaiting)[0]["identifiantFactureCPP"], &rows(&awaiting)[0]["statut"]),
        (&id, &json!("SUSPENDUE"))
    );
    let row = &simulator.search(json!({})).await["listeFactures"][0];
    assert_eq!(row["commentaireEtatCourant"], "Il manque le bon de livraison");

    let file = json!({ "pieceJointeFichier": "Qm9uIGRlIGxpdnJhaXNvbg==", "pieceJointeNom": "bon.txt" });
    let file = simulator.call("/cpro/transverses/v1/ajouter/fichier", file).await.body;
    let complete = |attachment: Value| {
        simulator.call(
            "/cpro/factures/v1/completer",
            json!({
                "identifiantFactureCPP": id,
                "pieceJointeComplementaire": [{ "pieceJointeComplementaireId": attachment }],
                "commentaire": "Le bon est joint",
            }),
        )
    };
    assert_eq!(complete(json!(999)).await.body["codeRetour"], 20004);
    assert_eq!(complete(file["pieceJointeId"].clone()).await.body["numeroFacture"], "HAND-1");
    assert_eq!(complete(file["pieceJointeId"].clone()).await.body["codeRetour"], 20002);

    let set = json!({ "number": "HAND-1", "supplier": SUPPLIER, "status": "REJETEE", "comment": "Montant errone" });
    simulator.admin("/simulator/status", set).await;
    let history = simulator.call("/cpro/factures/v1/consulter/historique", json!({ "idFacture": id })).await.body;
    assert_eq!(history["statutCourantCode"], "REJETEE");
    let last = history["historiquesDesStatuts"]["histoStatut"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["histoStatutCommentaire"], "Montant errone");
    let acknowledge = json!({ "listeDemandePaiement": [{ "idDemandePaiement": id }] });
    assert_eq!(simulator.call("/cpro/factures/v1/traiterRejet", acknowledge).await.body["codeRetour"], 0);
    assert_eq!(simulator.search(json!({ "rejetTraite": true })).await["parametresRetour"]["total"], 1);

    let download = json!({ "listeFacture": [{ "idFacture": id }], "format": "ZIP" });
    let download = simulator.call("/cpro/factures/v1/telecharger/groupe", download).await.body;
    assert!(download["fichierResultat"].as_str().unwrap().starts_with("UEsDB"));
    let seen = json!({ "factureTelechargeeParDestinataire": true });
    assert_eq!(simulator.call("/cpro/factures/v1/rechercher/recipiendaire", seen).await.body["total"], 1);
}

#[tokio::test]
async fn a_supplier_that_may_not_be_searched_is_refused() {
    let simulator = Simulator::start(&[]).await;
    simulator.deposit_ubl(&Invoice::new("SEARCH-1").ubl()).await;
    simulator.advance("10m").await;
    let structure = json!({ "siret": SUPPLIER, "searchable": false });
    simulator.admin("/simulator/structure", structure).await;
    assert_eq!(simulator.search(json!({})).await["parametresRetour"]["total"], 0);
    let id = simulator
        .call("/cpro/structures/v1/rechercher", json!({ "structure": { "identifiantStructure": SUPPLIER } }))
        .await
        .body["listeStructures"][0]["idStructureCPP"]
        .clone();
    let refused = simulator.search(json!({ "idFournisseur": id })).await;
    assert!(refused["libelle"].as_str().unwrap().starts_with("GDP_MSG_11.005"), "{refused}");
}

#[tokio::test]
async fn many_clients_at_once_get_one_flow_number_each() {
    let simulator = std::sync::Arc::new(Simulator::start(&["--page-size", "100"]).await);
    let deposits = (0..40).map(|rank| {
        let simulator = std::sync::Arc::clone(&simulator);
        tokio::spawn(async move { simulator.deposit_ubl(&Invoice::new(&format!("MANY-{rank}")).ubl()).await })
    });
    let deposits: Vec<_> = deposits.collect();
    let mut flows = BTreeSet::new();
    for deposit in deposits {
        flows.insert(deposit.await.unwrap());
    }
    assert_eq!(flows.len(), 40);
    simulator.advance("10m").await;
    assert_eq!(rows(&simulator.search(json!({})).await).len(), 40);
}
