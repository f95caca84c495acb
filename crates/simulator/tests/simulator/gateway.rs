//! Tokens and what the gateway refuses before a call reaches Chorus Pro.

use serde_json::{Value, json};

use crate::documents::Invoice;
use crate::support::{Simulator, deposit_body};

const DEPOSIT: &str = "/cpro/factures/v1/deposer/flux";

async fn token_with(simulator: &Simulator, form: &[(&str, &str)], basic: Option<(&str, &str)>) -> (u16, String) {
    let mut request = simulator.http().post(simulator.url("/api/oauth/token")).form(form);
    if let Some((id, secret)) = basic {
        request = request.basic_auth(id, Some(secret));
    }
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test]
async fn a_token_is_given_for_a_form_and_for_basic_credentials() {
    let simulator = Simulator::start(&["--token-lifetime", "10m"]).await;
    let form =
        [("grant_type", "client_credentials"), ("client_id", "facteur-demo"), ("client_secret", "facteur-demo-secret")];
    let (status, body) = token_with(&simulator, &form, None).await;
    assert_eq!(status, 200);
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        (&body["token_type"], &body["expires_in"], &body["scope"]),
        (&json!("Bearer"), &json!(600), &json!("openid"))
    );

    let grant = [("grant_type", "client_credentials")];
    let (status, body) = token_with(&simulator, &grant, Some(("facteur-demo", "facteur-demo-secret"))).await;
    assert_eq!(status, 200, "{body}");
}

#[tokio::test]
async fn a_wrong_id_and_a_wrong_secret_get_the_same_bytes() {
    let simulator = Simulator::start(&[]).await;
    let with = |id: &'static str, secret: &'static str| {
        [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)]
    };
    let wrong_secret = token_with(&simulator, &with("facteur-demo", "no"), None).await;
    let wrong_id = token_with(&simulator, &with("nobody", "facteur-demo-secret"), None).await;
    assert_eq!(wrong_secret.0, 400);
    assert!(wrong_secret.1.contains("invalid_client"));
    assert_eq!(wrong_secret, wrong_id);
    let grant = [("grant_type", "client_credentials")];
    assert_eq!(token_with(&simulator, &grant, Some(("facteur-demo", "no"))).await.0, 400);
    assert_eq!(token_with(&simulator, &grant, None).await.0, 400);
}

#[tokio::test]
async fn the_gateway_refuses_before_chorus_pro() {
    let simulator = Simulator::start(&[]).await;
    let body = deposit_body("IN_DP_E1_UBL_INVOICE", "facture.xml", &Invoice::new("GW-1").ubl());
    let request = || simulator.http().post(simulator.url(DEPOSIT)).json(&body);
    let account = Simulator::account();

    let missing = request().header("cpro-account", &account).send().await.unwrap();
    assert_eq!(missing.status().as_u16(), 400);
    assert!(missing.headers()["www-authenticate"].to_str().unwrap().contains("Unable to find token"));

    let wrong = request().header("cpro-account", &account).bearer_auth("nothing").send().await.unwrap();
    assert_eq!(wrong.status().as_u16(), 401);
    let no_account = request().bearer_auth(simulator.token()).send().await.unwrap();
    assert_eq!(no_account.status().as_u16(), 401);
    let bad_account = request().bearer_auth(simulator.token()).header("cpro-account", "bm86bm8=").send().await.unwrap();
    assert_eq!(bad_account.status().as_u16(), 401);

    assert_eq!(simulator.call("/cpro/factures/v1/inconnu", json!({})).await.status, 403);
    assert_eq!(simulator.call("/cpro/engagementsJuridiques/v1/rechercher", json!({})).await.status, 403);
    let get = simulator.http().get(simulator.url(DEPOSIT)).bearer_auth(simulator.token());
    assert_eq!(get.header("cpro-account", &account).send().await.unwrap().status().as_u16(), 403);

    let text = simulator.http().post(simulator.url(DEPOSIT)).bearer_auth(simulator.token());
    let text = text.header("cpro-account", &account).body("{}").send().await.unwrap();
    assert_eq!(text.status().as_u16(), 415);
    assert!(simulator.ledger().await.is_empty());
}

