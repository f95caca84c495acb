//! A template as YAML that a person reads, corrects and keeps: in sections, with what each is for.

use facteur_parse::pdf::fields::template::{
    FieldRule, Find, Learnt, Occurrence, PageChoice, Position, TEMPLATE_FORMAT, Template,
};
use facteur_texts::{Language, printable, say};

/// What is written above a template: where it comes from.
#[derive(Debug, Clone)]
pub struct TemplateText<'a> {
    /// The language of the comments.
    pub language: Language,
    /// The file that it was learnt from.
    pub source: &'a str,
}

/// Writes what was learnt.
#[must_use]
pub fn to_yaml(learnt: &Learnt, text: &TemplateText<'_>) -> String {
    let template = &learnt.template;
    let mut page = Page { language: text.language, text: String::new() };
    page.comment("template_file.head", &[("source", &printable(text.source))]);
    page.comment("template_file.check", &[]);
    page.line(&format!("format: {TEMPLATE_FORMAT}"));
    supplier(&mut page, template);
    page.gap();
    page.comment("template_file.keywords", &[]);
    page.line("keywords:");
    template.keywords.iter().for_each(|keyword| page.line(&format!("  - {}", quoted(keyword))));
    spelling(&mut page, template);
    fields(&mut page, template);
    constants(&mut page, template);
    if !learnt.missing.is_empty() {
        page.gap();
        page.comment("template_file.missing", &[]);
        for missing in &learnt.missing {
            let reason = say(text.language, &format!("template.{}", missing.reason.as_str()), &[]);
            page.text += &format!("#   {}: {reason}\n", missing.field.as_str());
        }
    }
    page.text
}

/// A name for the file of a template: of the supplier's name, else of its number.
#[must_use]
pub fn file_stem(template: &Template) -> String {
    let supplier = &template.supplier;
    let named = supplier.name.as_ref().or(supplier.siret.as_ref()).or(supplier.vat.as_ref());
    let name = named.or(template.keywords.first()).map_or("", String::as_str);
    let plain = name.chars().flat_map(char::to_lowercase).map(|c| match c {
        'à' | 'â' | 'ä' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'î' | 'ï' => 'i',
        'ô' | 'ö' => 'o',
        'ù' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        c if c.is_ascii_alphanumeric() => c,
        _ => '-',
    });
    let parts: String = plain.collect();
    let parts: Vec<&str> = parts.split('-').filter(|part| !part.is_empty()).collect();
    let stem: String = parts.join("-").chars().take(60).collect();
    if stem.is_empty() { "fournisseur".to_owned() } else { stem }
}

struct Page {
    language: Language,
    text: String,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text += line;
        self.text.push('\n');
    }

    fn gap(&mut self) {
        self.text.push('\n');
    }

    fn comment(&mut self, key: &str, args: &[(&str, &str)]) {
        for line in say(self.language, key, args).lines() {
            self.line(format!("# {line}").trim_end());
        }
    }
}

fn supplier(page: &mut Page, template: &Template) {
    let supplier = &template.supplier;
    let rows = [("name", &supplier.name), ("siret", &supplier.siret), ("vat", &supplier.vat)];
    let rows: Vec<_> = rows.into_iter().filter_map(|(key, value)| Some((key, value.as_ref()?))).collect();
    if rows.is_empty() {
        return;
    }
    page.gap();
    page.line("supplier:");
    rows.iter().for_each(|(key, value)| page.line(&format!("  {key}: {}", quoted(value))));
}

fn spelling(page: &mut Page, template: &Template) {
    if template.date_format.is_none() && template.decimal.is_none() {
        return;
    }
    page.gap();
    page.comment("template_file.spelling", &[]);
    if let Some(format) = &template.date_format {
        page.line(&format!("date_format: {}", quoted(format.as_str())));
    }
    if let Some(decimal) = template.decimal {
        page.line(&format!("decimal: {}", quoted(&decimal.to_string())));
    }
}

