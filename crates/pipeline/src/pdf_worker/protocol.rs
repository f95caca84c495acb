//! What parent and child say to each other over the child's standard input and output.
//!
//! Request: length and bytes of what is asked for (JSON: the task and the limits), length and bytes of the PDF. Answer:
//! length and bytes of the header (JSON), then, for tasks that answer with files, their bytes, one after the other, with
//! the lengths that the header gives. Lengths are 32-bit little-endian. The parent does not trust the child: a reader that was taken over may answer anything.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use facteur_parse::pdf::fields::FieldName;
use facteur_parse::pdf::fields::template::{Learnt, Template};
use facteur_parse::pdf::scan::Scan;
use facteur_parse::pdf::{PdfContent, PdfError, PdfLimits, PdfPages};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Largest header of an answer, and largest description of the limits.
const HEADER_MAX: usize = 4 << 20;

/// What the child is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Task {
    /// The attachments, and which of them is the invoice.
    Attachments,
    /// What the pages say, with what is known of suppliers.
    Pages(Vec<Template>),
    /// A template from what a person made of the pages.
    Learn(BTreeMap<FieldName, String>),
    /// The pages of a scan, with their images or without.
    Scan(bool),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Question {
    pub(super) task: Task,
    pub(super) limits: PdfLimits,
}

/// What a child can answer.
pub(super) trait Asked: Sized {
    /// Reads the answer.
    fn read(
        from: &mut (impl AsyncRead + Unpin + Send),
        limits: &PdfLimits,
    ) -> impl Future<Output = io::Result<Answer<Self>>> + Send;
}

impl Asked for PdfContent {
    async fn read(from: &mut (impl AsyncRead + Unpin + Send), limits: &PdfLimits) -> io::Result<Answer<Self>> {
        read_attachments(from, limits).await
    }
}

impl Asked for PdfPages {
    async fn read(from: &mut (impl AsyncRead + Unpin + Send), _limits: &PdfLimits) -> io::Result<Answer<Self>> {
        read_plain(from).await
    }
}

impl Asked for Option<Learnt> {
    async fn read(from: &mut (impl AsyncRead + Unpin + Send), _limits: &PdfLimits) -> io::Result<Answer<Self>> {
        read_plain(from).await
    }
}

impl Asked for Scan {
    async fn read(from: &mut (impl AsyncRead + Unpin + Send), limits: &PdfLimits) -> io::Result<Answer<Self>> {
        let Header { last, lengths, mut result } = read_header::<Self>(from).await?;
        if let Ok(scan) = &mut result {
            let total = lengths.iter().try_fold(0_usize, |sum, length| sum.checked_add(*length));
            let bounded = total.is_some_and(|total| total <= limits.max_attachments_bytes);
            if lengths.len() != scan.pages.len() || !bounded {
                return Err(malformed());
            }
            for (page, length) in scan.pages.iter_mut().zip(lengths) {
                page.image = vec![0; length];
                from.read_exact(&mut page.image).await?;
            }
        }
        Ok(Answer { result, last })
    }
}

/// An answer as the parent uses it.
pub(super) struct Answer<T> {
    pub(super) result: Result<T, PdfError>,
    /// The child ends after this answer.
    pub(super) last: bool,
}

#[derive(Serialize, Deserialize)]
struct Header<T> {
    last: bool,
    lengths: Vec<usize>,
    result: Result<T, PdfError>,
}

pub(super) async fn write_request(
    to: &mut (impl AsyncWrite + Unpin),
    question: &Question,
    pdf: &[u8],
) -> io::Result<()> {
    let question = serde_json::to_vec(question)?;
    for part in [question.as_slice(), pdf] {
        to.write_u32_le(length(part.len())?).await?;
        to.write_all(part).await?;
    }
    to.flush().await
}

async fn read_header<T: DeserializeOwned>(from: &mut (impl AsyncRead + Unpin + Send)) -> io::Result<Header<T>> {
    let length = from.read_u32_le().await? as usize;
    if length > HEADER_MAX {
        return Err(malformed());
    }
    let mut header = vec![0; length];
    from.read_exact(&mut header).await?;
    Ok(serde_json::from_slice(&header)?)
}

/// An answer without files.
async fn read_plain<T: DeserializeOwned>(from: &mut (impl AsyncRead + Unpin + Send)) -> io::Result<Answer<T>> {
    let Header { last, lengths, result } = read_header(from).await?;
    if lengths.is_empty() { Ok(Answer { result, last }) } else { Err(malformed()) }
}

/// The answer to the task of the attachments.
async fn read_attachments(
    from: &mut (impl AsyncRead + Unpin + Send),
    limits: &PdfLimits,
) -> io::Result<Answer<PdfContent>> {
    let Header { last, lengths, mut result } = read_header::<PdfContent>(from).await?;
    if let Ok(content) = &mut result {
        let total = lengths.iter().try_fold(0_usize, |sum, length| sum.checked_add(*length));
        if lengths.len() != content.attachments.len() || total.is_none_or(|total| total > limits.max_attachments_bytes)
        {
            return Err(malformed());
        }
        if content.invoice_xml.is_some_and(|index| index >= content.attachments.len()) {
            return Err(malformed());
        }
        for (attachment, length) in content.attachments.iter_mut().zip(lengths) {
            attachment.bytes = vec![0; length];
            from.read_exact(&mut attachment.bytes).await?;
        }
    }
    Ok(Answer { result, last })
}

