//! Functional controls at integration: documented texts, duplicates, lots, files that cannot be read.

use serde_json::{Value, json};

use crate::documents::{Invoice, SUPPLIER, lot};
use crate::support::Simulator;

async fn outcome(simulator: &Simulator, flow: &str) -> (String, Value) {
    simulator.advance("10m").await;
    let report = simulator.report(flow).await;
    (report["etatCourantDepotFlux"].as_str().unwrap().to_owned(), report)
}

/// Deposits a UBL and a CII, expects both to be rejected with texts that contain the given parts.
async fn assert_rejected(simulator: &Simulator, invoice: &Invoice, ubl: &str, cii: &str) {
    for (syntax, bytes, text) in
        [("IN_DP_E1_UBL_INVOICE", invoice.ubl(), ubl), ("IN_DP_E1_CII_16B", invoice.cii(), cii)]
    {
        let flow = simulator.deposit(syntax, "facture.xml", &bytes).await;
        let (state, report) = outcome(simulator, &flow).await;
        assert_eq!(state, "IN_REJETE", "{report}");
        let error = &report["listeErreurDP"][0];
        assert_eq!(error["numeroDP"], json!(invoice.number));
        assert!(error["libelleErreurDP"].as_str().unwrap().contains(text), "{error}");
        let found = simulator.search(json!({ "numeroFluxDepot": flow })).await;
        assert_eq!(found["parametresRetour"]["total"], 0);
    }
}

#[tokio::test]
async fn each_rule_rejects_with_the_text_that_was_seen() {
    let simulator = Simulator::start(&["--token-lifetime", "30d"]).await;
    let base = |number: &str| Invoice::new(number);
    let long = base("RULE-123456789-123456789");
    let text = "ExchangedDocument.ID.value) ne doit pas depasser 20 caracteres";
    assert_rejected(&simulator, &long, "(FichierXml.ID.value) ne doit pas depasser 20 caracteres", text).await;
    let means = Invoice { payment_means: None, ..base("RULE-2") };
    let text = "SpecifiedTradeSettlementPaymentMeans.TypeCode.value est obligatoire";
    assert_rejected(&simulator, &means, "PaymentMeansCode.value est obligatoire", text).await;
    let siren = Invoice { supplier: "812345676".to_owned(), ..base("RULE-3") };
    let text = "L'identifiant fournisseur de la demande de paiement (balise : AccountingSupplierParty.Party.\
                PartyIdentification.ID.value) n'est pas reference dans notre systeme.";
    assert_rejected(&simulator, &siren, text, "n'est pas reference dans notre systeme.").await;
    for framework in ["B1", "S1", "M1", "A26"] {
        let invoice = Invoice { framework: framework.to_owned(), ..base("RULE-4") };
        assert_rejected(&simulator, &invoice, "SIM-G1.02", "SIM-G1.02").await;
    }
    let service = Invoice { recipient: "12345678200028".to_owned(), ..base("RULE-5") };
    let text = "BuyerReference.value) est obligatoire";
    assert_rejected(&simulator, &service, "Contact.ID.value) est obligatoire", text).await;
    let unknown = Invoice { service: Some("AUTRE".to_owned()), ..service };
    let text = "Le code service de la structure publique destinataire est inconnu ou inactif dans Chorus Pro";
    assert_rejected(&simulator, &unknown, text, text).await;
    let commitment = Invoice { recipient: "12345678200036".to_owned(), ..base("RULE-6") };
    let text = "BuyerOrderReferencedDocument.IssuerAssignedID.value) est obligatoire";
    assert_rejected(&simulator, &commitment, "OrderReference.ID.value) est obligatoire", text).await;
    let characters = base("RULE#7");
    assert_rejected(&simulator, &characters, "SIM-G1.05", "SIM-G1.05").await;
}

#[tokio::test]
async fn what_a_recipient_requires_is_enough() {
    let simulator = Simulator::start(&["--token-lifetime", "30d"]).await;
    let both = Invoice {
        recipient: "12345678200044".to_owned(),
        service: Some("SERVICE_DEST_SERV_EJ_OBL".to_owned()),
        commitment: Some("EJ-2026-1".to_owned()),
        ..Invoice::new("ENOUGH-1")
    };
    for (syntax, name, bytes) in [
        ("IN_DP_E1_UBL_INVOICE", "facture.xml", both.ubl()),
        ("IN_DP_E1_CII_16B", "facture.xml", Invoice { number: "ENOUGH-2".to_owned(), ..both.clone() }.cii()),
        (
            "IN_DP_E2_CII_FACTURX",
            "facture.pdf",
            Invoice { number: "ENOUGH-3".to_owned(), ..both.clone() }.factur_x(true),
        ),
        ("IN_DP_E2_CII_FACTURX", "facture.pdf", Invoice { number: "ENOUGH-4".to_owned(), ..both }.factur_x(false)),
    ] {
        let flow = simulator.deposit(syntax, name, &bytes).await;
        let (state, report) = outcome(&simulator, &flow).await;
        assert_eq!(state, "IN_INTEGRE", "{report}");
    }
}

