//! Reports, searches, histories and tokens against a server that does exactly what the case says.

#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use facteur_model::gateway::{FlowClass, Gateway, GatewayError, Search};
use facteur_transmit::chorus_pro::ChorusPro;
use support::{Act, Server, account, json, page, token, with_headers};

/// A gateway before a server with that script.
async fn asking(acts: impl IntoIterator<Item = Act>) -> (ChorusPro, Server) {
    let tokens = Server::playing([token("t")]).await;
    let server = Server::playing(acts).await;
    (account(&tokens, &server.url(), |configuration| configuration.limits.page_size = 10), server)
}

fn ok(body: &str) -> Act {
    let head = r#"{"codeRetour":0,"libelle":"GCU_MSG_01_000","#;
    Act::Answer(json(200, &format!("{head}{}", body.trim_start_matches('{'))))
}

fn search() -> Search<'static> {
    Search { number: "FA-1", issued: "2026-09-14" }
}

#[tokio::test]
async fn a_report_is_read_in_both_shapes() {
    let list = r#"{"etatCourantDepotFlux":"IN_INTEGRE_PARTIEL","listeErreurDP":[{"numeroDP":"FA-1","identifiantFournisseur":12345678200051,"libelleErreurDP":"non | oui"}],"listeErreurTechnique":null}"#;
    let single = r#"{"etatCourantDepotFlux":"IN_REJETE","listeErreurDP":{"numeroDP":"FA-1"},"listeErreurTechnique":{"codeErreur":"ERR_XSD_001","libelleErreur":"ligne: 150"}}"#;
    let strange = r#"{"etatCourantDepotFlux":"IN_NOUVEAU","listeErreurDP":"","natif":{}}"#;
    let (gateway, server) = asking([ok(list), ok(single), ok(strange)]).await;
    let partial = gateway.flow_report("CPP1").await.unwrap().unwrap();
    assert_eq!((partial.code.as_str(), partial.class), ("IN_INTEGRE_PARTIEL", FlowClass::Partial));
    assert_eq!(partial.refused[0].supplier.as_deref(), Some("12345678200051"));
    assert_eq!(partial.refused[0].text, "non | oui");
    assert!(partial.technical.is_empty() && partial.raw.contains("IN_INTEGRE_PARTIEL"));
    let rejected = gateway.flow_report("CPP1").await.unwrap().unwrap();
    assert_eq!((rejected.class, rejected.refused.len()), (FlowClass::Rejected, 1));
    assert_eq!(rejected.technical, ["ERR_XSD_001: ligne: 150"]);
    let unknown = gateway.flow_report("CPP1").await.unwrap().unwrap();
    assert_eq!((unknown.code.as_str(), unknown.class), ("IN_NOUVEAU", FlowClass::Unknown));
    assert_eq!(server.seen()[0].path(), "/cpro/transverses/v1/consulterCRDetaille");
    assert_eq!(server.seen()[0].json()["numeroFluxDepot"], "CPP1");
}

#[tokio::test]
async fn a_flow_not_found_is_no_error_with_either_status() {
    let body = r#"{"codeRetour":20001,"libelle":"POQ_MSG_01.003 - Flux introuvable."}"#;
    let other = r#"{"codeRetour":20001,"libelle":"GDP_MSG_11.005"}"#;
    let acts = [json(200, body), json(400, body), json(200, other)].map(Act::Answer);
    let (gateway, _) = asking(acts).await;
    assert_eq!(gateway.flow_report("CPP1").await.unwrap(), None);
    assert_eq!(gateway.flow_report("CPP1").await.unwrap(), None);
    assert!(matches!(gateway.flow_report("CPP1").await, Err(GatewayError::Refused { code: 20001, .. })));
}

