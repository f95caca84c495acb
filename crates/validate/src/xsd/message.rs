//! libxml2's words for what it found, taken apart: our key, what was found, what was expected.

/// What a message of the validator says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) key: &'static str,
    /// The name that the message is about, without namespace.
    pub(super) subject: Option<String>,
    pub(super) found: Option<String>,
    pub(super) expected: Option<String>,
}

/// The rule of a code of libxml2: the publisher of the rule is the W3C, the name is libxml2's.
pub(super) fn rule(code: i32) -> String {
    let name = match code {
        1812 => "NOT-NILLABLE",
        1818 => "INTERNAL",
        1824 => "CVC-DATATYPE-VALID-1-2-1",
        1825 => "CVC-DATATYPE-VALID-1-2-2",
        1826 => "CVC-DATATYPE-VALID-1-2-3",
        1827 => "CVC-TYPE-3-1-1",
        1828 => "CVC-TYPE-3-1-2",
        1829 => "CVC-FACET-VALID",
        1830 => "CVC-LENGTH-VALID",
        1831 => "CVC-MINLENGTH-VALID",
        1832 => "CVC-MAXLENGTH-VALID",
        1833 => "CVC-MININCLUSIVE-VALID",
        1834 => "CVC-MAXINCLUSIVE-VALID",
        1835 => "CVC-MINEXCLUSIVE-VALID",
        1836 => "CVC-MAXEXCLUSIVE-VALID",
        1837 => "CVC-TOTALDIGITS-VALID",
        1838 => "CVC-FRACTIONDIGITS-VALID",
        1839 => "CVC-PATTERN-VALID",
        1840 => "CVC-ENUMERATION-VALID",
        1841 => "CVC-COMPLEX-TYPE-2-1",
        1842 => "CVC-COMPLEX-TYPE-2-2",
        1843 => "CVC-COMPLEX-TYPE-2-3",
        1844 => "CVC-COMPLEX-TYPE-2-4",
        1845 => "CVC-ELT-1",
        1846 => "CVC-ELT-2",
        1847 => "CVC-ELT-3-1",
        1865 => "CVC-COMPLEX-TYPE-3-1",
        1866 => "CVC-COMPLEX-TYPE-3-2-1",
        1867 => "CVC-COMPLEX-TYPE-3-2-2",
        1868 => "CVC-COMPLEX-TYPE-4",
        1871 => "ELEMENT-CONTENT",
        1873 => "CVC-COMPLEX-TYPE-1",
        1874 => "CVC-AU",
        1877 => "CVC-IDC",
        1878 => "CVC-WILDCARD",
        _ => return format!("XSD-{code}"),
    };
    format!("XSD-{name}")
}

/// Whether a code is about a value, where libxml2 reports the facet and then the type once more.
pub(super) const fn is_facet(code: i32) -> bool {
    matches!(code, 1829..=1840)
}

/// The code of that second report.
pub(super) const TYPE_AGAIN: [i32; 2] = [1824, 1825];

/// Takes a message apart. What it does not recognise keeps the message as its only content.
pub(super) fn read(code: i32, message: &str) -> Reading {
    let names = quoted(message);
    let subject = names.first().map(|name| local(name));
    let expected = between(message, "Expected is ", ").").map(choice);
    let unexpected = message.contains("This element is not expected.");
    let key = match code {
        1871 if unexpected => "XSD-UNEXPECTED-ELEMENT",
        1871 => "XSD-MISSING-ELEMENT",
        1845 => "XSD-ROOT",
        1868 => "XSD-MISSING-ATTRIBUTE",
        1866 | 1867 => "XSD-UNKNOWN-ATTRIBUTE",
        1824..=1840 => "XSD-VALUE",
        1841..=1844 => "XSD-CONTENT",
        1812 | 1847 => "XSD-NIL",
        _ => "XSD-OTHER",
    };
    match key {
        "XSD-VALUE" => value(message, &names, subject),
        "XSD-UNEXPECTED-ELEMENT" => Reading { key, found: subject.clone(), subject, expected },
        "XSD-MISSING-ELEMENT" => Reading { key, subject, found: None, expected },
        "XSD-MISSING-ATTRIBUTE" => Reading { key, expected: attribute(message), subject, found: None },
        "XSD-UNKNOWN-ATTRIBUTE" => Reading { key, found: attribute(message), subject, expected: None },
        _ => Reading { key, found: subject.clone(), subject, expected },
    }
}

