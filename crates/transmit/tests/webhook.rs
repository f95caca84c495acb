//! A webhook gets one JSON object with its secret header; a redirect is not followed, a refusal is told.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

use facteur_transmit::webhook::{Configuration, Webhook, WebhookError};

/// Serves one request with that answer; tells the request.
fn serve(answer: &'static str) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let (tell, told) = channel();
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream);
        let (mut request, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            request.push_str(&line);
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        request.push_str(&String::from_utf8(body).unwrap());
        reader.get_mut().write_all(answer.as_bytes()).unwrap();
        let _ = tell.send(request);
    });
    (url, told)
}

fn hook(url: &str, folder: &std::path::Path) -> Webhook {
    let path = folder.join("secret");
    std::fs::write(&path, "Bearer hunter2").unwrap();
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let configuration: Configuration =
        toml::from_str(&format!("url = '{url}'\nsecret = 'file:secret'\ntimeout_seconds = 2")).unwrap();
    Webhook::new(&configuration, folder).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_object_is_posted_with_its_secret() {
    let folder = tempfile::tempdir().unwrap();
    let (url, told) = serve("HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n");
    let webhook = hook(&url, folder.path());
    assert!(!format!("{webhook:?}").contains("hunter2"));
    webhook.post("{\"a\":1}".to_owned()).await.unwrap();
    let request = told.recv().unwrap();
    assert!(request.starts_with("POST /hook HTTP/1.1\r\n") && request.ends_with("{\"a\":1}"), "{request}");
    let lower = request.to_ascii_lowercase();
    assert!(lower.contains("authorization: bearer hunter2") && lower.contains("content-type: application/json"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_a_refusal_and_silence_are_no_delivery() {
    let folder = tempfile::tempdir().unwrap();
    for (answer, status) in [
        (
            "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/other\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            302,
        ),
        ("HTTP/1.1 500 Broken\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", 500),
    ] {
        let (url, _told) = serve(answer);
        let outcome = hook(&url, folder.path()).post("{}".to_owned()).await;
        assert!(matches!(outcome, Err(WebhookError::Refused(code)) if code == status), "{outcome:?}");
    }
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let outcome = hook(&format!("http://{nobody}/hook"), folder.path()).post("{}".to_owned()).await;
    assert!(matches!(outcome, Err(WebhookError::Connection(_))), "{outcome:?}");
}

#[test]
fn plain_http_goes_to_this_machine_only_and_a_secret_never_stands_in_the_address() {
    let wrong = |url: &str| {
        let configuration: Configuration = toml::from_str(&format!("url = '{url}'")).unwrap();
        Webhook::new(&configuration, std::path::Path::new("/")).is_err()
    };
    assert!(wrong("http://hooks.example/x") && wrong("https://hooks.example/x?key=secret"));
    assert!(wrong("https://user:word@hooks.example/x") && !wrong("https://hooks.example/x"));
}
