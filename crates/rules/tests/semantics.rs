//! What XPath says, on schemas of our own: comparisons, numbers, paths, patterns, errors.
#![allow(clippy::unwrap_used)]

use facteur_rules::{Failure, RuleSet};
use facteur_xml::{Document, Limits};

const DOCUMENT: &str = "<order xmlns='urn:o' currency='EUR'>
  <line n='1'><id>A</id><amount>10.10</amount><code> FR </code></line>
  <line n='2'><id>B</id><amount>20.20</amount><note><code>XX</code></note></line>
  <line n='3'><id>B</id><amount>0.30</amount></line>
  <total>30.60</total><date>2026-11-23</date><flag>true</flag><word>douze</word><empty/>
</order>";

/// The outcome of a test on the root: true, false, or the code of the error.
fn outcome(test: &str) -> String {
    let failures = run(&format!("<assert id='T' test=\"{test}\">no</assert>"), "o:order");
    match failures.as_slice() {
        [] => "true".to_owned(),
        [failure] if failure.evaluated => "false".to_owned(),
        [failure] => failure.reason.as_deref().unwrap().split(':').next().unwrap().to_owned(),
        several => panic!("{several:?}"),
    }
}

fn load(body: &str) -> Result<RuleSet, facteur_rules::LoadError> {
    let schema = format!(
        "<schema xmlns='http://purl.oclc.org/dsdl/schematron' xmlns:xsl='http://www.w3.org/1999/XSL/Transform'>\n\
         <ns prefix='o' uri='urn:o'/><ns prefix='xs' uri='http://www.w3.org/2001/XMLSchema'/><ns prefix='f' uri='urn:f'/>\n\
         {body}</schema>"
    );
    RuleSet::load("own.sch", schema.as_bytes(), &|_| None)
}

fn run(checks: &str, context: &str) -> Vec<Failure> {
    let set = load(&format!("<pattern><rule context=\"{context}\">{checks}</rule></pattern>")).unwrap();
    set.evaluate(&Document::parse(DOCUMENT.as_bytes(), &Limits::default()).unwrap())
}

#[test]
fn untyped_values_compare_as_doubles_with_numbers_and_as_text_with_text() {
    let cases = [
        ("o:total = 30.6", "true"),
        ("o:total = '30.6'", "false"),
        ("o:total = '30.60'", "true"),
        ("o:word = 12", "FORG0001"),
        ("o:word != 'x'", "true"),
        ("o:line/o:id = 'B'", "true"),
        ("o:line/o:id != 'B'", "true"),
        ("o:missing != 'B'", "false"),
        ("not(o:missing = 'B')", "true"),
        ("o:flag = true()", "true"),
        ("o:word = true()", "FORG0001"),
        ("o:total le 31", "XPTY0004"),
        ("string-length(o:word) le 5", "true"),
        ("o:line/o:amount le 5", "XPTY0004"),
        ("xs:date(o:date) &gt;= xs:date('2026-11-23')", "true"),
        ("xs:date('2026-02-30') = xs:date('2026-02-28')", "FORG0001"),
        ("xs:date('2026-11-23+02:00') &lt; xs:date('2026-11-23Z')", "true"),
        ("number(o:word) = number(o:word)", "false"),
        ("1 = ('a', 1)", "XPTY0004"),
        ("@currency = ('USD', 'EUR')", "true"),
    ];
    for (test, expected) in cases {
        assert_eq!(outcome(test), expected, "{test}");
    }
}

