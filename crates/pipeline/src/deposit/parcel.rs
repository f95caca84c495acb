//! One invoice made ready to leave: its very bytes, their format, and whether its turn has come.

use facteur_model::clock::Timestamp;
use facteur_model::gateway::FlowSyntax;
use facteur_model::kind::DocumentKind;
use facteur_model::lifecycle::State;
use facteur_store::StoreError;
use facteur_store::change::Reason;
use facteur_store::record::{Invoice, Version};
use facteur_transmit::chorus_pro::flow_syntax;

use super::{Dispatcher, order};
use crate::error::PipelineError;

/// What is deposited of an invoice.
#[derive(Debug)]
pub(super) struct Parcel {
    pub(super) invoice: Invoice,
    pub(super) bytes: Vec<u8>,
    pub(super) sha256: String,
    pub(super) syntax: FlowSyntax,
    pub(super) signed: bool,
}

/// What can be done with an invoice that is due.
pub(super) enum Ready {
    /// It can go.
    Parcel(Box<Parcel>),
    /// A person must decide.
    Held(Reason),
    /// Not before this instant, and why.
    Later(Reason, Timestamp),
}

/// Makes one invoice ready.
pub(super) async fn parcel(dispatcher: &Dispatcher, invoice: Invoice) -> Result<(Invoice, Ready), PipelineError> {
    let versions = dispatcher.store.versions(&invoice.id).await?;
    let Some(version) = versions.last() else { return Err(StoreError::Missing(invoice.id.clone()).into()) };
    let kind = DocumentKind::from_name(&invoice.kind).unwrap_or(DocumentKind::Unknown);
    let Some(syntax) = flow_syntax(kind, invoice.profile.as_deref()) else {
        return Ok((invoice, Ready::Held(Reason::new("NO-FLOW-FORMAT"))));
    };
    let sha256 = sent_document(version).to_owned();
    let bytes = dispatcher.store.document(&invoice.siren, &sha256).await?;
    let limits = dispatcher.gateway.limits();
    if bytes.len() as u64 > limits.max_flow_bytes {
        let reason = Reason::new("FLOW-TOO-LARGE")
            .arg("found", bytes.len().to_string())
            .arg("expected", limits.max_flow_bytes.to_string());
        return Ok((invoice, Ready::Held(reason)));
    }
    // What may be at the gateway already has had its turn.
    if invoice.state != State::Uncertain {
        let turn = match &version.embedded {
            Some(embedded) => {
                let xml = dispatcher.store.document(&invoice.siren, embedded).await?;
                order::turn(dispatcher, &invoice, &xml).await?
            }
            None => order::turn(dispatcher, &invoice, &bytes).await?,
        };
        if let Some(not_yet) = turn {
            return Ok((invoice, not_yet));
        }
    }
    // Only UBL is signed within; a confirmed draft is sent as it was built.
    let own = |sent: &String| *sent != version.original && version.embedded.as_ref() != Some(sent);
    let signed = syntax == FlowSyntax::UblInvoice && version.transmitted.as_ref().is_some_and(own);
    let parcel = Parcel { invoice: invoice.clone(), bytes, sha256, syntax, signed };
    Ok((invoice, Ready::Parcel(Box::new(parcel))))
}

fn sent_document(version: &Version) -> &str {
    version.transmitted.as_deref().unwrap_or(&version.original)
}
