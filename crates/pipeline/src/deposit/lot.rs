//! Several invoices in one flow: which go together, and the file that carries them.

use std::io;

use facteur_model::gateway::{FlowSyntax, GatewayLimits};
use facteur_transmit::chorus_pro::{flow_file_name, is_lot, lot_file_name};
use openssl::sha::sha256;

use super::parcel::Parcel;

/// The reason by which an invoice is known to go alone: the lot that carried it was refused as a whole.
pub(super) const REFUSED: &str = "LOT-REFUSED";

/// What leaves as one flow: one invoice, or a lot of them.
#[derive(Debug)]
pub(super) struct Load {
    pub(super) parcels: Vec<Parcel>,
}

/// The file of a flow.
pub(super) struct FlowFile {
    pub(super) name: String,
    pub(super) sha256: String,
    pub(super) bytes: Vec<u8>,
}

impl Load {
    /// The format of every parcel.
    pub(super) fn syntax(&self) -> Option<FlowSyntax> {
        self.parcels.first().map(|parcel| parcel.syntax)
    }

    /// Whether every parcel carries its issuer's signature: parcels of one load are alike.
    pub(super) fn signed(&self) -> bool {
        self.parcels.first().is_some_and(|parcel| parcel.signed)
    }

    /// The file: the document itself, or an archive of the documents, whose bytes depend on nothing else.
    pub(super) fn file(&self, flow: &str) -> io::Result<FlowFile> {
        if let [alone] = self.parcels.as_slice() {
            let number = alone.invoice.number.as_deref().unwrap_or(&alone.invoice.id);
            let name = flow_file_name(number, alone.syntax);
            return Ok(FlowFile { name, sha256: alone.sha256.clone(), bytes: alone.bytes.clone() });
        }
        let names: Vec<String> = self.parcels.iter().enumerate().map(member_name).collect();
        let members = names.iter().map(String::as_str).zip(self.parcels.iter().map(|parcel| parcel.bytes.as_slice()));
        let bytes = facteur_archive::pack_tar_gz(members)?;
        let digest = sha256(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(FlowFile { name: lot_file_name(flow), sha256: digest, bytes })
    }
}

/// Numbers may be equal for two suppliers: the place in the lot keeps the names apart.
fn member_name((place, parcel): (usize, &Parcel)) -> String {
    let number = parcel.invoice.number.as_deref().unwrap_or(&parcel.invoice.id);
    format!("{place:03}-{}", flow_file_name(number, parcel.syntax))
}

/// Whether a delivery of that file name was a lot.
pub(super) fn was_lot(file_name: &str) -> bool {
    is_lot(file_name)
}

/// Gathers parcels into loads, one parcel after the other.
pub(super) struct Packer {
    most: usize,
    limits: GatewayLimits,
    open: Vec<Load>,
}

impl Packer {
    /// At most `lot` invoices in a load, within the gateway's limits.
    pub(super) fn new(lot: usize, limits: GatewayLimits) -> Self {
        Self { most: lot.clamp(1, limits.max_lot.max(1)), limits, open: Vec::new() }
    }

    /// Takes a parcel; answers a load that is full, or that the parcel did not fit into.
    pub(super) fn push(&mut self, parcel: Parcel) -> Option<Load> {
        if self.goes_alone(&parcel) {
            return Some(Load { parcels: vec![parcel] });
        }
        let alike = |load: &Load| load.syntax() == Some(parcel.syntax) && load.signed() == parcel.signed;
        let Some(place) = self.open.iter().position(alike) else {
            self.open.push(Load { parcels: vec![parcel] });
            return None;
        };
        if !self.fits(&self.open[place], &parcel) {
            let full = std::mem::replace(&mut self.open[place], Load { parcels: vec![parcel] });
            return Some(full);
        }
        self.open[place].parcels.push(parcel);
        (self.open[place].parcels.len() >= self.most).then(|| self.open.remove(place))
    }

    /// What is left.
    pub(super) fn finish(self) -> Vec<Load> {
        self.open
    }

    /// A report names the invoices of a lot by number: what has none, or may share it with another request of the
    /// same supplier (S3, A9), goes alone. So does what came out of a lot that was refused as a whole.
    fn goes_alone(&self, parcel: &Parcel) -> bool {
        let invoice = &parcel.invoice;
        let split = invoice.reason.as_ref().is_some_and(|reason| reason.code == REFUSED);
        self.most == 1 || !parcel.syntax.takes_lots() || invoice.number.is_none() || invoice.key_exempt || split
    }

    fn fits(&self, load: &Load, parcel: &Parcel) -> bool {
        let bytes: usize = load.parcels.iter().map(|other| other.bytes.len()).sum::<usize>() + parcel.bytes.len();
        let same_number = load.parcels.iter().any(|other| other.invoice.number == parcel.invoice.number);
        bytes as u64 <= self.limits.max_lot_bytes && !same_number
    }
}
