//! Factur-X produced from an invoice: its page drawn, its XML written and attached, PDF/A-3b; and the XML attached to a
//! page that is kept.

use anyhow::{Context as _, ensure};
use facteur_model::invoice::Invoice;
use facteur_parse::pdf::{PdfLimits, extract};
use facteur_render::cii;
use facteur_render::factur_x::{Level, attach, produce};
use facteur_texts::Language;
use facteur_xml::{Document, Limits};

use crate::generate::Generator;
use crate::measure::{Spread, micros_each};

/// Lines of the invoices, and how many of each are produced in a round.
const SIZES: [(usize, usize); 5] = [(1, 20), (10, 20), (100, 5), (500, 2), (1000, 2)];
/// Most milliseconds for a page (Goal of the product), and for a thousand lines.
const ONE_PAGE_MS: f64 = 5.0;
const THOUSAND_LINES_MS: f64 = 100.0;
/// Lines that fill one page.
const ONE_PAGE: usize = 10;

/// What one size came to, in milliseconds.
struct Measured {
    lines: usize,
    pages: usize,
    bytes: usize,
    made: Spread,
    attached: Spread,
}

pub fn run(rounds: usize) -> anyhow::Result<()> {
    let mut generator = Generator::new(5);
    let mut table = Vec::new();
    for (lines, count) in SIZES {
        let invoices: Vec<Invoice> = (0..count).map(|_| read(&generator.ubl(lines))).collect::<anyhow::Result<_>>()?;
        table.push(measure(lines, &invoices, rounds)?);
    }
    println!("\n## Factur-X produced\n");
    println!(
        "| lines | pages | size | XML, page, PDF/A-3b: median (min–max) | XML attached to a page that is kept | goal |"
    );
    println!("|---|---|---|---|---|---|");
    for one in &table {
        let goal = match one.lines {
            ONE_PAGE => goal(one.made.median, ONE_PAGE_MS),
            1000 => goal(one.made.median, THOUSAND_LINES_MS),
            _ => "—".to_owned(),
        };
        println!(
            "| {} | {} | {} kB | {} | {} | {goal} |",
            one.lines,
            one.pages,
            one.bytes / 1000,
            shown(one.made),
            shown(one.attached)
        );
    }
    let each = |lines: usize| {
        let found = table.iter().find(|one| one.lines == lines).context("a size that was measured")?;
        anyhow::Ok(found.made.median / lines as f64)
    };
    println!(
        "\nA line of 1,000 takes {:.2} × what a line of 100 takes. CPU time of one thread.",
        each(1000)? / each(100)?
    );
    Ok(())
}

fn read(text: &str) -> anyhow::Result<Invoice> {
    let document = Document::parse(text.as_bytes(), &Limits::default())?;
    Ok(facteur_parse::read(&document)?.invoice)
}

fn make(invoice: &Invoice) -> anyhow::Result<Vec<u8>> {
    let xml = cii::write(invoice, cii::Profile::En16931, false);
    Ok(produce(invoice, &xml.bytes, Level::En16931, Language::French)?)
}

fn measure(lines: usize, invoices: &[Invoice], rounds: usize) -> anyhow::Result<Measured> {
    let first = make(&invoices[0])?;
    let content = extract(&first, &PdfLimits::default())?;
    let xml = content.invoice().context("the XML is in it")?.bytes.clone();
    ensure!(xml == cii::write(&invoices[0], cii::Profile::En16931, false).bytes, "the XML is the one given");
    let (mut made, mut attached) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        made.push(micros_each(invoices, make)? / 1e3);
        attached.push(micros_each(invoices, |_| attach(&first, &xml, Level::En16931))? / 1e3);
    }
    let pages = content.pages.unwrap_or_default();
    Ok(Measured { lines, pages, bytes: first.len(), made: Spread::of(&made), attached: Spread::of(&attached) })
}

fn shown(Spread { median, low, high }: Spread) -> String {
    format!("**{median:.2} ms** ({low:.2}–{high:.2})")
}

fn goal(found: f64, limit: f64) -> String {
    format!("< {limit} ms {}", if found < limit { "met" } else { "MISSED" })
}