#[test]
fn decimals_are_exact_and_doubles_are_not() {
    let cases = [
        ("xs:decimal('0.1') + xs:decimal('0.2') = 0.3", "true"),
        ("number('0.1') + number('0.2') = 0.3", "false"),
        ("sum(o:line/xs:decimal(o:amount)) = xs:decimal(o:total)", "true"),
        ("sum(o:missing) = 0", "true"),
        ("round(2.5) = 3 and round(-2.5) = -2 and round(0.49) = 0", "true"),
        ("abs(-1.5) = 1.5", "true"),
        ("7 mod 2 = 1 and 7 div 2 = 3.5", "true"),
        ("1 div 0 = 1", "FOAR0001"),
        ("xs:decimal('12,50') = 12.5", "FORG0001"),
        ("xs:decimal('1e3') = 1000", "FORG0001"),
        ("xs:decimal(' 007.50 ') = 7.5 and xs:decimal('-.5') = -0.5 and xs:decimal('+1.') = 1", "true"),
        ("xs:decimal('0') = 0 and xs:decimal('.0') = 0 and xs:decimal('00.10') = 0.1", "true"),
        ("xs:decimal(o:missing) = 1", "false"),
        ("xs:decimal(o:line/o:amount) = 1", "XPTY0004"),
        ("'7' cast as xs:decimal = 7", "true"),
        ("o:empty + 1 = 1", "FORG0001"),
    ];
    for (test, expected) in cases {
        assert_eq!(outcome(test), expected, "{test}");
    }
}

#[test]
fn paths_and_predicates_select_what_they_say() {
    let cases = [
        ("count(//o:code) = 2 and count(o:line//o:code) = 2 and count(o:line/o:code) = 1", "true"),
        ("//o:code/.. = //o:line[1]", "true"),
        ("count(//o:code/ancestor::o:line) = 2 and count(//o:code/ancestor::*) = 4", "true"),
        ("o:line[2]/o:id = 'B' and o:line[o:note][1]/@n = 2", "true"),
        ("count(//o:id[1]) = 3 and count((//o:id)[1]) = 1", "true"),
        ("count(//o:id[not(preceding::o:id/. = .)]) = 2", "true"),
        ("count(distinct-values(//o:id)) = 2", "true"),
        ("count(o:line/o:id | //o:id) = 3", "true"),
        ("count(*/@n) = 3 and count(o:*) = count(*:line) + 5", "true"),
        ("count(o:line[2]/preceding-sibling::*) = 1 and count(o:line[2]/following::o:id) = 1", "true"),
        ("o:line/(o:id|o:amount) = '20.20'", "true"),
        ("count(order) = 0 and exists(/o:order) and count(/*) = 1", "true"),
        ("every $x in o:line satisfies $x/o:amount &gt; 0", "true"),
        ("some $x in o:line, $y in o:line satisfies $x/@n != $y/@n and $x/o:id = $y/o:id", "true"),
        ("string-join(for $x in o:line return concat($x/@n, $x/o:id), ',') = '1A,2B,3B'", "true"),
        (
            "string-join(//text()[normalize-space()], '|') = 'A|10.10| FR |B|20.20|XX|B|0.30|30.60|2026-11-23|true|douze'",
            "true",
        ),
        ("o:line[self::o:line]/o:note and not(o:line/self::o:id)", "true"),
        ("if (o:note) then false() else o:line/@n = 3", "true"),
    ];
    for (test, expected) in cases {
        assert_eq!(outcome(test), expected, "{test}");
    }
}

