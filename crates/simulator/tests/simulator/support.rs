//! A running simulator and a client whose Factures answers are all checked against the Swagger.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::swagger::Swagger;

/// The simulator's process; killed when dropped.
pub struct Simulator {
    process: Child,
    pub address: SocketAddr,
    http: reqwest::Client,
    token: String,
    swagger: Option<&'static Swagger>,
}

/// An answer: status and JSON body (null when it is not JSON).
pub struct Answer {
    pub status: u16,
    pub body: Value,
    pub headers: reqwest::header::HeaderMap,
}

impl Simulator {
    /// Starts the binary with extra arguments and gets a token.
    pub async fn start(arguments: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_facteur-simulator"))
            .args(["--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("facteur-simulator listening on http://").unwrap();
        let address = url.parse().unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let swagger = Swagger::load();
        let mut simulator = Self { process, address, http, token: String::new(), swagger };
        simulator.renew_token().await;
        simulator
    }

    pub async fn renew_token(&mut self) {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", "facteur-demo"),
            ("client_secret", "facteur-demo-secret"),
            ("scope", "openid"),
        ];
        let answer = self.http.post(self.url("/api/oauth/token")).form(&form).send().await.unwrap();
        let body: Value = answer.json().await.unwrap();
        self.token = body["access_token"].as_str().unwrap().to_owned();
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    pub fn token(&self) -> &str {
        &self.token
    }

    pub fn account() -> String {
        STANDARD.encode("TECH_1_demo@cpro.fr:demo")
    }

    /// Ends the process at once, as `kill -9` does.
    pub fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// The same while others still hold the simulator.
    pub fn kill_now(&self) {
        let status = Command::new("kill").args(["-9", &self.process.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// A business call, or the transport's error.
    pub async fn try_call(&self, path: &str, body: &Value) -> Result<Answer, reqwest::Error> {
        let response = self
            .http
            .post(self.url(path))
            .bearer_auth(&self.token)
            .header("cpro-account", Self::account())
            .json(body)
            .send()
            .await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await?;
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        if let (Some(swagger), 200) = (self.swagger, status) {
            swagger.check_answer(path, &body);
        }
        Ok(Answer { status, body, headers })
    }

    pub async fn call(&self, path: &str, body: Value) -> Answer {
        self.try_call(path, &body).await.unwrap()
    }

    /// A call to the simulator's own doors.
    pub async fn admin(&self, path: &str, body: Value) -> Value {
        let response = self.http.post(self.url(path)).json(&body).send().await.unwrap();
        assert_eq!(response.status().as_u16(), 200, "{path} {body}");
        response.json().await.unwrap()
    }

    pub async fn advance(&self, by: &str) {
        self.admin("/simulator/clock", json!({ "advance": by })).await;
    }

    pub async fn ledger(&self) -> Vec<Value> {
        let text = self.http.get(self.url("/simulator/ledger")).send().await.unwrap().text().await.unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub async fn try_deposit(&self, syntax: &str, name: &str, bytes: &[u8]) -> Result<Answer, reqwest::Error> {
        self.try_call("/cpro/factures/v1/deposer/flux", &deposit_body(syntax, name, bytes)).await
    }

    /// Deposits and gives the flow number.
    pub async fn deposit(&self, syntax: &str, name: &str, bytes: &[u8]) -> String {
        let answer = self.try_deposit(syntax, name, bytes).await.unwrap();
        assert_eq!(answer.body["codeRetour"], 0, "{}", answer.body);
        answer.body["numeroFluxDepot"].as_str().unwrap().to_owned()
    }

    pub async fn deposit_ubl(&self, bytes: &[u8]) -> String {
        self.deposit("IN_DP_E1_UBL_INVOICE", "facture.xml", bytes).await
    }

    pub async fn report(&self, flow: &str) -> Value {
        self.call("/cpro/transverses/v1/consulterCRDetaille", json!({ "numeroFluxDepot": flow })).await.body
    }

    pub async fn search(&self, criteria: Value) -> Value {
        self.call("/cpro/factures/v1/rechercher/fournisseur", criteria).await.body
    }

    /// Sends a deposit on a socket of its own and gives every byte that comes back before the close.
    pub async fn raw_deposit(&self, bytes: &[u8]) -> Vec<u8> {
        let body = deposit_body("IN_DP_E1_UBL_INVOICE", "facture.xml", bytes).to_string();
        let head = format!(
            "POST /cpro/factures/v1/deposer/flux HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
             cpro-account: {}\r\nContent-Type: application/json;charset=utf-8\r\nContent-Length: {}\r\n\r\n",
            self.address,
            self.token,
            Self::account(),
            body.len()
        );
        let mut socket = tokio::net::TcpStream::connect(self.address).await.unwrap();
        socket.write_all(head.as_bytes()).await.unwrap();
        socket.write_all(body.as_bytes()).await.unwrap();
        let mut received = Vec::new();
        let _ = socket.read_to_end(&mut received).await;
        received
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub fn deposit_body(syntax: &str, name: &str, bytes: &[u8]) -> Value {
    json!({
        "idUtilisateurCourant": 0,
        "fichierFlux": STANDARD.encode(bytes),
        "nomFichier": name,
        "syntaxeFlux": syntax,
        "avecSignature": false,
    })
}