fn value(message: &str, names: &[&str], subject: Option<String>) -> Reading {
    let quoted_value =
        between(message, "The value '", "' ").or_else(|| between(message, ": '", "' is not a valid value"));
    let expected = if let Some(set) = between(message, "is not an element of the set {", "}") {
        Some(set.replace('\'', ""))
    } else if let Some(pattern) = between(message, "is not accepted by the pattern '", "'.") {
        Some(pattern.to_owned())
    } else if message.contains("is not a valid value") {
        names.last().map(|name| local(name))
    } else {
        between(message, "; ", ".").map(str::to_owned)
    };
    Reading { key: "XSD-VALUE", subject, found: quoted_value.map(str::to_owned), expected }
}

/// The attribute that a message is about: the name after `The attribute '` or `, attribute '`.
fn attribute(message: &str) -> Option<String> {
    let name = between(message, "The attribute '", "'").or_else(|| between(message, ", attribute '", "'"))?;
    Some(local(name))
}

/// `one of ( {ns}a, {ns}b )` as `a, b`.
fn choice(text: &str) -> String {
    let list = text.trim_start_matches("one of").trim().trim_start_matches('(').trim();
    list.split(',').map(|name| local(name.trim())).collect::<Vec<_>>().join(", ")
}

/// A name in Clark notation without its namespace; wildcards say so by their star.
fn local(name: &str) -> String {
    name.rsplit_once('}').map_or(name, |(_, local)| local).trim_end_matches('*').to_owned()
}

fn between<'m>(message: &'m str, before: &str, after: &str) -> Option<&'m str> {
    let (_, rest) = message.split_once(before)?;
    Some(rest.split_once(after)?.0)
}

/// What stands between single quotation marks.
fn quoted(message: &str) -> Vec<&str> {
    message.split('\'').skip(1).step_by(2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(reading: &Reading) -> (&str, Option<&str>, Option<&str>, Option<&str>) {
        (reading.key, reading.subject.as_deref(), reading.found.as_deref(), reading.expected.as_deref())
    }

    #[test]
    fn the_usual_messages_are_understood() {
        let unexpected = read(
            1871,
            "Element '{urn:b}Note': This element is not expected. Expected is one of ( {urn:b}ID, {urn:b}Name ).",
        );
        assert_eq!(words(&unexpected), ("XSD-UNEXPECTED-ELEMENT", Some("Note"), Some("Note"), Some("ID, Name")));
        let missing = read(1871, "Element '{urn:i}Invoice': Missing child element(s). Expected is ( {urn:b}ID ).");
        assert_eq!(words(&missing), ("XSD-MISSING-ELEMENT", Some("Invoice"), None, Some("ID")));
        let date =
            read(1824, "Element '{urn:b}IssueDate': '2026-13-01' is not a valid value of the atomic type 'xs:date'.");
        assert_eq!(words(&date), ("XSD-VALUE", Some("IssueDate"), Some("2026-13-01"), Some("xs:date")));
        let code =
            read(1840, "Element 'C': [facet 'enumeration'] The value 'XX' is not an element of the set {'A', 'B'}.");
        assert_eq!(words(&code), ("XSD-VALUE", Some("C"), Some("XX"), Some("A, B")));
        let attribute = read(1868, "Element '{urn:b}Amount': The attribute 'currencyID' is required but missing.");
        assert_eq!(words(&attribute), ("XSD-MISSING-ATTRIBUTE", Some("Amount"), None, Some("currencyID")));
        let unknown = read(1866, "Element '{urn:b}ID', attribute 'foo': The attribute 'foo' is not allowed.");
        assert_eq!(words(&unknown), ("XSD-UNKNOWN-ATTRIBUTE", Some("ID"), Some("foo"), None));
        let root = read(1845, "Element 'foo': No matching global declaration available for the validation root.");
        assert_eq!(words(&root), ("XSD-ROOT", Some("foo"), Some("foo"), None));
    }

    #[test]
    fn an_unknown_message_is_kept_under_its_number() {
        assert_eq!(rule(1999), "XSD-1999");
        assert_eq!(read(1999, "anything").key, "XSD-OTHER");
    }
}