#[test]
fn functions_do_as_the_specification_says() {
    let cases = [
        ("contains(' FR DE ', concat(' ', normalize-space(o:line[1]/o:code), ' '))", "true"),
        ("contains(' FR DE ', concat(' ', 'FR DE', ' ')) and not(contains(' FR DE ', concat(' ', '', ' ')))", "true"),
        (
            "substring('12345', 2, 3) = '234' and substring('12345', 0) = '12345' and substring('abc', 1.5) = 'bc'",
            "true",
        ),
        (
            "substring-before('a#b#c', '#') = 'a' and substring-after('a#b#c', '#') = 'b#c' and substring-after('a', '#') = ''",
            "true",
        ),
        ("matches('2026', '^\\d{4}$') and not(matches('a\u{a0}b', '\\s')) and matches('a-b', '^[a-z\\-]+$')", "true"),
        (
            "replace('1.50', '\\.', '') = '150' and count(tokenize('a b  c', '\\s+')) = 3 and count(tokenize('', ',')) = 0",
            "true",
        ),
        ("translate('a-b', '-', '') = 'ab' and upper-case('é') = 'É' and string(1.50) = '1.5'", "true"),
        ("name() = 'order' and local-name(o:line[1]/@n) = 'n' and namespace-uri() = 'urn:o'", "true"),
        ("normalize-space(o:line/o:id) = 'A'", "XPTY0004"),
        ("string-length(5) = 1", "XPTY0004"),
        ("starts-with(o:missing, '') and ends-with('abc', 'bc')", "true"),
        ("empty(o:missing) and exists(o:empty) and not(o:missing)", "true"),
        ("string(1 div 3) != '' and string(number('1e7')) = '1.0E7'", "true"),
    ];
    for (test, expected) in cases {
        assert_eq!(outcome(test), expected, "{test}");
    }
}

#[test]
fn the_first_rule_of_a_pattern_that_fits_is_the_only_one() {
    let set = load(
        "<pattern><rule context='o:line[o:note]'><assert id='NOTE' test='false()'>.</assert></rule>\
         <rule context='//o:line | o:total'><let name='n' value='@n'/><report id='LINE' flag='warning' test='$n'>\
         line <value-of select='$n'/>, <name/>: <value-of select='o:id | o:amount'/></report></rule>\
         <rule context='o:line'><assert id='NEVER' test='false()'>.</assert></rule></pattern>\
         <pattern><rule context='@n'><assert id='ATTRIBUTE' test='. &lt; 3'>.</assert></rule>\
         <rule context='/'><assert id='DOCUMENT' test='o:order/o:missing'>.</assert></rule></pattern>",
    )
    .unwrap();
    let document = Document::parse(DOCUMENT.as_bytes(), &Limits::default()).unwrap();
    let failures = set.evaluate(&document);
    let seen: Vec<_> = failures
        .iter()
        .map(|failure| (failure.id.as_deref().unwrap(), document.node(failure.node).line(), failure.message.as_str()))
        .collect();
    assert_eq!(
        seen,
        [
            ("LINE", 2, "line 1, line: A 10.10"),
            ("NOTE", 3, "."),
            ("LINE", 4, "line 3, line: B 0.30"),
            ("DOCUMENT", 1, "."),
            ("ATTRIBUTE", 4, "."),
        ]
    );
    assert_eq!(failures[0].flag.as_deref(), Some("warning"));
}

#[test]
fn an_error_is_the_outcome_of_one_test_alone() {
    let failures = run(
        "<let name='bad' value='xs:decimal(o:word)'/><assert id='A' test='$bad = 1'>a</assert>\
         <assert id='B' test='o:total = 1'>b</assert><assert id='C' test='true() or $bad'>c</assert>",
        "o:order",
    );
    let seen: Vec<_> = failures.iter().map(|f| (f.id.as_deref().unwrap(), f.evaluated)).collect();
    assert_eq!(seen, [("A", false), ("B", true)]);
    assert!(failures[0].reason.as_deref().unwrap().contains("douze"));
}

#[test]
fn where_one_operand_decides_the_other_one_may_fail() {
    let failures = run(
        "<let name='bad' value='xs:decimal(o:word)'/><assert id='OR' test='$bad = 1 or true()'>.</assert>\
         <assert id='AND' test='$bad = 1 and false()'>.</assert><assert id='EMPTY' test='o:missing = $bad'>.</assert>\
         <assert id='SUM' test='(o:missing + $bad) = 1'>.</assert><assert id='OPEN' test='$bad = 1 or false()'>.</assert>",
        "o:order",
    );
    let seen: Vec<_> = failures.iter().map(|f| (f.id.as_deref().unwrap(), f.evaluated)).collect();
    assert_eq!(seen, [("AND", true), ("EMPTY", true), ("SUM", true), ("OPEN", false)]);
}