#[tokio::test]
async fn an_administrator_declares_suppliers_and_recipients() {
    let simulator = Simulator::start(&[]).await;
    simulator.admin("/simulator/structure", json!({ "siret": SUPPLIER, "known": false })).await;
    let invoice = Invoice::new("ADMIN-1");
    assert_rejected(&simulator, &invoice, "n'est pas reference", "n'est pas reference").await;
    simulator.admin("/simulator/structure", json!({ "siret": SUPPLIER })).await;
    let either =
        json!({ "siret": "21998877100016", "name": "Saint-Exemple", "public": true, "service_or_commitment": true });
    simulator.admin("/simulator/structure", either).await;
    let neither = Invoice { recipient: "21998877100016".to_owned(), ..invoice };
    assert_rejected(&simulator, &neither, "est obligatoire", "est obligatoire").await;
    let with_commitment = Invoice { commitment: Some("EJ1".to_owned()), ..neither };
    let flow = simulator.deposit_ubl(&with_commitment.ubl()).await;
    assert_eq!(outcome(&simulator, &flow).await.0, "IN_INTEGRE");
}

#[tokio::test]
async fn the_second_of_two_is_rejected_and_named_in_the_ledger() {
    let simulator = Simulator::start(&[]).await;
    let invoice = Invoice::new("TWICE-1");
    let first = simulator.deposit_ubl(&invoice.ubl()).await;
    let second = simulator.deposit_ubl(&invoice.ubl()).await;
    let (_, report) = outcome(&simulator, &second).await;
    assert_eq!(report["etatCourantDepotFlux"], "IN_REJETE");
    assert!(report["listeErreurDP"][0]["libelleErreurDP"].as_str().unwrap().starts_with("SIM-DOUBLON"), "{report}");
    let next_year = Invoice { issued: "2027-01-02".to_owned(), ..invoice.clone() };
    let third = simulator.deposit_ubl(&next_year.ubl()).await;
    assert_eq!(outcome(&simulator, &third).await.0, "IN_INTEGRE");
    // Another establishment of the same legal person: same key.
    let sibling = Invoice { supplier: "81234567600025".to_owned(), ..invoice };
    let fourth = simulator.deposit_ubl(&sibling.ubl()).await;
    assert_eq!(outcome(&simulator, &fourth).await.0, "IN_REJETE");

    let ledger = simulator.ledger().await;
    let doubles: Vec<_> = ledger.iter().map(|line| line["duplicate_of"].clone()).collect();
    assert_eq!(doubles, [Value::Null, json!(first), Value::Null, json!(first)]);
    let states: Vec<_> = ledger.iter().map(|line| line["flow_state"].as_str().unwrap()).collect();
    assert_eq!(states, ["IN_INTEGRE", "IN_REJETE", "IN_INTEGRE", "IN_REJETE"]);
    assert_eq!(ledger[0]["invoice_state"], "MISE_A_DISPOSITION");
    assert_eq!(ledger[1]["invoice_state"], Value::Null);
    for field in ["flow", "at", "file_name", "sha256", "supplier", "number", "year"] {
        assert!(ledger[0][field].is_string(), "{field}");
    }
    assert_eq!((&ledger[0]["supplier"], &ledger[0]["year"]), (&json!(SUPPLIER), &json!("2026")));
}

#[tokio::test]
async fn a_rejected_invoice_may_return_under_its_number_a_refused_one_may_not() {
    let simulator = Simulator::start(&[]).await;
    let wrong = Invoice { payment_means: None, ..Invoice::new("BACK-1") };
    let flow = simulator.deposit_ubl(&wrong.ubl()).await;
    assert_eq!(outcome(&simulator, &flow).await.0, "IN_REJETE");
    let right = Invoice::new("BACK-1");
    let flow = simulator.deposit_ubl(&right.ubl()).await;
    assert_eq!(outcome(&simulator, &flow).await.0, "IN_INTEGRE");
    assert_eq!(simulator.ledger().await[1]["duplicate_of"], Value::Null);
    let refusal = json!({ "number": "BACK-1", "supplier": SUPPLIER, "status": "REJETEE", "comment": "non" });
    simulator.admin("/simulator/status", refusal).await;
    let flow = simulator.deposit_ubl(&right.ubl()).await;
    assert_eq!(outcome(&simulator, &flow).await.0, "IN_REJETE");
}