#[tokio::test]
async fn a_report_without_a_state_is_not_a_report() {
    let (gateway, _) = asking([ok(r#"{"listeErreurDP":[]}"#)]).await;
    assert!(matches!(gateway.flow_report("CPP1").await, Err(GatewayError::Protocol(_))));
}

fn rows(numbers: impl IntoIterator<Item = usize>) -> String {
    let row = |id| {
        format!(
            r#"{{"identifiantFactureCPP":{id},"numeroFacture":"FA-1","codeFournisseur":"33254021516357","dateFacture":"2026-09-14T00:00:00.000+02:00","montantTTC":1234.10,"numeroFluxDepot":"CPP1","statut":"DEPOSEE"}}"#
        )
    };
    numbers.into_iter().map(row).collect::<Vec<_>>().join(",")
}

#[tokio::test]
async fn a_search_reads_all_pages_and_keeps_every_digit() {
    let page = |numbers: std::ops::Range<usize>| {
        ok(&format!(
            r#"{{"listeFactures":[{}],"parametresRetour":{{"pageCourante":1,"pages":3,"nbResultatsParPage":10,"total":23}}}}"#,
            rows(numbers)
        ))
    };
    let (gateway, server) = asking([page(0..10), page(10..20), page(20..23)]).await;
    let found = gateway.search(search()).await.unwrap();
    assert_eq!(found.len(), 23);
    assert_eq!(found[22].id, "22");
    assert_eq!(found[0].total.unwrap().to_string(), "1234.10");
    assert_eq!(found[0].issued.as_deref(), Some("2026-09-14"));
    assert_eq!(found[0].flow.as_deref(), Some("CPP1"));
    let asked: Vec<_> = server.seen().iter().map(support::Seen::json).collect();
    let pages: Vec<_> =
        asked.iter().map(|asked| asked["rechercheFactureParFournisseur"]["pageResultatDemandee"].clone()).collect();
    assert_eq!(pages, [1, 2, 3]);
    assert_eq!(asked[0]["numeroFacture"], "FA-1");
    assert_eq!(asked[0]["periodeDateFactureDu"], "2026-09-13T00:00:00.000Z");
    assert_eq!(asked[0]["periodeDateFactureAu"], "2026-09-15T23:59:59.999Z");
}

#[tokio::test]
async fn pages_at_the_root_or_nowhere_are_read_too() {
    let rooted =
        |numbers, page| format!(r#"{{"listeFactures":[{}],"pages":2,"page":{page},"total":4}}"#, rows(numbers));
    let (gateway, _) = asking([ok(&rooted([1, 2], 1)), ok(&rooted([3, 4], 2))]).await;
    assert_eq!(gateway.search(search()).await.unwrap().len(), 4);
    let silent = |numbers: &[usize]| ok(&format!(r#"{{"listeFactures":[{}]}}"#, rows(numbers.iter().copied())));
    let (gateway, server) = asking([silent(&[1, 2]), silent(&[3]), silent(&[])]).await;
    assert_eq!(gateway.search(search()).await.unwrap().len(), 3);
    assert_eq!(server.seen().len(), 3, "without a count, only an empty page is the end");
}

#[tokio::test]
async fn an_empty_or_missing_list_is_nothing_found() {
    let empty = r#"{"listeFactures":null,"parametresRetour":{"pages":0,"total":0}}"#;
    let (gateway, _) = asking([ok(empty), ok(r#"{"parametresRetour":null}"#)]).await;
    assert!(gateway.search(search()).await.unwrap().is_empty());
    assert!(gateway.search(search()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_shorter_list_than_announced_proves_no_absence() {
    let short = r#"{"listeFactures":[],"parametresRetour":{"pages":1,"total":3}}"#;
    let (gateway, _) = asking([ok(short)]).await;
    let error = gateway.search(search()).await.unwrap_err();
    assert!(matches!(&error, GatewayError::Protocol(text) if text.starts_with("GATEWAY-INCOMPLETE-LIST")), "{error}");
}

#[tokio::test]
async fn only_the_exact_number_and_the_asked_flow_are_kept() {
    let mixed = r#"{"listeFactures":[{"identifiantFactureCPP":1,"numeroFacture":"FA-10","numeroFluxDepot":"CPP2"},{"identifiantFactureCPP":2,"numeroFacture":" FA-1 ","numeroFluxDepot":"CPP1"},{"identifiantFactureCPP":3,"numeroFacture":"fa-1"}],"total":3}"#;
    let (gateway, server) = asking([ok(mixed)]).await;
    let ids = |found: Vec<facteur_model::gateway::GatewayInvoice>| {
        found.into_iter().map(|invoice| invoice.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(gateway.search(search()).await.unwrap()), ["2"]);
    assert_eq!(ids(gateway.search_flow("CPP1").await.unwrap()), ["2", "3"]);
    assert_eq!(server.seen()[1].json()["numeroFluxDepot"], "CPP1");
}

#[tokio::test]
async fn a_history_is_read_to_its_end() {
    let page = |ids: std::ops::Range<u32>, total: u32| {
        let rows: Vec<_> = ids
            .map(|id| format!(r#"{{"histoStatutId":{id},"histoStatutCode":"S{id}","histoStatutDatePassage":"2026-09-14T10:00:00.000+02:00","histoStatutCommentaire":null}}"#))
            .collect();
        ok(&format!(
            r#"{{"statutCourantCode":"MISE_A_DISPOSITION","historiquesDesStatuts":{{"histoStatut":[{}],"pagesHistoStatut":2,"totalHistoStatut":{total}}}}}"#,
            rows.join(",")
        ))
    };
    let (gateway, server) = asking([page(0..10, 13), page(10..13, 13)]).await;
    let history = gateway.history("3123988").await.unwrap();
    assert_eq!(history.current, "MISE_A_DISPOSITION");
    assert_eq!(history.statuses.len(), 13);
    assert_eq!(history.statuses[12].id.as_deref(), Some("12"));
    assert_eq!(history.raw.lines().count(), 2);
    let asked = server.seen()[1].json();
    assert_eq!(asked["idFacture"], 3_123_988, "a number, not a text");
    assert_eq!(asked["paramRechercheHistoStatuts"]["pageResultatDemandeeListeHistoStatut"], 2);
}

#[tokio::test]
async fn a_history_without_rows_still_tells_the_present_status() {
    let (gateway, _) = asking([ok(r#"{"statutCourantCode":"INCONNU_2027","historiquesDesStatuts":null}"#)]).await;
    let history = gateway.history("1").await.unwrap();
    assert_eq!((history.current.as_str(), history.statuses.len()), ("INCONNU_2027", 0));
}

#[tokio::test]
async fn a_question_that_finds_no_answer_says_why() {
    type Is = fn(&GatewayError) -> bool;
    let unavailable: Is = |error| matches!(error, GatewayError::Unavailable(_));
    let protocol: Is = |error| matches!(error, GatewayError::Protocol(_));
    let credentials: Is = |error| matches!(error, GatewayError::Credentials(_));
    let cases: Vec<(&str, Act, Is)> = vec![
        ("closed", Act::Close, unavailable),
        ("reset", Act::Reset, unavailable),
        (
            "half",
            Act::AnswerAndClose(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{\"codeRetour\":0".to_vec()),
            unavailable,
        ),
        ("silence", Act::Hang, unavailable),
        ("page", Act::Answer(page(200, "<html>")), unavailable),
        ("page 503", Act::Answer(page(503, "<html>")), unavailable),
        ("endless", Act::Endless(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()), protocol),
        ("no JSON", Act::Answer(json(200, "ok")), protocol),
        ("redirect", Act::Answer(with_headers(302, "Location: http://127.0.0.1:1/\r\n", "")), protocol),
        ("401", Act::Answer(json(401, "{}")), credentials),
        ("403", Act::Answer(json(403, r#"{"httpCode":"403","httpMessage":"Forbidden"}"#)), credentials),
        (
            "429",
            Act::Answer(with_headers(429, "Retry-After: 9\r\n", "")),
            |error| matches!(error, GatewayError::Busy { after: Some(after), .. } if after.as_secs() == 9),
        ),
    ];
    for (name, act, is) in cases {
        let (gateway, _) = asking([act]).await;
        let error = gateway.flow_report("CPP1").await.unwrap_err();
        assert!(is(&error), "{name}: {error}");
    }
}

#[tokio::test]
async fn a_token_that_ended_is_replaced_for_a_question_too() {
    let tokens = Server::playing([token("old"), token("new")]).await;
    let report = json(200, r#"{"codeRetour":0,"libelle":"x","etatCourantDepotFlux":"IN_RECU"}"#);
    let server = Server::playing([Act::Answer(json(401, "{}")), Act::Answer(report)]).await;
    let gateway = account(&tokens, &server.url(), |_| {});
    assert_eq!(gateway.flow_report("CPP1").await.unwrap().unwrap().code, "IN_RECU");
    assert_eq!(server.seen()[1].header("authorization"), Some("Bearer new"));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_calls_at_once_fetch_one_token_and_stay_within_the_concurrency() {
    let tokens = Server::playing([token("t")]).await;
    let report = json(200, r#"{"codeRetour":0,"libelle":"x","etatCourantDepotFlux":"IN_RECU"}"#);
    let server = Server::playing([Act::AnswerLater(Duration::from_millis(20), report)]).await;
    let gateway = Arc::new(account(&tokens, &server.url(), |configuration| configuration.limits.concurrency = 3));
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let gateway = Arc::clone(&gateway);
            tokio::spawn(async move { gateway.flow_report("CPP1").await.unwrap().unwrap().code })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), "IN_RECU");
    }
    assert_eq!(tokens.seen().len(), 1);
    assert_eq!(server.most_busy(), 3);
    let form = String::from_utf8(tokens.seen()[0].body.clone()).unwrap();
    assert_eq!(
        form,
        "grant_type=client_credentials&client_id=application&client_secret=secret+of+the+application&scope=openid"
    );
}

#[tokio::test]
async fn a_token_near_its_end_is_renewed_before_it_is_refused() {
    let short = json(200, r#"{"access_token":"short","expires_in":1}"#);
    let tokens = Server::playing([Act::Answer(short), token("next")]).await;
    let server = Server::playing([ok(r#"{"etatCourantDepotFlux":"IN_RECU"}"#)]).await;
    let gateway = account(&tokens, &server.url(), |_| {});
    gateway.flow_report("CPP1").await.unwrap();
    tokio::time::sleep(Duration::from_millis(600)).await;
    gateway.flow_report("CPP1").await.unwrap();
    let bearers: Vec<_> = server.seen().iter().map(|seen| seen.header("authorization").unwrap().to_owned()).collect();
    assert_eq!(bearers, ["Bearer short", "Bearer next"]);
}

#[tokio::test]
async fn a_probe_for_a_supplier_searches_that_very_supplier() {
    let structure = ok(r#"{"listeStructures":[{"idStructureCPP":77,"identifiantStructure":"33254021516357"}]}"#);
    let empty = ok(r#"{"listeFactures":[],"parametresRetour":{"pages":0,"total":0}}"#);
    let closed = Act::Answer(json(200, r#"{"codeRetour":20001,"libelle":"GDP_MSG_11.005"}"#));
    let (gateway, server) =
        asking([structure.clone(), empty, structure, closed, ok(r#"{"listeStructures":[]}"#)]).await;
    gateway.probe(Some("33254021516357")).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen[0].path(), "/cpro/structures/v1/rechercher");
    assert_eq!(seen[1].path(), "/cpro/factures/v1/rechercher/fournisseur");
    assert_eq!(seen[1].json()["idFournisseur"], 77);
    for expected in ["GATEWAY-NOT-AUTHORISED", "GATEWAY-UNKNOWN-SUPPLIER"] {
        let error = gateway.probe(Some("33254021516357")).await.unwrap_err();
        assert!(matches!(&error, GatewayError::Credentials(text) if text.starts_with(expected)), "{error}");
    }
}

#[tokio::test]
async fn a_proxy_is_not_used_for_this_machine() {
    let tokens = Server::playing([token("t")]).await;
    let server = Server::playing([ok(r#"{"listeFactures":[]}"#)]).await;
    let proxy = Server::playing([Act::Close]).await;
    let address = proxy.url();
    let gateway = account(&tokens, &server.url(), |configuration| configuration.proxy = Some(address));
    gateway.probe(None).await.unwrap();
    assert_eq!((server.seen().len(), proxy.connections()), (1, 0));
}

#[tokio::test]
async fn a_proxy_that_refuses_the_tunnel_is_no_connection() {
    let tokens = Server::playing([token("t")]).await;
    let proxy = Server::playing([Act::AnswerAndClose(page(407, "<html>who are you</html>"))]).await;
    let address = proxy.url();
    let gateway = account(&tokens, "https://gateway.invalid", |configuration| configuration.proxy = Some(address));
    let error = gateway.probe(None).await.unwrap_err();
    assert!(matches!(&error, GatewayError::Unavailable(text) if text.starts_with("GATEWAY-NO-CONNECTION")), "{error}");
    assert!(proxy.seen()[0].head.starts_with("CONNECT gateway.invalid:443 "));
    assert!(!proxy.seen()[0].head.to_lowercase().contains("cpro-account"));
}

#[tokio::test]
async fn a_probe_needs_a_search_that_answers() {
    let (gateway, server) = asking([ok(r#"{"listeFactures":[]}"#), Act::Answer(json(403, "{}"))]).await;
    gateway.probe(None).await.unwrap();
    assert_eq!(server.seen().len(), 1);
    let error = gateway.probe(None).await.unwrap_err();
    assert!(matches!(&error, GatewayError::Credentials(text) if text.starts_with("GATEWAY-NOT-SUBSCRIBED")));
}