#[test]
fn what_looks_for_a_node_stops_at_the_first_and_sees_no_error_after_it() {
    // A condition of one truth value for the first line, of two for the others, which is an error.
    let line = "o:line[*[../@n != '1' or name() = 'id']/(. != '')]";
    assert_eq!(outcome(&format!("exists({line})")), "true");
    assert_eq!(outcome(&format!("exists({line}/o:amount)")), "true");
    assert_eq!(outcome(&format!("exists(//{line}/o:missing)")), "FORG0006");
    assert_eq!(outcome(&format!("count({line}) = 1")), "FORG0006");
}

#[test]
fn a_check_whose_text_cannot_be_made_was_not_evaluated() {
    let failures = run(
        "<assert id='A' test='false()'>bad is <value-of select='xs:decimal(o:word)'/></assert>\
         <assert id='B' test='true()'><value-of select='xs:decimal(o:word)'/></assert>",
        "o:order",
    );
    let seen: Vec<_> = failures.iter().map(|f| (f.id.as_deref().unwrap(), f.evaluated, f.message.as_str())).collect();
    assert_eq!(seen, [("A", false, "bad is …")]);
}

#[test]
fn functions_of_the_artefact_convert_what_they_are_given() {
    let function = "<xsl:function name='f:fits' as='xs:boolean'><xsl:param name='x' as='xs:string?'/>\
                    <xsl:variable name='n' select='string-length($x)'/><xsl:sequence select='$n le 3'/></xsl:function>";
    let set = load(&format!(
        "{function}<pattern><rule context='o:order'><assert id='ONE' test='f:fits(o:line[1]/o:id)'>.</assert>\
         <assert id='LONG' test='f:fits(o:word)'>.</assert><assert id='NONE' test='f:fits(o:missing)'>.</assert>\
         <assert id='MANY' test='f:fits(o:line/o:id)'>.</assert></rule></pattern>"
    ))
    .unwrap();
    let failures = set.evaluate(&Document::parse(DOCUMENT.as_bytes(), &Limits::default()).unwrap());
    let seen: Vec<_> = failures.iter().map(|f| (f.id.as_deref().unwrap(), f.evaluated)).collect();
    assert_eq!(seen, [("LONG", true), ("MANY", false)]);
}

#[test]
fn whatever_is_not_understood_stops_the_load_and_is_named_with_its_line() {
    let rule = |test: &str| {
        format!("<pattern>\n<rule context='o:order'>\n<assert test=\"{test}\">x</assert></rule></pattern>")
    };
    let cases = [
        (rule("current-dateTime() = 1"), "function current-dateTime#0"),
        (rule("$nobody"), "variable $nobody"),
        (rule("q:a"), "prefix q"),
        (rule("a except b"), "operator except"),
        (rule("1 to 3"), "operator to"),
        (rule("comment()"), "comment"),
        (rule("namespace::a"), "axis namespace"),
        (rule("matches(., $x)"), "$x"),
        (rule("matches('a', '\\w')"), "escape"),
        (rule("document('list.xml')/a"), "document()"),
        (rule("document('list.xml')/codedb/cl[@id=4]/enumeration[@value=.]"), "document()"),
        (rule("(1"), "was expected"),
        (rule("'open"), "not closed"),
        (rule("f:none(1)"), "function f:none#1"),
        ("<pattern><rule context='o:order[2]'><assert test='1'>x</assert></rule></pattern>".to_owned(), "position"),
        ("<pattern is-a='x'/>".to_owned(), "is-a"),
        ("<pattern documents='x'/>".to_owned(), "documents"),
        ("<include href='x'/>".to_owned(), "element include"),
    ];
    for (body, expected) in cases {
        let error = load(&body).unwrap_err();
        assert!(error.to_string().contains(expected), "{body}: {error}");
        assert!(error.line > 1 && error.to_string().starts_with("own.sch, line "), "{error}");
    }
    let deep = format!("{}1{}", "(".repeat(5000), ")".repeat(5000));
    assert!(load(&rule(&deep)).is_err(), "nesting has a limit");
    assert!(load(&rule(&"1 + ".repeat(5000))).is_err() && load(&rule(&format!("a{}", "/a".repeat(5000)))).is_err());
    let ifs = "if (1) then 1 else ".repeat(5000);
    assert!(load(&rule(&format!("{ifs}1"))).is_err(), "so has a chain of conditions");
    assert!(load(&rule(&format!("{}1", "-".repeat(100_000)))).is_ok(), "signs are counted, not nested");
    assert!(RuleSet::load("x", b"<a/>", &|_| None).is_err());
    assert!(RuleSet::load("x", b"not xml", &|_| None).is_err());
}