/// The next request; `None` when the parent has no more.
pub(super) fn read_request(from: &mut impl Read) -> io::Result<Option<(Question, Vec<u8>)>> {
    let Some(length) = read_length(from)? else { return Ok(None) };
    if length > HEADER_MAX {
        return Err(malformed());
    }
    let question: Question = serde_json::from_slice(&read_bytes(from, length)?)?;
    let length = read_length(from)?.filter(|length| *length <= question.limits.max_file_bytes).ok_or_else(malformed)?;
    Ok(Some((question, read_bytes(from, length)?)))
}

/// Writes an answer without files.
pub(super) fn write_plain<T: Serialize + Clone>(
    to: &mut impl Write,
    result: &Result<T, PdfError>,
    last: bool,
) -> io::Result<()> {
    write_header(to, &Header { last, lengths: Vec::new(), result: result.clone() })?;
    to.flush()
}

/// Writes the pages of a scan and their images.
pub(super) fn write_scan(to: &mut impl Write, result: &Result<Scan, PdfError>, last: bool) -> io::Result<()> {
    let pages = result.as_ref().map_or(&[][..], |scan| scan.pages.as_slice());
    let lengths = pages.iter().map(|page| page.image.len()).collect();
    write_header(to, &Header { last, lengths, result: result.clone() })?;
    for page in pages {
        to.write_all(&page.image)?;
    }
    to.flush()
}

fn write_header<T: Serialize>(to: &mut impl Write, header: &Header<T>) -> io::Result<()> {
    let header = serde_json::to_vec(header)?;
    to.write_all(&length(header.len())?.to_le_bytes())?;
    to.write_all(&header)
}

pub(super) fn write_attachments(
    to: &mut impl Write,
    result: &Result<PdfContent, PdfError>,
    last: bool,
) -> io::Result<()> {
    let attachments = result.as_ref().map_or(&[][..], |content| content.attachments.as_slice());
    let lengths = attachments.iter().map(|attachment| attachment.bytes.len()).collect();
    write_header(to, &Header { last, lengths, result: result.clone() })?;
    for attachment in attachments {
        to.write_all(&attachment.bytes)?;
    }
    to.flush()
}

fn read_length(from: &mut impl Read) -> io::Result<Option<usize>> {
    let mut bytes = [0; 4];
    if from.read(&mut bytes[..1])? == 0 {
        return Ok(None);
    }
    from.read_exact(&mut bytes[1..])?;
    Ok(Some(u32::from_le_bytes(bytes) as usize))
}

fn read_bytes(from: &mut impl Read, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn length(length: usize) -> io::Result<u32> {
    u32::try_from(length).map_err(io::Error::other)
}

fn malformed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "malformed answer")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use facteur_parse::pdf::{Attachment, AttachmentSource};

    use super::*;

    fn content() -> PdfContent {
        let attachment = |name: &str, bytes: &[u8]| Attachment {
            name: name.to_owned(),
            bytes: bytes.to_vec(),
            relationship: Some("Data".to_owned()),
            media_type: None,
            source: AttachmentSource::Both,
            root: None,
        };
        PdfContent {
            pages: Some(2),
            attachments: vec![attachment("factur-x.xml", b"<a/>"), attachment("plan.png", b"")],
            invoice_xml: Some(0),
            findings: Vec::new(),
            recovered: false,
            encrypted: false,
            xmp: None,
        }
    }

    #[tokio::test]
    async fn a_request_and_its_answer_arrive_as_they_left() {
        let limits = PdfLimits::default();
        let question = Question { task: Task::Attachments, limits };
        let mut wire = Vec::new();
        write_request(&mut wire, &question, b"%PDF-").await.unwrap();
        let mut wire = wire.as_slice();
        assert_eq!(read_request(&mut wire).unwrap(), Some((question, b"%PDF-".to_vec())));
        assert_eq!(read_request(&mut wire).unwrap(), None);
        for result in [Ok(content()), Err(PdfError::PasswordRequired)] {
            let mut wire = Vec::new();
            write_attachments(&mut wire, &result, true).unwrap();
            let answer = read_attachments(&mut wire.as_slice(), &limits).await.unwrap();
            assert_eq!((answer.result, answer.last), (result, true));
        }
    }

    #[tokio::test]
    async fn an_answer_that_lies_is_refused() {
        let limits = PdfLimits::default();
        let lies: [fn(&mut Header<PdfContent>); 3] = [
            |header| header.lengths = vec![usize::MAX, 1],
            |header| header.lengths.clear(),
            |header| header.result = Ok(PdfContent { invoice_xml: Some(7), ..content() }),
        ];
        for lie in lies {
            let mut header = Header { last: false, lengths: vec![4, 0], result: Ok(content()) };
            lie(&mut header);
            let header = serde_json::to_vec(&header).unwrap();
            let wire = [&u32::try_from(header.len()).unwrap().to_le_bytes(), header.as_slice(), b"<a/>"].concat();
            assert!(read_attachments(&mut wire.as_slice(), &limits).await.is_err());
        }
        assert!(read_attachments(&mut [0xFF; 8].as_slice(), &limits).await.is_err());
    }
}