#[tokio::test]
async fn subcontractors_are_outside_the_duplicate_control_but_the_ledger_sees_the_same_bytes() {
    let simulator = Simulator::start(&[]).await;
    let invoice = Invoice { framework: "A9".to_owned(), ..Invoice::new("SUB-1") };
    let first = simulator.deposit_ubl(&invoice.ubl()).await;
    let second = simulator.deposit_ubl(&invoice.ubl()).await;
    let other = Invoice { payable: "1.00".to_owned(), ..invoice };
    simulator.deposit_ubl(&other.ubl()).await;
    assert_eq!(outcome(&simulator, &second).await.0, "IN_INTEGRE");
    let doubles: Vec<_> = simulator.ledger().await.iter().map(|line| line["duplicate_of"].clone()).collect();
    assert_eq!(doubles, [Value::Null, json!(first), Value::Null]);
}

#[tokio::test]
async fn the_deposit_itself_may_refuse_integrated_bytes() {
    let simulator = Simulator::start(&["--duplicate-check", "deposit"]).await;
    let bytes = Invoice::new("DEPOSIT-1").ubl();
    let flow = simulator.deposit_ubl(&bytes).await;
    assert_eq!(outcome(&simulator, &flow).await.0, "IN_INTEGRE");
    let answer = simulator.try_deposit("IN_DP_E1_UBL_INVOICE", "facture.xml", &bytes).await.unwrap();
    assert_ne!(answer.body["codeRetour"], 0);
    assert!(answer.body["libelle"].as_str().unwrap().contains("SIM-DOUBLON"));
    assert_eq!(simulator.ledger().await.len(), 1);
}

#[tokio::test]
async fn a_lot_is_integrated_invoice_by_invoice() {
    let simulator = Simulator::start(&[]).await;
    let invoices = [
        Invoice::new("LOT-1"),
        Invoice { payment_means: None, ..Invoice::new("LOT-2") },
        Invoice::new("LOT-3"),
        Invoice::new("LOT-1"),
    ];
    let flow = simulator.deposit("IN_DP_E1_UBL_INVOICE", "lot.tar.gz", &lot(&invoices)).await;
    let (state, report) = outcome(&simulator, &flow).await;
    assert_eq!(state, "IN_INTEGRE_PARTIEL");
    let errors: Vec<_> =
        report["listeErreurDP"].as_array().unwrap().iter().map(|one| one["numeroDP"].clone()).collect();
    assert_eq!(errors, [json!("LOT-2"), json!("LOT-1")]);
    assert_eq!(simulator.search(json!({ "numeroFluxDepot": flow })).await["parametresRetour"]["total"], 2);
    let ledger = simulator.ledger().await;
    assert_eq!(ledger.len(), 4);
    assert_eq!(ledger[3]["duplicate_of"], json!(flow));
}

#[tokio::test]
async fn files_that_cannot_be_read_are_technical_errors() {
    let simulator = Simulator::start(&["--token-lifetime", "30d"]).await;
    let good = String::from_utf8(Invoice::new("BAD-1").ubl()).unwrap();
    let cases: [(&str, Vec<u8>, &str); 8] = [
        ("IN_DP_E1_UBL_INVOICE", b"<Invoice".to_vec(), "ERR_XSD_001"),
        ("IN_DP_E1_UBL_INVOICE", good.replace("120.10", "-1 324,60").into_bytes(), "'-1 324,60' is not a valid value"),
        ("IN_DP_E1_UBL_INVOICE", good.replace("2026-10-05", "05/10/2026").into_bytes(), "for 'date'"),
        ("IN_DP_E1_UBL_INVOICE", good.replace("<cbc:ID>BAD-1</cbc:ID>", "").into_bytes(), "cvc-complex-type.2.4.b"),
        ("IN_DP_E1_CII_16B", good.clone().into_bytes(), "cvc-elt.1"),
        (
            "IN_DP_E1_UBL_INVOICE",
            good.replace("?>\n", "?>\n<!DOCTYPE Invoice [<!ENTITY x \"y\">]>\n").into_bytes(),
            "IRRECEVABILITE",
        ),
        ("IN_DP_E2_CII_FACTURX", b"%PDF-1.7\nrien".to_vec(), "le PDF est illisible"),
        ("IN_DP_E1_UBL_INVOICE", vec![0x1F, 0x8B, 8, 0, 0, 0], "le lot est illisible"),
    ];
    for (syntax, bytes, text) in cases {
        let flow = simulator.deposit(syntax, "facture", &bytes).await;
        let (state, report) = outcome(&simulator, &flow).await;
        assert_eq!(state, "IN_REJETE");
        let error = report["listeErreurTechnique"][0].to_string();
        assert!(error.contains(text), "{text}: {error}");
        assert!(report["listeErreurDP"].as_array().unwrap().is_empty());
    }
}
