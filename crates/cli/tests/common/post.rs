//! A small mail server and a webhook on this machine: they take what comes, or refuse, and keep what they were told.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

/// The server; it ends with the test's process.
pub struct PostOffice {
    /// Its port.
    pub port: u16,
    closed: Arc<AtomicBool>,
    letters: Arc<Mutex<Vec<String>>>,
}

impl PostOffice {
    /// Opens one on a free port.
    pub fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let closed = Arc::new(AtomicBool::new(false));
        let letters = Arc::new(Mutex::new(Vec::new()));
        let office = Self { port, closed: closed.clone(), letters: letters.clone() };
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let _ = serve(stream.unwrap(), closed.load(Ordering::SeqCst), &letters);
            }
        });
        office
    }

    /// From now on it refuses every letter, or takes them again.
    pub fn set_closed(&self, closed: bool) {
        self.closed.store(closed, Ordering::SeqCst);
    }

    /// The letters that it took, whole, in order.
    pub fn letters(&self) -> Vec<String> {
        self.letters.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, closed: bool, letters: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.get_mut().write_all(b"220 post office\r\n")?;
    let mut line = String::new();
    while stream.read_line(&mut line)? > 0 {
        let verb = line.trim_end().split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        line.clear();
        let answer = match verb.as_str() {
            "EHLO" => "250-post office\r\n250 8BITMIME\r\n",
            "RCPT" if closed => "550 this office is closed\r\n",
            "DATA" => {
                stream.get_mut().write_all(b"354 go\r\n")?;
                let mut letter = String::new();
                while stream.read_line(&mut line)? > 0 && line != ".\r\n" {
                    letter.push_str(line.strip_prefix('.').unwrap_or(&line));
                    line.clear();
                }
                line.clear();
                letters.lock().unwrap().push(letter);
                "250 taken\r\n"
            }
            "QUIT" => "221 bye\r\n",
            _ => "250 ok\r\n",
        };
        stream.get_mut().write_all(answer.as_bytes())?;
    }
    Ok(())
}

/// A webhook on this machine that answers as it is told, and keeps what was posted.
pub struct Hook {
    /// Its port.
    pub port: u16,
    status: Arc<AtomicU16>,
    posted: Arc<Mutex<Vec<String>>>,
}

impl Hook {
    /// Opens one on a free port.
    pub fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let status = Arc::new(AtomicU16::new(204));
        let posted = Arc::new(Mutex::new(Vec::new()));
        let hook = Self { port, status: status.clone(), posted: posted.clone() };
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let _ = take_post(stream.unwrap(), status.load(Ordering::SeqCst), &posted);
            }
        });
        hook
    }

    /// What it answers from now on.
    pub fn answer(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    /// The requests, whole, in order.
    pub fn posted(&self) -> Vec<String> {
        self.posted.lock().unwrap().clone()
    }
}

fn take_post(stream: TcpStream, status: u16, posted: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let (mut request, mut length) = (String::new(), 0);
    while !request.ends_with("\r\n\r\n") && stream.read_line(&mut request)? > 0 {
        let last = request.lines().last().unwrap_or_default().to_ascii_lowercase();
        length = last.strip_prefix("content-length:").and_then(|text| text.trim().parse().ok()).unwrap_or(length);
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    request.push_str(&String::from_utf8_lossy(&body));
    posted.lock().unwrap().push(request);
    write!(stream.get_mut(), "HTTP/1.1 {status} answer\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
}

/// The text of a letter's first plain part, decoded (RFC 2045).
pub fn plain_text(letter: &str) -> String {
    let start = letter.find("Content-Type: text/plain").expect("a plain part");
    let (head, body) = letter[start..].split_once("\r\n\r\n").unwrap();
    let boundary = letter.split("boundary=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a boundary");
    let body = body.split(&format!("\r\n--{boundary}")).next().unwrap();
    let bytes = match head.to_ascii_lowercase() {
        head if head.contains("base64") => from_base64(body),
        head if head.contains("quoted-printable") => from_quoted(body),
        _ => body.as_bytes().to_vec(),
    };
    String::from_utf8(bytes).unwrap().replace("\r\n", "\n")
}

/// The attachments of a letter with their names, decoded (RFC 2183).
pub fn attachments(letter: &str) -> Vec<(String, Vec<u8>)> {
    let boundary = letter.split("boundary=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a boundary");
    let boundary = format!("--{boundary}");
    let parts = letter.split(&boundary).filter_map(|part| part.split_once("\r\n\r\n"));
    let named = parts.filter_map(|(head, body)| {
        let name = head.split("filename=\"").nth(1)?.split('"').next()?.to_owned();
        let body = body.strip_suffix("\r\n").unwrap_or(body);
        let bytes = match head.to_ascii_lowercase() {
            head if head.contains("base64") => from_base64(body),
            head if head.contains("quoted-printable") => from_quoted(body),
            _ => body.as_bytes().to_vec(),
        };
        Some((name, bytes))
    });
    named.collect()
}

/// The subject, decoded (RFC 2047).
pub fn subject(letter: &str) -> String {
    let start = letter.find("Subject: ").unwrap() + "Subject: ".len();
    let mut lines = letter[start..].split("\r\n");
    let mut whole = lines.next().unwrap().to_owned();
    lines.take_while(|line| line.starts_with(' ')).for_each(|line| whole.push_str(line));
    let mut text = String::new();
    for word in whole.split(' ').filter(|word| !word.is_empty()) {
        match word.strip_prefix("=?utf-8?b?").and_then(|rest| rest.strip_suffix("?=")) {
            Some(encoded) => text.push_str(&String::from_utf8(from_base64(encoded)).unwrap()),
            None => text.push_str(&format!(" {word} ")),
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn from_quoted(text: &str) -> Vec<u8> {
    let joined = text.replace("=\r\n", "");
    let mut bytes = Vec::new();
    let mut rest = joined.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        if *first == b'=' {
            bytes.push(u8::from_str_radix(std::str::from_utf8(&more[..2]).unwrap(), 16).unwrap());
            rest = &more[2..];
        } else {
            bytes.push(*first);
            rest = more;
        }
    }
    bytes
}

fn from_base64(text: &str) -> Vec<u8> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes().filter(|letter| LETTERS.contains(letter)) {
        let value = LETTERS.iter().position(|known| *known == letter).unwrap();
        held = held << 6 | u32::try_from(value).unwrap();
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).unwrap());
        }
    }
    bytes
}
