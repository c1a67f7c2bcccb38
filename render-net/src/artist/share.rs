//! Lets others look on at a job: a card with what they need, sealed to a link that the artist gives away.
//!
//! The card holds the job's plan and the secret behind its result key: with it the job's pictures open, and neither its scene nor its
//! order do. It is sealed under a key that stands in the link alone. The coordinator keeps the card, and of the link a hash that
//! admits nobody; it answers whoever shows the token behind it. A job has at most one link. Withdrawing it ends the
//! answers; what somebody has seen by then cannot be unseen.

use frame::JobId;
use zeroize::Zeroizing;

use super::connect::Connector;
use super::folder::JobFolder;
use super::{Artist, ArtistFault, FIRST_PATIENCE, JobPlan, random};
use crate::identity::ViewLink;
use crate::link::Priority;
use crate::seal::{ResultSecret, SealContext, ViewSecret, open, seal, sealed_size_bytes};
use crate::wire::{Request, Share, ViewGrant, ViewToken};

/// Largest card; that of a job with the most frames has 700 KiB.
const CARD_BYTES_MAX: u64 = 2 << 20;

/// What is sealed for those who look on: 32 bytes of secret, then the rest as postcard.
pub(super) struct ViewCard {
    /// How the artist calls the pictures.
    pub(super) title: String,
    /// What they are.
    pub(super) plan: JobPlan,
    /// What opens the job's results.
    pub(super) result_secret: ResultSecret,
}

/// Largest sealed card.
pub(super) fn sealed_card_bytes_max() -> u64 {
    sealed_size_bytes(CARD_BYTES_MAX)
}

impl ViewCard {
    fn seal(&self, view: &ViewSecret) -> Result<Vec<u8>, ArtistFault> {
        let bytes = self.result_secret.expose().to_vec();
        let bytes = postcard::to_extend(&(&self.title, &self.plan), bytes);
        let bytes = Zeroizing::new(bytes.map_err(|_| ArtistFault::Damaged)?);
        let context = SealContext::ViewCard { job: self.plan.job };
        Ok(seal(&view.card_key(), random(), &context, &bytes))
    }

    /// Opens a card of this job; nothing when it is not one, or contradicts itself.
    pub(super) fn open(view: &ViewSecret, job: JobId, sealed: &[u8]) -> Option<Self> {
        let bytes = open(&view.card_key(), &SealContext::ViewCard { job }, sealed, CARD_BYTES_MAX).ok()?;
        let (secret, rest) = bytes.split_first_chunk()?;
        let ((title, plan), rest) = postcard::take_from_bytes::<(String, JobPlan)>(rest).ok()?;
        let is_whole = rest.is_empty() && plan.job == job && plan.is_consistent();
        is_whole.then(|| Self { title, plan, result_secret: ResultSecret::from_bytes(*secret) })
    }
}

impl Artist {
    /// A view-only link to a job, the same as last time where there is one already; `title` is how its pictures are called.
    ///
    /// # Errors
    /// [`ArtistFault::NoSuchJob`], or the coordinator does not answer or does not know the job.
    pub async fn share(&self, job: JobId, title: &str) -> Result<ViewLink, ArtistFault> {
        let folder = JobFolder::at(&self.data, job);
        let (ticket, secret) = (folder.ticket()?, folder.secret()?);
        let view = match folder.view()? {
            Some(view) => view,
            None => folder.create_view()?,
        };
        let (title, result_secret) = (title.to_owned(), secret.result_secret());
        let card = ViewCard { title, plan: ticket.plan(), result_secret }.seal(&view)?;
        let mut connector = Connector::new(&self.identity, &self.coordinator, Some(FIRST_PATIENCE));
        let link = connector.link().await?;
        let card = link.put(&card, Priority::Control).await?;
        let grant = ViewGrant { token: ViewToken(view.token()).name(), card };
        link.call(&Request::Share(Share { job, grant: Some(grant) })).await?;
        link.close();
        Ok(ViewLink::new(self.coordinator.clone(), job, view))
    }

    /// Withdraws the link to a job; whoever looks on sees nothing new.
    ///
    /// # Errors
    /// As [`Self::share`]; the link is still good then.
    pub async fn unshare(&self, job: JobId) -> Result<(), ArtistFault> {
        self.ask(&Request::Share(Share { job, grant: None })).await?;
        JobFolder::at(&self.data, job).remove_view()
    }
}

#[cfg(test)]
mod tests {
    use frame::{Denoise, SceneId};

    use super::*;
    use crate::artist::check::tests::plan;
    use crate::seal::JobSecret;

    fn card(plan: JobPlan) -> ViewCard {
        let result_secret = JobSecret::from_bytes([1; 32]).result_secret();
        ViewCard { title: "vase".to_owned(), plan, result_secret }
    }

    #[test]
    fn a_card_opens_with_its_link_for_its_job_and_as_it_was_sealed() {
        let (plan, view) = (plan(Denoise::Node), ViewSecret::generate());
        let (job, sealed) = (plan.job, card(plan.clone()).seal(&view).expect("small"));
        let opened = ViewCard::open(&view, job, &sealed).expect("its own");
        assert_eq!((opened.title.as_str(), &opened.plan), ("vase", &plan));
        let key = JobSecret::from_bytes([1; 32]).result_key();
        assert_eq!(opened.result_secret.key().public(), key.public());
        assert!(ViewCard::open(&ViewSecret::generate(), job, &sealed).is_none(), "another link");
        assert!(ViewCard::open(&view, JobId([9; 16]), &sealed).is_none(), "another job");
        for cut in [0, 40, sealed.len() - 1] {
            assert!(ViewCard::open(&view, job, &sealed[..cut]).is_none(), "cut at {cut}");
        }
        for at in (0..sealed.len()).step_by(13) {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(ViewCard::open(&view, job, &changed).is_none(), "byte {at}");
        }
    }

    #[test]
    fn a_card_that_contradicts_itself_is_refused_though_its_maker_has_the_link() {
        let (view, good) = (ViewSecret::generate(), plan(Denoise::Node));
        let refused = |plan: JobPlan| {
            let (job, sealed) = (plan.job, card(plan).seal(&view).expect("small"));
            ViewCard::open(&view, job, &sealed).is_none()
        };
        assert!(!refused(good.clone()));
        assert!(
            refused(JobPlan { scenes: vec![SceneId([5; 32]); 3], ..good.clone() }),
            "scenes of other frames"
        );
        assert!(refused(JobPlan { exposure_scales: Vec::new(), ..good.clone() }), "no exposure");
        assert!(refused(JobPlan { margin_px: u32::MAX, ..good }), "a margin past all frames");
    }
}
