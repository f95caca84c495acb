//! Every way in which a deposit can end, against a server that does exactly what the case says.

#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use base64::Engine as _;
use facteur_model::gateway::{DepositOutcome, Gateway};
use support::{Act, Server, accepted, account, bytes, flow, json, page, token, with_headers};

/// A file whose request is far larger than what the sockets between the two sides hold.
const LARGE: usize = 9_900_000;

/// What an outcome is, in the words of the cases below.
fn word(outcome: &DepositOutcome) -> String {
    let code = |text: &str| text.split(':').next().unwrap().trim_start_matches("GATEWAY-").to_lowercase();
    match outcome {
        DepositOutcome::Accepted { flow, .. } => format!("accepted {flow}"),
        DepositOutcome::Rejected { reasons, .. } => format!("rejected {}", reasons.join(" & ")),
        DepositOutcome::Deferred { after, needs_person, reason } => {
            let after = after.map_or(String::new(), |after| format!(" after {}", after.as_secs()));
            let person = if *needs_person { " person" } else { "" };
            format!("deferred {}{after}{person}", code(reason))
        }
        DepositOutcome::Unknown { reason, .. } => format!("unknown {}", code(reason)),
        DepositOutcome::Duplicate { reason, .. } => format!("duplicate {reason}"),
    }
}

/// Deposits once against that act; returns the outcome and how many requests reached the server.
async fn deposit_against(act: Act, length: usize) -> (DepositOutcome, Server) {
    let tokens = Server::playing([token("t")]).await;
    let server = Server::playing([act]).await;
    let gateway = account(&tokens, &server.url(), |_| {});
    let outcome = gateway.deposit(flow(&bytes(length))).await;
    (outcome, server)
}

