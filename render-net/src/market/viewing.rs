//! Others look on at an artist's job, with a link that the artist gave them.

use frame::NodeId;

use super::row::JobRow;
use super::{Halt, Turn};
use crate::wire::{FollowView, Refusal, Response, Share, View, ViewEvents, ViewGrant};

impl Turn<'_> {
    pub(super) fn share(&mut self, artist: NodeId, share: &Share) -> Result<Response, Halt> {
        let job = self.job_of(artist, share.job)?;
        self.rows.set_view(job.job, share.grant.as_ref())?;
        Ok(Response::Done)
    }

    pub(super) fn open_view(&mut self, view: &View) -> Result<Response, Halt> {
        self.viewed(view).map(|(_, grant)| Response::ViewCard(grant.card))
    }

    pub(super) fn follow_view(&mut self, follow: &FollowView) -> Result<Response, Halt> {
        let (job, _) = self.viewed(&follow.view)?;
        let events = self.events(&job, follow.since)?.for_a_view();
        // Who is connected is the driver's knowledge.
        Ok(Response::Seen(Box::new(ViewEvents { events, is_artist_away: false })))
    }

    /// A job that is unknown and a token that is wrong are answered alike: nobody learns which jobs there are.
    fn viewed(&self, view: &View) -> Result<(JobRow, ViewGrant), Halt> {
        let grant = self.rows.view(view.job)?.filter(|grant| grant.token == view.token.name());
        let found = self.rows.job(view.job)?.zip(grant);
        Ok(found.ok_or(Refusal::NoView)?)
    }
}
