//! A scripted server on loopback that speaks HTTP by hand, so that half answers, lies and broken connections are
//! exactly what the test says.

#![allow(dead_code, clippy::unwrap_used)]

pub mod certificate;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use facteur_model::gateway::{Deposit, FlowSyntax};
use facteur_transmit::chorus_pro::{ChorusPro, Configuration, Secrets};
use facteur_transmit::secrets::Secret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with one connection or request.
#[derive(Clone)]
pub enum Act {
    /// Reads the whole request, writes exactly these bytes, keeps the connection open.
    Answer(Vec<u8>),
    /// Same, after a while.
    AnswerLater(Duration, Vec<u8>),
    /// Reads the whole request, writes exactly these bytes, closes.
    AnswerAndClose(Vec<u8>),
    /// Reads the whole request, closes without a word.
    Close,
    /// Reads the whole request, resets the connection.
    Reset,
    /// Closes as soon as the connection is there, before reading anything.
    CloseAtOnce,
    /// Reads the head and so many bytes of the body, then resets the connection.
    ResetWithin(usize),
    /// Reads the head only, answers, and only then reads on until the client stops.
    AnswerEarly(Vec<u8>),
    /// Reads the whole request and never answers.
    Hang,
    /// Reads the whole request, answers this head, then a body without end.
    Endless(Vec<u8>),
}

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Seen {
    pub head: String,
    pub body: Vec<u8>,
    pub announced: usize,
}

impl Seen {
    pub fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

#[derive(Default)]
struct Shared {
    acts: Mutex<VecDeque<Act>>,
    seen: Mutex<Vec<Seen>>,
    connections: Mutex<usize>,
    /// Requests being served, now and at most.
    busy: Mutex<(usize, usize)>,
}

/// A server that plays a script, one act a request; after the last act it repeats it.
pub struct Server {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

impl Server {
    pub async fn playing(acts: impl IntoIterator<Item = Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared { acts: Mutex::new(acts.into_iter().collect()), ..Shared::default() });
        let for_connections = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *for_connections.connections.lock().unwrap() += 1;
                tokio::spawn(serve(stream, Arc::clone(&for_connections)));
            }
        });
        Self { address, shared }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        *self.shared.connections.lock().unwrap()
    }

    /// Most requests that were being served at the same time.
    pub fn most_busy(&self) -> usize {
        self.shared.busy.lock().unwrap().1
    }

    /// Waits until so many requests were recorded: a request that the client broke off is recorded at its end.
    pub async fn wait_for(&self, requests: usize) -> Vec<Seen> {
        while self.seen().len() < requests {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.seen()
    }
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    loop {
        let act = {
            let mut acts = shared.acts.lock().unwrap();
            let act = acts.front().cloned().expect("an act");
            if matches!(act, Act::CloseAtOnce) {
                if acts.len() > 1 {
                    acts.pop_front();
                }
                return;
            }
            drop(acts);
            act
        };
        let Some((head, rest)) = read_head(&mut stream).await else { return };
        // Only now is the act taken: an idle connection must not use one up.
        let act = {
            let mut acts = shared.acts.lock().unwrap();
            if acts.len() > 1 { acts.pop_front().unwrap() } else { act }
        };
        let announced = content_length(&head);
        let wanted = match act {
            Act::ResetWithin(bytes) => bytes.min(announced),
            Act::AnswerEarly(_) => 0,
            _ => announced,
        };
        let mut body = rest;
        read_body(&mut stream, &mut body, wanted).await;
        if let Act::AnswerEarly(answer) = &act {
            let _ = stream.write_all(answer).await;
            tokio::time::sleep(Duration::from_millis(200)).await;
            read_body(&mut stream, &mut body, announced).await;
        }
        shared.seen.lock().unwrap().push(Seen { head, body, announced });
        match act {
            Act::Answer(answer) => {
                if stream.write_all(&answer).await.is_err() {
                    return;
                }
            }
            Act::AnswerLater(delay, answer) => {
                {
                    let mut busy = shared.busy.lock().unwrap();
                    busy.0 += 1;
                    busy.1 = busy.1.max(busy.0);
                }
                tokio::time::sleep(delay).await;
                shared.busy.lock().unwrap().0 -= 1;
                if stream.write_all(&answer).await.is_err() {
                    return;
                }
            }
            Act::AnswerAndClose(answer) => {
                let _ = stream.write_all(&answer).await;
                return;
            }
            Act::Reset | Act::ResetWithin(_) => {
                stream.set_zero_linger().unwrap();
                return;
            }
            Act::Hang => {
                let mut byte = [0];
                let _ = stream.read(&mut byte).await;
                return;
            }
            Act::Endless(head) => {
                let _ = stream.write_all(&head).await;
                while stream.write_all(&[b' '; 8192]).await.is_ok() {}
                return;
            }
            Act::Close | Act::CloseAtOnce | Act::AnswerEarly(_) => return,
        }
    }
}

async fn read_head(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let rest = bytes.split_off(end + 4);
            return Some((String::from_utf8(bytes).unwrap(), rest));
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}

async fn read_body(stream: &mut TcpStream, body: &mut Vec<u8>, wanted: usize) {
    let mut buffer = vec![0; 64 * 1024];
    while body.len() < wanted {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(count) => body.extend_from_slice(&buffer[..count]),
        }
    }
}

fn content_length(head: &str) -> usize {
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-length:"));
    line.and_then(|line| line.split_once(':')?.1.trim().parse().ok()).unwrap_or(0)
}

/// A well-formed JSON answer.
pub fn json(status: u16, body: &str) -> Vec<u8> {
    with_headers(status, "Content-Type: application/json;charset=utf-8\r\n", body)
}

/// A well-formed HTML answer.
pub fn page(status: u16, body: &str) -> Vec<u8> {
    with_headers(status, "Content-Type: text/html\r\n", body)
}

/// An answer with headers of its own.
pub fn with_headers(status: u16, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

pub fn token(value: &str) -> Act {
    Act::Answer(json(200, &format!(r#"{{"access_token":"{value}","token_type":"Bearer","expires_in":3600}}"#)))
}

pub fn accepted() -> Vec<u8> {
    json(
        200,
        r#"{"codeRetour":0,"libelle":"GCU_MSG_01_000","numeroFluxDepot":"CPP0011117000000000425903","dateDepot":"2026-09-14"}"#,
    )
}

pub fn secrets() -> Secrets {
    let secret = |text: &str| Secret::new(text.to_owned());
    Secrets {
        client_id: secret("application"),
        client_secret: secret("secret of the application"),
        account_login: secret("TECH_1_test@cpro.fr"),
        account_password: secret("word"),
    }
}

/// An account whose token service and API are two servers.
pub fn account(tokens: &Server, api_url: &str, adjust: impl FnOnce(&mut Configuration)) -> ChorusPro {
    let mut configuration = Configuration::below(&tokens.url(), Path::new("unused"));
    configuration.api_url = api_url.to_owned();
    configuration.timeouts.read_seconds = 2;
    configuration.timeouts.connect_seconds = 2;
    adjust(&mut configuration);
    ChorusPro::with_secrets(configuration, &secrets(), Path::new("/")).unwrap()
}

/// A flow of that many bytes.
pub fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from(at % 253).unwrap()).collect()
}

pub fn flow(bytes: &[u8]) -> Deposit<'_> {
    Deposit { file_name: "FA-1.xml", bytes, syntax: FlowSyntax::UblInvoice, signed: false }
}
