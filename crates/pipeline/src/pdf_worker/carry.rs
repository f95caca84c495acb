//! The supplier's PDF made to carry the invoice's data, in a child of its own: changing a hostile PDF is reading it.
//!
//! Request: the level, length and bytes of the XML, then the PDF to the end of the input. Answer: 0 and the new PDF, or
//! 1 and why there is none.

use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::process::exit;

use facteur_render::factur_x::{Level, attach};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use super::child::{EXIT_NOT_CONFINED, confine};
use super::{TIME_LIMIT, start_bare};

/// The hidden command of the executable.
pub const ARGUMENT: &str = "worker-carry";
/// Largest answer.
const ANSWER_MAX: u64 = 64 << 20;
/// Largest PDF and XML together.
const REQUEST_MAX: u64 = 48 << 20;
const DONE: u8 = 0;
const REFUSED: u8 = 1;
const LEVELS: [Level; 5] = [Level::Minimum, Level::BasicWl, Level::Basic, Level::En16931, Level::Extended];

/// What the hidden command does instead of everything else; it has to be called first thing in `main`.
pub fn carry_main() -> ! {
    if confine().is_err() {
        exit(EXIT_NOT_CONFINED);
    }
    exit(i32::from(serve().is_err()))
}

fn serve() -> io::Result<()> {
    let mut request = Vec::new();
    io::stdin().lock().take(REQUEST_MAX).read_to_end(&mut request)?;
    let malformed = || io::Error::from(io::ErrorKind::InvalidData);
    let (level, rest) = request.split_first().ok_or_else(malformed)?;
    let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(malformed)?;
    let (xml, pdf) = rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(malformed)?;
    let level = LEVELS.get(usize::from(*level)).ok_or_else(malformed)?;
    let mut output = io::stdout().lock();
    match attach(pdf, xml, *level) {
        Ok(hybrid) => output.write_all(&[DONE]).and_then(|()| output.write_all(&hybrid))?,
        Err(error) => output.write_all(&[REFUSED]).and_then(|()| output.write_all(error.to_string().as_bytes()))?,
    }
    output.flush()
}

/// Has a child of `program` attach the XML.
///
/// # Errors
/// Why the PDF cannot carry it.
pub(super) async fn carry(program: &Path, pdf: &[u8], xml: &[u8], level: Level) -> Result<Vec<u8>, String> {
    let exchange = exchange(program, pdf, xml, level);
    match timeout(TIME_LIMIT, exchange).await {
        Ok(Ok(mut answer)) => match answer.first() {
            Some(&DONE) => Ok(answer.split_off(1)),
            Some(&REFUSED) => Err(String::from_utf8_lossy(&answer[1..]).into_owned()),
            _ => Err("no answer".to_owned()),
        },
        Ok(Err(error)) => Err(error.to_string()),
        Err(_elapsed) => Err(format!("{} s", TIME_LIMIT.as_secs())),
    }
}

async fn exchange(program: &Path, pdf: &[u8], xml: &[u8], level: Level) -> io::Result<Vec<u8>> {
    let size = u32::try_from(xml.len()).map_err(io::Error::other)?;
    if (pdf.len() + xml.len() + 5) as u64 > REQUEST_MAX {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let place = LEVELS.iter().position(|known| *known == level).unwrap_or_default();
    let (mut child, mut input, output) = start_bare(program, [ARGUMENT], None)?;
    // It reads everything before it writes.
    input.write_u8(u8::try_from(place).map_err(io::Error::other)?).await?;
    input.write_u32_le(size).await?;
    input.write_all(xml).await?;
    input.write_all(pdf).await?;
    drop(input);
    let mut answer = Vec::new();
    output.take(ANSWER_MAX).read_to_end(&mut answer).await?;
    let status = child.wait().await?;
    if status.success() { Ok(answer) } else { Err(io::Error::other(super::describe(status))) }
}
