//! What becomes of a result: taken, refused, refused and upheld after all; and of a node that was caught.

use frame::NodeId;
use tokio::task::JoinSet;

use super::Session;
use crate::artist::audits::{look_back, turn_away};
use crate::artist::check::{Checked, Unfit};
use crate::artist::folder::KeptResult;
use crate::artist::progress::Progress;
use crate::artist::tasks::Outcome;
use crate::artist::{ArtistFault, CollectedTile};
use crate::audit::Finding;
use crate::link::Link;
use crate::receipt::{Found, SignedReceipt, Verdict as Judgement};
use crate::wire::{Bounded, Committed, Piece};

impl Session<'_> {
    /// Keeps a good result, hands it on, and says so, in this order.
    pub(super) fn accept(
        &mut self,
        committed: Committed,
        checked: Checked,
        tasks: &mut JoinSet<Outcome>,
        link: &Link,
    ) -> Result<(), ArtistFault> {
        let lease = committed.lease;
        let Piece { frame, tile, .. } = committed.piece;
        if let Err(why) = self.campaign.claim(committed.piece) {
            let unfit = Unfit { verdict: Judgement::Covered, why };
            self.refuse(&committed, &unfit);
            return Ok(());
        }
        let Checked { rect, partials, receipt, sealed, looked } = checked;
        match &looked {
            Some(Finding::Right { .. }) => drop(self.looked.insert(lease)),
            // It came while its node was caught, and was let pass before.
            _ if self.desk.is_caught(committed.node) => drop(self.suspects.insert(committed.node)),
            _ => {}
        }
        if let Some(found) = looked {
            self.collector.progress(Progress::Looked { node: committed.node, found });
        }
        let receipt = receipt.countersign(&self.desk.identity, Judgement::Good);
        let kept = KeptResult { committed, countersigned: receipt.clone(), sealed };
        self.desk.folder.keep(&kept)?;
        self.words.insert(lease, Bounded::new(receipt.to_bytes()).unwrap_or_default());
        let tile = CollectedTile { frame, tile, rect, partials, receipt };
        self.collector.tile(tile).map_err(ArtistFault::Collector)?;
        let told = self.campaign.collected(lease);
        self.carry_out(told, tasks, link);
        Ok(())
    }

    /// Has the earlier results of a node that was caught looked at: those that nobody looked at then are taken and paid.
    pub(super) fn look_back(&mut self, tasks: &mut JoinSet<Outcome>, link: &Link) {
        if self.looking_back.is_some() {
            return;
        }
        let Some(node) = self.suspects.pop_first() else { return };
        self.looking_back = Some(node);
        let (desk, link, looked) = (self.desk.clone(), link.clone(), self.looked.clone());
        tasks.spawn(async move { look_back(&desk, &link, node, &looked).await });
    }

    pub(super) fn refuse(&mut self, committed: &Committed, unfit: &Unfit) {
        let (lease, node, piece) = (committed.lease, committed.node, committed.piece);
        self.campaign.refuse(lease);
        self.collector.progress(Progress::Refused { node, piece, why: unfit.why.to_owned() });
        let countersigned = SignedReceipt::from_bytes(&committed.receipt)
            .map(|receipt| receipt.countersign(&self.desk.identity, unfit.verdict).to_bytes())
            .unwrap_or_default();
        self.words.insert(lease, Bounded::new(countersigned).unwrap_or_default());
    }

    /// Says that refused work waits, when it begins to.
    pub(super) fn tell_of_disputes(&mut self) {
        let awaits = self.desk.referral.is_some() && self.campaign.has_refused();
        if awaits && !self.awaits_ruling {
            self.collector.progress(Progress::AwaitsRuling);
        }
        self.awaits_ruling = awaits;
    }

    /// The referee has spoken: what it says is done, against oneself, too.
    pub(super) fn ruled(
        &mut self,
        committed: Box<Committed>,
        ruling: &[u8],
        tasks: &mut JoinSet<Outcome>,
        link: &Link,
    ) -> Result<(), ArtistFault> {
        let Some(found) = self.desk.found(&committed, ruling) else {
            // The coordinator says what the referee did not: the artist's word stands here.
            tracing::warn!(lease = committed.lease.0, "a ruling is not the referee's");
            return Ok(());
        };
        let (node, piece) = (committed.node, committed.piece);
        self.collector.progress(Progress::Ruled { node, piece, found });
        self.accused.remove(&committed.lease);
        match found {
            found if found.is_for_node() => self.campaign.upheld(committed),
            Found::Wrong { .. } => self.catch(node, tasks, link)?,
            _ => {}
        }
        Ok(())
    }

    /// A node did not render what it sent: it gets no more of the job, and what it had sent before is looked at.
    pub(super) fn catch(
        &mut self,
        node: NodeId,
        tasks: &mut JoinSet<Outcome>,
        link: &Link,
    ) -> Result<(), ArtistFault> {
        if self.desk.is_new_catch(node)? {
            self.suspects.insert(node);
            let (desk, link) = (self.desk.clone(), link.clone());
            tasks.spawn(async move { turn_away(&desk, &link, node).await });
        }
        Ok(())
    }
}
