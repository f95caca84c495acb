//! What stands in a `ds:Signature`, read strictly: whatever is missing, doubled or out of place is no signature.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bergshamra_c14n::C14nMode;
use uppsala::{NodeId, NodeKind};

use crate::canonical::{Method, Tree};
use crate::names::{
    C14N_EXCLUSIVE, DSIG, ENVELOPED, EXT, SAC, SIG, SIGNED_PROPERTIES_TYPE, UBL_CREDIT_NOTE, UBL_INVOICE, XADES,
};
use crate::seal::file_name_of;

/// Where the signature stands towards what it signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// In the extension of a UBL document, over the whole of it.
    Enveloped,
    /// Alone in its file, over another.
    Detached,
}

impl Form {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Enveloped => "enveloped",
            Self::Detached => "detached",
        }
    }
}

/// A signature, read.
#[derive(Debug)]
pub(super) struct Signature {
    pub(super) form: Form,
    pub(super) node: NodeId,
    pub(super) id: Option<String>,
    pub(super) signed_info: NodeId,
    pub(super) key_info: NodeId,
    pub(super) canonicalisation: Result<Method, String>,
    pub(super) algorithm: String,
    pub(super) references: Vec<Reference>,
    pub(super) value: Vec<u8>,
    pub(super) certificates: Vec<Vec<u8>>,
    pub(super) properties: Properties,
}

/// A reference of SignedInfo.
#[derive(Debug)]
pub(super) struct Reference {
    pub(super) id: Option<String>,
    pub(super) uri: Option<String>,
    pub(super) target: Target,
    pub(super) transforms: Result<Transforms, String>,
    pub(super) digest_method: String,
    pub(super) digest: Vec<u8>,
}

/// What a reference is to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// The document or file.
    Data,
    /// The signed properties, by its Type.
    Properties,
    /// This signature's own KeyInfo, which some tools sign as well.
    KeyInfo,
}

/// The transforms that we know.
#[derive(Debug)]
pub(super) struct Transforms {
    pub(super) enveloped: bool,
    pub(super) canonicalisation: Option<Method>,
}

/// The XAdES properties that a verifier needs; absent ones are judged later.
#[derive(Debug, Default)]
pub(super) struct Properties {
    pub(super) qualifying: Vec<NodeId>,
    pub(super) signed: Option<NodeId>,
    pub(super) signing_time: Option<String>,
    pub(super) certificate: Option<CertificateProperty>,
}

/// What SigningCertificate or SigningCertificateV2 says of the signer's certificate.
#[derive(Debug)]
pub(super) struct CertificateProperty {
    pub(super) digest_method: String,
    pub(super) digest: Vec<u8>,
    pub(super) serial: Option<String>,
}

impl Signature {
    /// Finds and reads the one signature of a document.
    pub(super) fn read(tree: &Tree<'_>) -> Result<Self, String> {
        unique_ids(tree)?;
        let (form, node) = place(tree)?;
        let [signed_info, value, key_info] =
            ["SignedInfo", "SignatureValue", "KeyInfo"].map(|n| only(tree, node, DSIG, n));
        let (signed_info, value, key_info) = (signed_info?, value?, key_info?);
        let canonicalisation = only(tree, signed_info, DSIG, "CanonicalizationMethod")?;
        let references =
            elements(tree, signed_info, DSIG, "Reference").into_iter().map(|r| Reference::read(tree, r, key_info));
        Ok(Self {
            form,
            node,
            id: tree.get_attribute(node, "Id").map(str::to_owned),
            signed_info,
            key_info,
            canonicalisation: method(tree, canonicalisation),
            algorithm: algorithm(tree, only(tree, signed_info, DSIG, "SignatureMethod")?)?,
            references: references.collect::<Result<_, _>>()?,
            value: base64_of(tree, value)?,
            certificates: certificates(tree, key_info)?,
            properties: Properties::read(tree, node)?,
        })
    }

    /// The reference to the data: the one that is to nothing in the signature.
    pub(super) fn data(&self) -> Option<&Reference> {
        self.references.iter().find(|reference| reference.target == Target::Data)
    }

    pub(super) fn data_uri(&self) -> Option<&str> {
        self.data().and_then(|reference| reference.uri.as_deref())
    }

    /// The file name that a detached signature signs.
    pub(super) fn signed_name(&self) -> Option<String> {
        (self.form == Form::Detached).then(|| self.data_uri().and_then(file_name_of)).flatten()
    }
}

impl Reference {
    fn read(tree: &Tree<'_>, node: NodeId, key_info: NodeId) -> Result<Self, String> {
        let digest_method = algorithm(tree, only(tree, node, DSIG, "DigestMethod")?)?;
        Ok(Self {
            id: tree.get_attribute(node, "Id").map(str::to_owned),
            uri: tree.get_attribute(node, "URI").map(str::to_owned),
            target: Target::read(tree, node, key_info),
            transforms: Transforms::read(tree, node),
            digest_method,
            digest: base64_of(tree, only(tree, node, DSIG, "DigestValue")?)?,
        })
    }
}