#[tokio::test]
async fn a_refusal_reaches_a_client_that_writes_everything_first() {
    let simulator = Simulator::start(&[]).await;
    let body = deposit_body("IN_DP_E1_UBL_INVOICE", "facture.xml", &vec![b' '; 8 * 1024 * 1024]);
    for _ in 0..5 {
        let request = simulator.http().post(simulator.url(DEPOSIT)).json(&body).bearer_auth("nothing");
        assert_eq!(request.send().await.unwrap().status().as_u16(), 401);
    }
}

#[tokio::test]
async fn a_token_expires_with_the_simulated_clock() {
    let mut simulator = Simulator::start(&[]).await;
    assert_eq!(simulator.search(json!({})).await["codeRetour"], 0);
    simulator.advance("61m").await;
    assert_eq!(simulator.call("/cpro/factures/v1/rechercher/fournisseur", json!({})).await.status, 401);
    simulator.renew_token().await;
    assert_eq!(simulator.search(json!({})).await["codeRetour"], 0);
}

#[tokio::test]
async fn malformed_requests_are_refused() {
    let simulator = Simulator::start(&[]).await;
    let good = Invoice::new("GW-2").ubl();
    for syntax in ["IN_DP_E3_FACTUR_X_10", "IN_DP_E1_UBL_201", "IN_DP_E2_CII_16B", "IN_DP_E1_PES_FACTURE", ""] {
        let answer = simulator.try_deposit(syntax, "facture.xml", &good).await.unwrap();
        assert_eq!(answer.status, 400, "{syntax}");
    }
    let mut body = deposit_body("IN_DP_E1_UBL_INVOICE", "facture.xml", &good);
    body["fichierFlux"] = json!("pas du base64 !");
    assert_eq!(simulator.call(DEPOSIT, body).await.status, 400);
    assert_eq!(simulator.try_deposit("IN_DP_E1_UBL_INVOICE", "facture.xml", b"").await.unwrap().status, 400);
    let search = simulator.call("/cpro/factures/v1/rechercher/fournisseur", json!({ "typeFacture": "RIEN" })).await;
    assert_eq!(search.status, 400);
    let search = json!({ "periodeDateDepotDu": "hier" });
    assert_eq!(simulator.call("/cpro/factures/v1/rechercher/fournisseur", search).await.status, 400);
    assert!(simulator.ledger().await.is_empty());
}

#[tokio::test]
async fn files_over_the_limits_are_functional_errors() {
    let simulator = Simulator::start(&[]).await;
    let xml = vec![b' '; 10 * 1024 * 1024 + 1];
    let answer = simulator.try_deposit("IN_DP_E1_UBL_INVOICE", "facture.xml", &xml).await.unwrap();
    assert_eq!((answer.status, &answer.body["codeRetour"]), (200, &json!(20001)));
    assert!(answer.body["libelle"].as_str().unwrap().starts_with("GDP_MSG_11.022"));
    let mut lot = vec![0x1F, 0x8B];
    lot.resize(30 * 1024 * 1024 + 1, 0);
    let answer = simulator.try_deposit("IN_DP_E1_UBL_INVOICE", "lot.tar.gz", &lot).await.unwrap();
    assert_eq!(answer.body["codeRetour"], 20001);
    assert!(simulator.ledger().await.is_empty());
}

#[tokio::test]
async fn functional_errors_can_be_http_400() {
    let simulator = Simulator::start(&["--functional-errors", "400"]).await;
    let answer = simulator
        .call("/cpro/transverses/v1/consulterCRDetaille", json!({ "numeroFluxDepot": "CPP0011100000000000000009" }))
        .await;
    assert_eq!((answer.status, &answer.body["codeRetour"]), (400, &json!(20001)));
    assert_eq!(answer.body["libelle"], "POQ_MSG_01.003 - Flux introuvable.");
}
