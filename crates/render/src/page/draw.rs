//! From sheets to the bytes of a PDF.

use facteur_model::invoice::Invoice;
use facteur_texts::Language;
use krilla::color::rgb;
use krilla::configure::{Archival, ConfigurationBuilder, PdfVersion};
use krilla::embed::EmbeddedFile;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule, Stroke};
use krilla::surface::Surface;
use krilla::text::TextDirection;
use krilla::{Document, SerializeSettings};

use super::PageError;
use super::font::Fonts;
use super::sheet::{HEIGHT, Ink, LEFT, Mark, RIGHT, SMALL, Sheets, WIDTH};
use super::words::Words;

/// Draws the sheets. With an attachment the result is PDF/A-3b, checked by the writer as far as a writer can.
pub(super) fn draw(
    sheets: &Sheets<'_>,
    invoice: &Invoice,
    language: Language,
    file: Option<EmbeddedFile>,
) -> Result<Vec<u8>, PageError> {
    let fonts = sheets.fonts;
    let archival = if file.is_some() { Archival::A3_B } else { Archival::A2_B };
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(archival)
        .with_version(PdfVersion::Pdf17)
        .finish()
        .map_err(|error| PageError::Refused(format!("{error:?}")))?;
    let settings = SerializeSettings { configuration, enable_tagging: false, ..SerializeSettings::default() };
    let mut document = Document::new_with(settings);
    document.set_metadata(metadata(invoice, language));
    if let Some(file) = file {
        document.embed_file(file).ok_or_else(|| PageError::Refused("two attachments of one name".to_owned()))?;
    }
    let words = Words::of(language, invoice);
    for (index, marks) in sheets.pages.iter().enumerate() {
        let size = PageSettings::from_wh(WIDTH, HEIGHT).ok_or(PageError::Font)?;
        let mut page = document.start_page_with(size);
        let mut surface = page.surface();
        for mark in marks {
            stamp(&mut surface, fonts, mark);
        }
        for mark in footer(fonts, &words, invoice, index + 1, sheets.pages.len()) {
            stamp(&mut surface, fonts, &mark);
        }
        surface.finish();
        page.finish();
    }
    document.finish().map_err(|error| PageError::Refused(format!("{error:?}")))
}

/// The day of the invoice is the only date in the file: the same invoice gives the same bytes.
pub(crate) fn day(invoice: &Invoice) -> DateTime {
    let text = invoice.issued.map_or_else(|| "1970-01-01".to_owned(), |date| date.to_string());
    let part = |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse::<u16>().ok());
    let (year, month, day) = (part(0, 4).unwrap_or(1970), part(5, 7).unwrap_or(1), part(8, 10).unwrap_or(1));
    let small = |number: u16| u8::try_from(number).unwrap_or(1);
    DateTime::new(year)
        .month(small(month))
        .day(small(day))
        .hour(0)
        .minute(0)
        .second(0)
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}

fn metadata(invoice: &Invoice, language: Language) -> Metadata {
    let number = invoice.number.clone().unwrap_or_default();
    let seller = invoice.seller.name.clone().unwrap_or_default();
    let words = Words::of(language, invoice);
    let kind = words.say(if invoice.is_credit_note() { "credit_note" } else { "invoice" });
    Metadata::new()
        .title(format!("{kind} {number}"))
        .description(format!("{seller} – {number}"))
        .authors(vec![seller])
        .creator("facteur".to_owned())
        .producer("facteur".to_owned())
        .language(if language == Language::French { "fr-FR" } else { "en-GB" }.to_owned())
        .document_id(format!("facteur:{number}"))
        .creation_date(day(invoice))
}

fn footer(fonts: &Fonts, words: &Words, invoice: &Invoice, page: usize, pages: usize) -> Vec<Mark> {
    let mut sheets = Sheets::new(fonts);
    let y = HEIGHT - 44.0;
    sheets.y = y - 5.0;
    sheets.rule(LEFT, RIGHT, false);
    let mut who = vec![invoice.seller.name.clone().unwrap_or_default()];
    who.extend(invoice.seller.legal_identifier.as_ref().map(|identifier| words.identifier(identifier)));
    who.extend(invoice.number.clone());
    let count = words.with("page", &[("page", &page.to_string()), ("pages", &pages.to_string())]);
    let room = RIGHT - LEFT - fonts.width(SMALL.weight, SMALL.size, &count) - 12.0;
    let line = fonts.lines(SMALL.weight, SMALL.size, room, &who.join(" · "));
    sheets.text(LEFT, y, SMALL, line.first().map_or("", String::as_str));
    sheets.right(RIGHT, y, SMALL, &count);
    sheets.pages.pop().unwrap_or_default()
}

fn stamp(surface: &mut Surface<'_>, fonts: &Fonts, mark: &Mark) {
    match mark {
        Mark::Text { x, y, weight, size, ink, text } => {
            surface.set_fill(Some(fill(colour(*ink))));
            surface.set_stroke(None);
            let font = fonts.font(*weight);
            surface.draw_text(Point::from_xy(*x, *y), font, *size, text, false, TextDirection::LeftToRight);
        }
        Mark::Rule { y, from, to, strong } => {
            let (width, colour) =
                if *strong { (0.9, rgb::Color::new(31, 78, 121)) } else { (0.4, rgb::Color::new(200, 206, 212)) };
            surface.set_fill(None);
            surface.set_stroke(Some(Stroke { paint: colour.into(), width, ..Stroke::default() }));
            let mut path = PathBuilder::new();
            path.move_to(*from, *y);
            path.line_to(*to, *y);
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
        }
        Mark::Band { y, from, to, height } => {
            surface.set_fill(Some(fill(rgb::Color::new(238, 243, 248))));
            surface.set_stroke(None);
            let mut path = PathBuilder::new();
            if let Some(area) = Rect::from_ltrb(*from, *y, *to, *y + *height) {
                path.push_rect(area);
            }
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
        }
    }
}

fn fill(colour: rgb::Color) -> Fill {
    Fill { paint: colour.into(), opacity: NormalizedF32::ONE, rule: FillRule::NonZero }
}

fn colour(ink: Ink) -> rgb::Color {
    match ink {
        Ink::Black => rgb::Color::new(22, 27, 34),
        Ink::Grey => rgb::Color::new(92, 101, 112),
        Ink::Accent => rgb::Color::new(31, 78, 121),
    }
}