impl Target {
    fn read(tree: &Tree<'_>, reference: NodeId, key_info: NodeId) -> Self {
        let id = tree.get_attribute(reference, "URI").and_then(|uri| uri.strip_prefix('#'));
        if tree.get_attribute(reference, "Type") == Some(SIGNED_PROPERTIES_TYPE) {
            Self::Properties
        } else if id.is_some() && id == tree.get_attribute(key_info, "Id") {
            Self::KeyInfo
        } else {
            Self::Data
        }
    }
}

impl Transforms {
    /// Enveloped at most once and first, then canonicalisation at most once: nothing else is known here.
    fn read(tree: &Tree<'_>, reference: NodeId) -> Result<Self, String> {
        let mut transforms = Self { enveloped: false, canonicalisation: None };
        let lists = elements(tree, reference, DSIG, "Transforms");
        let list = match lists.as_slice() {
            [] => return Ok(transforms),
            [list] => *list,
            _ => return Err("several lists of transforms".to_owned()),
        };
        for transform in child_elements(tree, list) {
            let uri = algorithm(tree, transform)?;
            if uri == ENVELOPED && !transforms.enveloped && transforms.canonicalisation.is_none() {
                transforms.enveloped = true;
            } else if transforms.canonicalisation.is_none() {
                transforms.canonicalisation = Some(method(tree, transform)?);
            } else {
                return Err(format!("transform {uri} is out of place"));
            }
        }
        Ok(transforms)
    }
}

impl Properties {
    fn read(tree: &Tree<'_>, signature: NodeId) -> Result<Self, String> {
        let objects = elements(tree, signature, DSIG, "Object");
        let qualifying: Vec<_> =
            objects.iter().flat_map(|&object| elements(tree, object, XADES, "QualifyingProperties")).collect();
        let mut properties = Self { qualifying, ..Self::default() };
        let [only_one] = properties.qualifying.as_slice() else { return Ok(properties) };
        let signed = elements(tree, *only_one, XADES, "SignedProperties");
        let [signed] = signed.as_slice() else { return Ok(properties) };
        properties.signed = Some(*signed);
        let Some(of_signature) = first(tree, *signed, XADES, "SignedSignatureProperties") else {
            return Ok(properties);
        };
        properties.signing_time =
            first(tree, of_signature, XADES, "SigningTime").map(|node| tree.text_content_deep(node).trim().to_owned());
        let named = first(tree, of_signature, XADES, "SigningCertificate")
            .or_else(|| first(tree, of_signature, XADES, "SigningCertificateV2"));
        properties.certificate = named.map(|node| CertificateProperty::read(tree, node)).transpose()?;
        Ok(properties)
    }
}

impl CertificateProperty {
    /// The first `Cert` is the signer's (EN 319 132-1, 5.2.2).
    fn read(tree: &Tree<'_>, node: NodeId) -> Result<Self, String> {
        let named = first(tree, node, XADES, "Cert").ok_or("the signing certificate property is empty")?;
        let digest = only(tree, named, XADES, "CertDigest")?;
        let serial = first(tree, named, XADES, "IssuerSerial")
            .and_then(|node| first(tree, node, DSIG, "X509SerialNumber"))
            .map(|node| tree.text_content_deep(node).trim().to_owned());
        Ok(Self {
            digest_method: algorithm(tree, only(tree, digest, DSIG, "DigestMethod")?)?,
            digest: base64_of(tree, only(tree, digest, DSIG, "DigestValue")?)?,
            serial,
        })
    }
}

/// The child elements of that name.
pub(super) fn elements(tree: &Tree<'_>, parent: NodeId, namespace: &str, local: &str) -> Vec<NodeId> {
    let matches = |&id: &NodeId| tree.element(id).is_some_and(|e| e.matches_name_ns(namespace, local));
    tree.children_iter(parent).filter(matches).collect()
}

/// The first child element of that name.
pub(super) fn first(tree: &Tree<'_>, parent: NodeId, namespace: &str, local: &str) -> Option<NodeId> {
    elements(tree, parent, namespace, local).first().copied()
}

/// The element that carries that id.
pub(super) fn element_by_id(tree: &Tree<'_>, id: &str) -> Option<NodeId> {
    tree.descendants(tree.root()).into_iter().find(|&node| ids(tree, node).any(|value| value == id))
}

fn child_elements(tree: &Tree<'_>, parent: NodeId) -> Vec<NodeId> {
    tree.children_iter(parent).filter(|&id| tree.element(id).is_some()).collect()
}

fn only(tree: &Tree<'_>, parent: NodeId, namespace: &str, local: &str) -> Result<NodeId, String> {
    match elements(tree, parent, namespace, local).as_slice() {
        [one] => Ok(*one),
        [] => Err(format!("the signature has no {local}")),
        _ => Err(format!("the signature has several {local}")),
    }
}