#[tokio::test]
async fn what_the_gateway_answers_decides_what_a_deposit_is() {
    let gateway_403 = r#"{"httpCode":"403","httpMessage":"Forbidden","moreInformation":"x"}"#;
    let oauth = r#"{"error":"invalid_request","error_description":"Unable to find token in the message"}"#;
    let service = |code: i64, label: &str| format!(r#"{{"codeRetour":{code},"libelle":"{label}"}}"#);
    let bearer = "WWW-Authenticate: Bearer realm=\"DefaultRealm\", error=\"invalid_request\"\r\n";
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (accepted(), "accepted CPP0011117000000000425903"),
        (json(201, r#"{"codeRetour":"0","libelle":"x","numeroFluxDepot":"CPP1"}"#), "accepted CPP1"),
        // Success without what makes it one.
        (json(200, &service(0, "GCU_MSG_01_000")), "unknown no-flow-number"),
        (json(200, r#"{"codeRetour":0,"libelle":"x","numeroFluxDepot":""}"#), "unknown no-flow-number"),
        (json(200, r#"{"codeRetour":0,"libelle":"x","numeroFluxDepot":null}"#), "unknown no-flow-number"),
        (json(200, r#"{"codeRetour":0,"libelle":"x","numeroFluxDepot":"<b>?</b>"}"#), "unknown unreadable-answer"),
        (json(200, r#"{"codeRetour":1,"libelle":"x","numeroFluxDepot":"CPP1"}"#), "unknown unreadable-answer"),
        (json(200, r#"{"codeRetour":7}"#), "unknown no-flow-number"),
        (json(200, "{}"), "unknown no-flow-number"),
        (json(200, "[]"), "unknown unreadable-answer"),
        (json(200, ""), "unknown unreadable-answer"),
        (json(200, r#"{"codeRetour":0,"libelle":"GCU"#), "unknown unreadable-answer"),
        (page(200, "<html>maintenance</html>"), "unknown unreadable-answer"),
        (with_headers(204, "", ""), "unknown unreadable-answer"),
        // Functional refusals, with both statuses.
        (json(200, &service(20001, "GDP_MSG_11.022")), "rejected GDP_MSG_11.022"),
        (json(400, &service(20001, "GDP_MSG_11.022")), "rejected GDP_MSG_11.022"),
        (json(413, &service(20001, "trop gros")), "rejected trop gros"),
        (json(415, &service(20001, "format | taille")), "rejected format & taille"),
        (json(200, &service(1, "Facture en DOUBLON")), "duplicate GATEWAY-ALREADY-THERE: Facture en DOUBLON"),
        (json(400, &service(1, "déjà déposée")), "duplicate GATEWAY-ALREADY-THERE: déjà déposée"),
        (json(200, &service(1, "GDP_MSG_11.005")), "deferred not-authorised person"),
        (json(200, &service(1, "Erreur technique")), "unknown technical-fault"),
        (json(400, &service(1, "Service indisponible")), "deferred technical-fault"),
        // The gateway before the service.
        (json(400, oauth), "deferred request-refused person"),
        (with_headers(400, bearer, ""), "deferred account-refused person"),
        (json(401, oauth), "deferred account-refused person"),
        (json(401, &service(1, "x")), "deferred account-refused person"),
        (json(403, gateway_403), "deferred not-subscribed person"),
        (json(403, &service(1, "x")), "deferred not-authorised person"),
        (json(404, r#"{"httpCode":"404","httpMessage":"Not Found"}"#), "deferred wrong-address person"),
        (json(413, r#"{"httpCode":"413","httpMessage":"Too Large"}"#), "rejected GATEWAY-TOO-LARGE: 413 Too Large"),
        (json(415, r#"{"httpCode":"415","httpMessage":"x"}"#), "deferred request-refused person"),
        (json(429, r#"{"error":"too_many"}"#), "deferred pause"),
        (with_headers(429, "Retry-After: 30\r\n", r#"{"error":"too_many"}"#), "deferred pause after 30"),
        // The same statuses from somebody who does not say who he is.
        (json(400, "{}"), "unknown server-error"),
        (json(400, &service(0, "fine")), "unknown server-error"),
        (with_headers(401, "", ""), "unknown server-error"),
        (page(403, "<html>proxy</html>"), "unknown server-error"),
        (page(404, "<html>gone</html>"), "unknown server-error"),
        (page(413, "<html>nginx</html>"), "unknown server-error"),
        (page(429, "<html>slow down</html>"), "unknown server-error"),
        // Everything else.
        (json(500, &service(1, "x")), "unknown server-error"),
        (json(500, r#"{"error":"internal"}"#), "unknown server-error"),
        (page(502, "<html>bad gateway</html>"), "unknown server-error"),
        (page(503, "<html>unavailable</html>"), "unknown server-error"),
        (with_headers(504, "", ""), "unknown server-error"),
        (json(408, r#"{"error":"timeout"}"#), "unknown server-error"),
        (json(422, &service(1, "x")), "unknown server-error"),
        // Lies and nonsense.
        (b"HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n{\"codeRetour\":0,\"libelle\":\"x\",\"numeroFluxDepot\":\"A\"}".to_vec(),
            "unknown unreadable-answer"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n".to_vec(), "unknown no-answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n".to_vec(), "unknown unreadable-answer"),
    ];
    for (answer, expected) in cases {
        let (outcome, server) = deposit_against(Act::AnswerAndClose(answer.clone()), 1000).await;
        let shown = String::from_utf8_lossy(&answer).into_owned();
        assert_eq!(word(&outcome), expected, "{shown}");
        let requests = if shown.starts_with("HTTP/1.1 401") && !expected.starts_with("unknown") { 2 } else { 1 };
        assert_eq!(server.connections(), requests, "{shown}");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_unknown() {
    let whole = accepted();
    let head = whole.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    let cut = |at: usize| Act::AnswerAndClose(whole[..at].to_vec());
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{\"codeRetour\":0,\r\n".to_vec();
    let acts = [
        cut(5),
        cut(head - 2),
        cut(head),
        cut(head + 20),
        cut(whole.len() - 1),
        Act::AnswerAndClose(chunked),
        Act::Close,
        Act::Reset,
        Act::Hang,
    ];
    for act in acts {
        let (outcome, server) = deposit_against(act, 1000).await;
        assert_eq!(word(&outcome), "unknown no-answer");
        let seen = server.wait_for(1).await;
        assert_eq!((seen.len(), seen[0].body.len()), (1, seen[0].announced), "the request had left whole");
    }
}

#[tokio::test]
async fn an_answer_without_end_is_cut_and_unknown() {
    for head in ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 503 X\r\nContent-Length: 9000000000\r\n\r\n"] {
        let (outcome, _) = deposit_against(Act::Endless(head.into()), 1000).await;
        assert_eq!(word(&outcome), "unknown unreadable-answer", "{head}");
    }
}

#[tokio::test]
async fn a_request_that_did_not_leave_whole_is_proof() {
    let (outcome, server) = deposit_against(Act::ResetWithin(100_000), LARGE).await;
    assert_eq!(word(&outcome), "deferred not-sent-whole");
    assert!(server.wait_for(1).await[0].body.len() < server.seen()[0].announced);
}

#[tokio::test]
async fn an_answer_before_the_end_of_the_request_stops_it_for_good() {
    let cases = [
        (page(503, "<html>busy</html>"), "deferred not-sent-whole"),
        (page(413, "<html>nginx</html>"), "deferred not-sent-whole person"),
        (with_headers(503, "Retry-After: 7\r\n", ""), "deferred not-sent-whole after 7"),
        (json(200, "{}"), "deferred not-sent-whole"),
        (json(400, r#"{"codeRetour":3,"libelle":"non"}"#), "rejected non"),
    ];
    for (answer, expected) in cases {
        let shown = String::from_utf8_lossy(&answer).into_owned();
        let (outcome, server) = deposit_against(Act::AnswerEarly(answer), LARGE).await;
        assert_eq!(word(&outcome), expected, "{shown}");
        let seen = server.wait_for(1).await;
        assert!(seen[0].body.len() < seen[0].announced, "nothing more may leave after the outcome: {shown}");
    }
}

#[tokio::test]
async fn nobody_at_the_address_is_proof() {
    let tokens = Server::playing([token("t")]).await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let gateway = account(&tokens, &format!("http://{address}"), |_| {});
    assert_eq!(word(&gateway.deposit(flow(b"x")).await), "deferred no-connection");
}

#[tokio::test]
async fn nothing_leaves_without_a_token() {
    let cases = [
        (json(400, r#"{"error":"invalid_client"}"#), "deferred application-refused person"),
        (json(200, r#"{"access_token":""}"#), "deferred no-token"),
        (page(503, "<html>"), "deferred no-token"),
        (with_headers(429, "Retry-After: 5\r\n", ""), "deferred pause after 5"),
        (page(404, "<html>"), "deferred wrong-address person"),
    ];
    for (answer, expected) in cases {
        let tokens = Server::playing([Act::Answer(answer)]).await;
        let server = Server::playing([Act::Answer(accepted())]).await;
        let gateway = account(&tokens, &server.url(), |_| {});
        assert_eq!(word(&gateway.deposit(flow(b"x")).await), expected);
        assert_eq!(server.connections(), 0);
    }
}

#[tokio::test]
async fn exactly_one_request_leaves_however_it_ends() {
    let offered_alive = with_headers(503, "Connection: keep-alive\r\n", "");
    let acts = [Act::Close, Act::Reset, Act::CloseAtOnce, Act::Answer(offered_alive), Act::ResetWithin(0)];
    for act in acts {
        let (_, server) = deposit_against(act, 1000).await;
        // Time for a repetition that must not come.
        tokio::time::sleep(Duration::from_millis(150)).await;
        assert_eq!(server.connections(), 1);
    }
}

#[tokio::test]
async fn no_connection_serves_two_deposits() {
    let tokens = Server::playing([token("t")]).await;
    let server = Server::playing([Act::Answer(accepted()), Act::Close, Act::Answer(accepted())]).await;
    let gateway = account(&tokens, &server.url(), |_| {});
    for expected in ["accepted", "unknown", "accepted"] {
        assert!(word(&gateway.deposit(flow(b"x")).await).starts_with(expected));
    }
    assert_eq!((server.connections(), server.seen().len()), (3, 3));
    assert_eq!(tokens.seen().len(), 1, "the token is kept");
}

#[tokio::test]
async fn a_refused_token_is_replaced_once_and_the_same_bytes_sent_again() {
    let tokens = Server::playing([token("old"), token("new")]).await;
    let refused = Act::AnswerAndClose(json(401, r#"{"httpCode":"401","httpMessage":"Unauthorized"}"#));
    let server = Server::playing([refused, Act::Answer(accepted())]).await;
    let gateway = account(&tokens, &server.url(), |_| {});
    assert_eq!(word(&gateway.deposit(flow(b"x")).await), "accepted CPP0011117000000000425903");
    let seen = server.seen();
    let bearers: Vec<_> = seen.iter().map(|seen| seen.header("authorization").unwrap().to_owned()).collect();
    assert_eq!(bearers, ["Bearer old", "Bearer new"]);
    assert_eq!(seen[0].body, seen[1].body);
}

#[tokio::test]
async fn a_token_refused_twice_needs_a_person() {
    let tokens = Server::playing([token("t")]).await;
    let server = Server::playing([Act::AnswerAndClose(json(401, r#"{"error":"invalid_token"}"#))]).await;
    let gateway = account(&tokens, &server.url(), |_| {});
    assert_eq!(word(&gateway.deposit(flow(b"x")).await), "deferred account-refused person");
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Server::playing([Act::Answer(accepted())]).await;
    let answer = with_headers(307, &format!("Location: {}/cpro\r\n", elsewhere.url()), "");
    let (outcome, _) = deposit_against(Act::AnswerAndClose(answer), 1000).await;
    assert_eq!(word(&outcome), "unknown server-error");
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn the_request_is_the_documented_one() {
    let tokens = Server::playing([token("t")]).await;
    let server = Server::playing([Act::Answer(accepted())]).await;
    let gateway = account(&tokens, &server.url(), |_| {});
    let file = bytes(200_000);
    gateway.deposit(flow(&file)).await;
    let seen = &server.seen()[0];
    assert_eq!(seen.path(), "/cpro/factures/v1/deposer/flux");
    assert!(seen.head.starts_with("POST "));
    assert_eq!(seen.header("cpro-account"), Some("VEVDSF8xX3Rlc3RAY3Byby5mcjp3b3Jk"));
    assert_eq!(seen.header("authorization"), Some("Bearer t"));
    assert_eq!(seen.header("content-type"), Some("application/json;charset=utf-8"));
    assert_eq!(seen.header("transfer-encoding"), None, "the length is announced");
    let question = seen.json();
    let decoded = base64::engine::general_purpose::STANDARD.decode(question["fichierFlux"].as_str().unwrap());
    assert_eq!(decoded.unwrap(), file);
    assert_eq!(question["nomFichier"], "FA-1.xml");
    assert_eq!(question["syntaxeFlux"], "IN_DP_E1_UBL_INVOICE");
    assert_eq!(question["avecSignature"], false);
}

#[tokio::test]
async fn what_the_gateway_would_refuse_is_not_sent() {
    let tokens = Server::playing([token("t")]).await;
    let server = Server::playing([Act::Answer(accepted())]).await;
    let gateway = account(&tokens, &server.url(), |configuration| configuration.limits.max_file_bytes = 100);
    assert_eq!(gateway.limits().max_flow_bytes, 100);
    let mut named = flow(b"x");
    named.file_name = "é.xml";
    for refused in [flow(&bytes(101)), flow(b""), named] {
        assert!(word(&gateway.deposit(refused).await).starts_with("rejected GATEWAY-"));
    }
    assert_eq!((server.connections(), tokens.connections()), (0, 0));
}