fn fields(page: &mut Page, template: &Template) {
    if template.fields.is_empty() {
        return;
    }
    page.gap();
    page.comment("template_file.fields", &[]);
    page.line("fields:");
    for (field, rule) in &template.fields {
        let what = say(page.language, &format!("field.{}", field.as_str()), &[]);
        page.line(&format!("  {}:  # {what}", field.as_str()));
        self::rule(page, rule);
    }
}

fn rule(page: &mut Page, rule: &FieldRule) {
    match &rule.find {
        Find::Regex(pattern) => page.line(&format!("    regex: {}", quoted(pattern))),
        Find::Label { words, position } => {
            page.line(&format!("    label: {}", quoted(words)));
            let position = match position {
                Position::Right => "right",
                Position::Below => "below",
            };
            page.line(&format!("    position: {position}"));
        }
        Find::Box(corners) => {
            let points = corners.map(|edge| format!("{}.{:02}", edge / 100, edge % 100));
            page.line(&format!("    box: [{}]", points.join(", ")));
        }
    }
    if let Some(pattern) = &rule.pattern {
        page.line(&format!("    pattern: {}", quoted(pattern)));
    }
    match rule.page {
        Some(PageChoice::Number(number)) => page.line(&format!("    page: {number}")),
        Some(PageChoice::Last) => page.line("    page: last"),
        None => {}
    }
    if rule.occurrence == Occurrence::Last {
        page.line("    occurrence: last");
    }
    if let Some(format) = &rule.date_format {
        page.line(&format!("    date_format: {}", quoted(format.as_str())));
    }
}

fn constants(page: &mut Page, template: &Template) {
    if template.constants.is_empty() {
        return;
    }
    page.gap();
    page.comment("template_file.constants", &[]);
    page.line("constants:");
    for (field, value) in &template.constants {
        let what = say(page.language, &format!("field.{}", field.as_str()), &[]);
        page.line(&format!("  {}: {}  # {what}", field.as_str(), quoted(value)));
    }
}

/// Between single quotes nothing has a meaning but the quote itself, which is written twice.
fn quoted(text: &str) -> String {
    format!("'{}'", printable(text).replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use facteur_parse::pdf::fields::FieldName;
    use facteur_parse::pdf::fields::template::{DateFormat, Missing, Supplier, Unlearnable};

    use super::*;

    #[test]
    fn what_is_written_is_read_back_in_both_languages() {
        let mut template = Template {
            supplier: Supplier {
                name: Some("L'Atelier : « n°1 » # fils".to_owned()),
                siret: Some("40483304800022".to_owned()),
                vat: None,
            },
            keywords: vec!["L'Atelier".to_owned()],
            date_format: DateFormat::parse("j mois aaaa"),
            decimal: Some(','),
            ..Template::default()
        };
        let label = Find::Label { words: "Facture n° :".to_owned(), position: Position::Below };
        let number = FieldRule { pattern: Some(r"F\-\d+".to_owned()), ..FieldRule::new(label) };
        template.fields.insert(FieldName::Number, number);
        let boxed = FieldRule {
            page: Some(PageChoice::Last),
            occurrence: Occurrence::Last,
            date_format: DateFormat::parse("yyyymmdd"),
            ..FieldRule::new(Find::Box([5, 1_000, 59_528, 84_189]))
        };
        template.fields.insert(FieldName::Due, boxed);
        template.fields.insert(FieldName::Total, FieldRule::new(Find::Regex(r"Total: '?([\d ]+,\d\d)".to_owned())));
        template.constants.insert(FieldName::Service, "DST: voirie".to_owned());
        let missing = Missing { field: FieldName::Order, value: "1".to_owned(), reason: Unlearnable::NotPrinted };
        let learnt = Learnt { template: template.clone(), given_back: Vec::new(), missing: vec![missing] };
        for language in [Language::French, Language::English] {
            let yaml = to_yaml(&learnt, &TemplateText { language, source: "f\n.pdf" });
            assert_eq!(Template::parse("", yaml.as_bytes()), Ok(template.clone()), "{yaml}");
        }
        assert_eq!(file_stem(&template), "l-atelier-n-1-fils");
    }
}