/// Every attribute that some engine takes for an identifier.
fn ids<'a>(tree: &'a Tree<'_>, node: NodeId) -> impl Iterator<Item = &'a str> {
    let attributes = tree.element(node).map(|element| element.attributes.as_slice()).unwrap_or_default();
    let is_id = |name: &str| matches!(name, "Id" | "ID" | "id");
    attributes
        .iter()
        .filter(move |attribute| is_id(&attribute.name.local_name))
        .map(|attribute| attribute.value.as_ref())
}

fn unique_ids(tree: &Tree<'_>) -> Result<(), String> {
    let mut seen = HashSet::new();
    for node in tree.descendants(tree.root()) {
        for id in ids(tree, node) {
            if !seen.insert(id) {
                return Err(format!("two elements have the id {id:?}"));
            }
        }
    }
    Ok(())
}

/// The one signature, if it stands where it must: as the root of its own file, or in the signature extension of a
/// UBL document.
fn place(tree: &Tree<'_>) -> Result<(Form, NodeId), String> {
    let root = tree.document_element().ok_or("no root element")?;
    let all = tree.get_elements_by_tag_name_ns(DSIG, "Signature");
    let signature = match all.as_slice() {
        [one] => *one,
        [] => return Err("the document carries no signature".to_owned()),
        several => return Err(format!("the document carries {} signatures", several.len())),
    };
    if signature == root {
        return Ok((Form::Detached, signature));
    }
    let is_ubl = |e: &uppsala::Element<'_>| {
        e.matches_name_ns(UBL_INVOICE, "Invoice") || e.matches_name_ns(UBL_CREDIT_NOTE, "CreditNote")
    };
    if !tree.element(root).is_some_and(is_ubl) {
        return Err("an enveloped signature is only expected in UBL".to_owned());
    }
    let path = [
        (SAC, "SignatureInformation"),
        (SIG, "UBLDocumentSignatures"),
        (EXT, "ExtensionContent"),
        (EXT, "UBLExtension"),
        (EXT, "UBLExtensions"),
    ];
    let mut node = signature;
    for (namespace, local) in path {
        node = tree.parent(node).ok_or("the signature is not in the signature extension")?;
        if !tree.element(node).is_some_and(|e| e.matches_name_ns(namespace, local)) {
            return Err(format!("the signature is not in the signature extension: expected {local} around it"));
        }
    }
    match tree.parent(node) {
        Some(parent) if parent == root => Ok((Form::Enveloped, signature)),
        _ => Err("the signature extension is not directly in the document".to_owned()),
    }
}

fn algorithm(tree: &Tree<'_>, node: NodeId) -> Result<String, String> {
    tree.get_attribute(node, "Algorithm").map(str::to_owned).ok_or_else(|| "an algorithm is not named".to_owned())
}

/// A canonicalisation, with its list of inclusive prefixes if it is exclusive.
fn method(tree: &Tree<'_>, node: NodeId) -> Result<Method, String> {
    let uri = algorithm(tree, node)?;
    let mode = C14nMode::from_uri(&uri).ok_or_else(|| format!("{uri} is not an allowed transform"))?;
    let mut prefixes = Vec::new();
    for child in child_elements(tree, node) {
        let inclusive = tree.element(child).is_some_and(|e| e.matches_name_ns(C14N_EXCLUSIVE, "InclusiveNamespaces"));
        if !inclusive || !mode.is_exclusive() {
            return Err(format!("{uri} has a parameter that is not allowed"));
        }
        let list = tree.get_attribute(child, "PrefixList").unwrap_or_default();
        prefixes.extend(list.split_ascii_whitespace().map(str::to_owned));
    }
    Ok(Method { mode, prefixes })
}

fn certificates(tree: &Tree<'_>, key_info: NodeId) -> Result<Vec<Vec<u8>>, String> {
    let data = elements(tree, key_info, DSIG, "X509Data");
    let nodes = data.iter().flat_map(|&data| elements(tree, data, DSIG, "X509Certificate"));
    nodes.map(|node| base64_of(tree, node)).collect()
}

/// Base64 with white space, otherwise strict: no other text has the same value.
fn base64_of(tree: &Tree<'_>, node: NodeId) -> Result<Vec<u8>, String> {
    let mut text = String::new();
    for child in tree.children_iter(node) {
        match tree.node_kind(child) {
            Some(NodeKind::Text(piece) | NodeKind::CData(piece)) => {
                text.extend(piece.chars().filter(|c| !matches!(c, ' ' | '\t' | '\r' | '\n')));
            }
            Some(NodeKind::Element(_)) => return Err("an element where base64 is expected".to_owned()),
            _ => {}
        }
    }
    STANDARD.decode(text).map_err(|error| format!("not base64: {error}"))
}