#[test]
fn code_lists_come_from_the_artefacts_own_files_only() {
    let codes = b"<codedb><cl id='4'><enumeration value='EUR'/></cl></codedb>".to_vec();
    let schema = |file: &str| {
        format!(
            "<schema xmlns='http://purl.oclc.org/dsdl/schematron'><ns prefix='o' uri='urn:o'/><pattern>\
             <rule context='@currency | o:id'><let name='x' value='.'/><assert id='CODE' \
             test=\"string-length($x)=0 or document('{file}')/codedb/cl[@id=4]/enumeration[@value=$x]\">x</assert>\
             </rule></pattern></schema>"
        )
    };
    let resolve = |name: &str| (name == "codes.xml").then(|| codes.clone());
    let set = RuleSet::load("own.sch", schema("codes.xml").as_bytes(), &resolve).unwrap();
    let document = Document::parse(DOCUMENT.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(set.evaluate(&document).len(), 3, "the three ids, not the currency");
    let error = RuleSet::load("own.sch", schema("../secret.xml").as_bytes(), &resolve).unwrap_err();
    assert!(error.to_string().contains("no code list 4 in ../secret.xml"), "{error}");
}

#[test]
fn an_abstract_pattern_runs_with_the_parameters_of_each_instance() {
    let set = load(
        "<pattern abstract='true' id='unique'><rule context='$each'><let name='own' value='$key'/>\
         <assert id='$key-only' test='count(//$each[$key = $own]) = 1'>$key <value-of select='$own'/> twice</assert>\
         </rule></pattern><pattern is-a='unique'><param name='each' value='o:line'/><param name='key' value='o:id'/></pattern>\
         <pattern is-a='unique'><param name='each' value='o:line'/><param name='key' value='@n'/></pattern>\
         <pattern><rule abstract='true' id='named'><assert id='ID' test='o:missing'>none</assert></rule>\
         <rule context='o:line[3]/o:id | o:total'><extends rule='named'/></rule></pattern>"
            .replace("o:line[3]/", "")
            .as_str(),
    )
    .unwrap();
    let failures = set.evaluate(&Document::parse(DOCUMENT.as_bytes(), &Limits::default()).unwrap());
    let messages: Vec<_> = failures.iter().map(|failure| failure.message.as_str()).collect();
    assert_eq!(messages, ["o:id B twice", "o:id B twice", "none", "none", "none", "none"]);
}

#[test]
fn rules_that_ask_for_too_much_work_end_in_an_error() {
    // Each of these would run for hours, take all memory, or fall off the stack.
    let long = "for $a in //*, $b in //*, $c in //*, $d in //*, $e in //*, $f in //* return $a";
    assert_eq!(outcome(&format!("count({long}) = 0")), "SXLM0002");
    let longer =
        |n: usize| format!("<let name='v{n}' value='concat({})'/>", vec![format!("$v{}", n - 1); 16].join(", "));
    let lets: String = (1..12).map(longer).collect();
    let text =
        format!("<let name='v0' value='string(.)'/>{lets}<assert id='T' test='string-length($v11) = 0'>.</assert>");
    let failures = run(&text, "o:order");
    assert!(failures[0].reason.as_deref().unwrap().starts_with("SXLM0002"), "{failures:?}");
    let chain: String = (1..5000).map(|n| format!("<let name='v{n}' value='$v{} + 1'/>", n - 1)).collect();
    let failures =
        run(&format!("<let name='v0' value='@n'/>{chain}<assert id='T' test='$v4999 = 1'>.</assert>"), "o:order");
    assert!(failures[0].reason.as_deref().unwrap().starts_with("SXLM0001"), "{failures:?}");
    let many =
        format!("<pattern><rule context='{}'><assert test='1'>.</assert></rule></pattern>", ["(a|b)"; 40].join("/"));
    assert!(load(&many).unwrap_err().to_string().contains("too many alternatives"));
}

#[test]
fn what_schxslt_writes_is_read_too() {
    let rule = |priority: u8, context: &str, id: &str, test: &str| {
        format!(
            "<xsl:template match=\"{context}\" priority=\"{priority}\" mode=\"m1\"><xsl:param name=\"schxslt:patterns-matched\"/>\
             <xsl:variable name=\"a\" select=\"o:amount\"/><xsl:choose><xsl:when test=\"$schxslt:patterns-matched[. = 'm1']\"/>\
             <xsl:otherwise><schxslt:rule pattern=\"m1\"><svrl:fired-rule/><xsl:if test=\"not({test})\">\
             <svrl:failed-assert id=\"{id}\" flag=\"fatal\"><xsl:attribute name=\"test\">{test}</xsl:attribute>\
             <svrl:text>Amount <xsl:value-of select=\"$a\"/>.</svrl:text></svrl:failed-assert></xsl:if></schxslt:rule>\
             <xsl:next-match/></xsl:otherwise></xsl:choose></xsl:template>"
        )
    };
    let transform = format!(
        "<xsl:transform xmlns:xsl='http://www.w3.org/1999/XSL/Transform' xmlns:svrl='http://purl.oclc.org/dsdl/svrl' \
         xmlns:schxslt='https://doi.org/10.5281/zenodo.1495494' xmlns:o='urn:o' version='2.0'><xsl:output/>\
         <xsl:template match='root()'/><xsl:template match='text() | @*' mode='#all' priority='-10'/>\
         <xsl:template name='m1'><schxslt:document><xsl:apply-templates mode='m1' select='root()'/></schxslt:document>\
         </xsl:template>{}{}</xsl:transform>",
        rule(1, "o:line", "SECOND", "$a &gt; 11"),
        rule(2, "o:line[@n = 3]", "FIRST", "$a &gt; 1")
    );
    let set = RuleSet::load("own.xsl", transform.as_bytes(), &|_| None).unwrap();
    let failures = set.evaluate(&Document::parse(DOCUMENT.as_bytes(), &Limits::default()).unwrap());
    let seen: Vec<_> = failures.iter().map(|f| (f.id.as_deref().unwrap(), f.message.as_str())).collect();
    assert_eq!(seen, [("SECOND", "Amount 10.10."), ("FIRST", "Amount 0.30.")]);
}

#[test]
fn thousands_of_lines_cost_no_more_than_their_number() {
    // Each line asks for sums over all lines: evaluated again for each, this would run for minutes.
    let lines: String = (0..20_000).map(|n| format!("<line n='{n}'><id>{n}</id><amount>1</amount></line>")).collect();
    let text = format!("<order xmlns='urn:o'>{lines}<total>20000</total></order>");
    let set = load(
        "<pattern><rule context='o:line'><assert id='S' test='sum(//o:line/xs:decimal(o:amount)) = xs:decimal(/o:order/o:total)'>.\
         </assert><assert id='C' test='count(//o:line[o:id = /o:order/o:total]) = 0'>.</assert></rule></pattern>",
    )
    .unwrap();
    assert!(set.evaluate(&Document::parse(text.as_bytes(), &Limits::default()).unwrap()).is_empty());
}
