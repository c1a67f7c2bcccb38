//! A job's referee: named when the job is posted, given what opens the job, and told to the coordinator.

use frame::{JobId, NodeId};

use super::connect::Connector;
use super::folder::JobFolder;
use super::tasks::Desk;
use super::{Artist, ArtistFault};
use crate::identity::{Descriptor, wrap_keys};
use crate::link::{Link, LinkFault};
use crate::receipt::{Found, SignedRuling};
use crate::seal::{JobSecret, ObjectKey};
use crate::wire::{Bounded, Committed, Referral, Refusal, Request, Response};

impl Artist {
    /// Who judges what is refused of a job that was posted here; nobody where the artist's word stands.
    pub fn referee(&self, job: JobId) -> Result<Option<NodeId>, ArtistFault> {
        Ok(JobFolder::at(&self.data, job).referral()?.map(|referral| referral.referee))
    }

    /// Wraps what a referee needs in order to judge: what opens the scene and order, and what opens the results.
    pub(super) async fn brief(
        &self,
        referee: NodeId,
        job: JobId,
        secret: &JobSecret,
        connector: &mut Connector<'_>,
    ) -> Result<Referral, ArtistFault> {
        let descriptor = descriptor_of(referee, connector).await?;
        let keys = [secret.admission_key(), ObjectKey::from_bytes(*secret.result_secret().expose())];
        let wrapped = wrap_keys(&self.identity, job, &descriptor, &keys);
        let wrapped = postcard::to_stdvec(&wrapped).map_err(|_| ArtistFault::BadReferee)?;
        let wrapped = Bounded::new(wrapped).map_err(|_| ArtistFault::BadReferee)?;
        Ok(Referral { job, referee, wrapped })
    }
}

/// Names a job's referee to the coordinator; naming the same again changes nothing.
pub(super) async fn refer(link: &Link, referral: Referral) -> Result<(), LinkFault> {
    match link.call(&Request::Refer(Box::new(referral))).await {
        // The job was not posted yet, and will be; or it is over.
        Ok(_) | Err(LinkFault::Refused(Refusal::NoSuchJob | Refusal::JobEnded)) => Ok(()),
        Err(fault) => Err(fault),
    }
}

/// A referee's descriptor, checked to be its own.
async fn descriptor_of(referee: NodeId, connector: &mut Connector<'_>) -> Result<Descriptor, ArtistFault> {
    let bytes = loop {
        match connector.link().await?.call(&Request::Referee(referee)).await {
            Ok(Response::Referee(bytes)) => break bytes,
            Ok(_) => return Err(LinkFault::Protocol("a referee was asked for".to_owned()).into()),
            Err(fault) => connector.failed(fault).await?,
        }
    };
    let Ok((descriptor, [])) = postcard::take_from_bytes::<Descriptor>(&bytes) else {
        return Err(ArtistFault::BadReferee);
    };
    let is_its_own = descriptor.id == referee && descriptor.verify().is_ok();
    if is_its_own { Ok(descriptor) } else { Err(ArtistFault::BadReferee) }
}

impl Desk {
    /// What the job's referee found of a result; nothing when these are not its words, or about other work.
    pub(super) fn found(&self, committed: &Committed, ruling: &[u8]) -> Option<Found> {
        let ruling = SignedRuling::open(ruling, self.referral.as_ref()?.referee).ok()?;
        let is_about_it = (ruling.job, ruling.lease) == (self.ticket.job(), committed.lease)
            && (ruling.node, ruling.result) == (committed.node, committed.result);
        is_about_it.then_some(ruling.found)
    }
}
