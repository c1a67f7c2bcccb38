//! One dispute, opened and looked at: whose work it is, what was ordered, and what it should have been.

use std::sync::PoisonError;

use frame::SceneBlob;

use super::Court;
use crate::artist::JobPlan;
use crate::artist::check::{Checked, ResultReader};
use crate::audit::{Exhibit, Finding, Unable};
use crate::bundle::fetch::{FetchFault, fetch_scene};
use crate::bundle::{Manifest, SEALED_MANIFEST_BYTES_MAX};
use crate::identity::{Identity, WrappedKeys, unwrap_keys};
use crate::link::{Link, LinkFault, Priority};
use crate::order::JobOrder;
use crate::receipt::{Found, Verdict};
use crate::seal::{ObjectKey, ResultSecret};
use crate::wire::{Bounded, Dispute, JobShape, Refusal, ShapeDraft};

/// Why nothing can be found.
pub(super) enum Stuck {
    /// The link is gone.
    Link(LinkFault),
    /// Not now.
    Later(String),
    /// Never again: the renderer is broken.
    Broken(String),
}

/// What the artist gave the referee, and signed for the nodes.
struct Keys {
    admission: ObjectKey,
    results: ResultSecret,
    order: JobOrder,
}

impl Court<'_> {
    /// What is true of a dispute.
    pub(super) async fn find(&mut self, link: &Link, dispute: &Dispute) -> Result<Found, Stuck> {
        let Some(keys) = Keys::of(dispute, &self.referee.identity) else { return Ok(Found::NotShown) };
        let (manifest, scene) = self.scene(link, dispute, &keys.admission).await?;
        let Some(plan) = plan(dispute, &keys.order, &manifest) else { return Ok(Found::NotShown) };
        let reader = ResultReader { plan, key: keys.results.key() };
        let limit = reader.sealed_bytes_max(&dispute.committed.piece);
        let sealed = match link.fetch(dispute.committed.result, limit, Priority::Result).await {
            Ok(sealed) => sealed,
            Err(
                LinkFault::Refused(Refusal::NoSuchObject)
                | LinkFault::WrongContent
                | LinkFault::TooLarge { .. },
            ) => return Ok(Found::Unfit(Verdict::Unreadable)),
            Err(fault) => return Err(Stuck::Link(fault)),
        };
        let (bench, committed) = (self.bench.clone(), dispute.committed.clone());
        let looking = tokio::task::spawn_blocking(move || {
            let Checked { rect, partials, .. } = match reader.check(&committed, sealed) {
                Ok(checked) => checked,
                Err(unfit) => return Ok(Found::Unfit(unfit.verdict)),
            };
            let frame = committed.piece.frame;
            // Its receipt names these very settings, or it had not passed.
            let Some(settings) = reader.plan.settings_of(frame) else { return Ok(Found::NotShown) };
            let exhibit = Exhibit { frame, settings, rect, partials: &partials };
            let mut bench = bench.lock().unwrap_or_else(PoisonError::into_inner);
            match bench.examine(&scene, &exhibit) {
                Ok(Finding::Right { pixels }) => Ok(Found::Right { pixels }),
                Ok(Finding::Unclear { differ, pixels }) => Ok(Found::Unclear { differ, pixels }),
                Ok(Finding::Wrong { differ, pixels }) => Ok(Found::Wrong { differ, pixels }),
                // A stranger's scene must not be the end of a referee.
                Ok(Finding::Unable(why)) | Err(Unable::NotThis(why)) => Err(Stuck::Later(why)),
                Err(Unable::Broken(why)) => Err(Stuck::Broken(why)),
            }
        });
        looking.await.unwrap_or_else(|fault| Err(Stuck::Broken(fault.to_string())))
    }

    /// The frame's manifest and scene, as they lie at the coordinator.
    async fn scene(
        &mut self,
        link: &Link,
        dispute: &Dispute,
        admission: &ObjectKey,
    ) -> Result<(Manifest, SceneBlob), Stuck> {
        let stuck = |fault: FetchFault| match fault {
            FetchFault::Link(fault) if fault.is_passing() => Stuck::Link(fault),
            fault => Stuck::Later(format!("the scene cannot be fetched: {fault}")),
        };
        let name = dispute.manifest;
        let sealed = link.fetch(name, SEALED_MANIFEST_BYTES_MAX, Priority::Scene).await;
        let sealed = sealed.map_err(|fault| stuck(fault.into()))?;
        let (artist, frame) = (dispute.artist, dispute.committed.piece.frame);
        let limit = self.referee.scenes_bytes_max;
        let manifest = Manifest::open(&sealed, artist, admission, dispute.job, frame, limit)
            .map_err(|fault| stuck(fault.into()))?;
        if let Some((of, scene)) = &self.scene
            && *of == name
        {
            return Ok((manifest, scene.clone()));
        }
        self.scene = None;
        let scene = fetch_scene(link, &manifest).await.map_err(stuck)?;
        self.scene = Some((name, scene.clone()));
        Ok((manifest, scene))
    }
}

impl Keys {
    /// What opens the job; nothing where the artist wrapped other keys than those of the job.
    fn of(dispute: &Dispute, referee: &Identity) -> Option<Self> {
        let wrapped: WrappedKeys = postcard::from_bytes(&dispute.wrapped).ok()?;
        let keys = unwrap_keys(referee, dispute.job, dispute.artist, &wrapped).ok()?;
        let [admission, results] = <[ObjectKey; 2]>::try_from(keys).ok()?;
        let results = ResultSecret::from_bytes(*results.expose());
        let public = results.key().public();
        // The order names the key to which nodes sealed: with another secret their work would not open, through no fault of theirs.
        let order = JobOrder::open(&dispute.order, dispute.artist, &admission, dispute.job, &public).ok()?;
        (order.referee == Some(referee.id())).then_some(Self { admission, results, order })
    }
}

/// The one frame, as the artist ordered it from its nodes; nothing where that is no picture.
fn plan(dispute: &Dispute, order: &JobOrder, manifest: &Manifest) -> Option<JobPlan> {
    let settings = order.settings;
    let shape = JobShape::new(ShapeDraft {
        size: settings.size,
        edge_px: dispute.edge_px,
        spp: settings.spp,
        frames: Bounded::cut(vec![dispute.committed.piece.frame.0]),
        whole_tiles: false,
    });
    Some(JobPlan {
        job: dispute.job,
        shape: shape.ok()?,
        settings,
        margin_px: order.margin_px,
        scenes: vec![manifest.scene()],
        exposure_scales: vec![manifest.exposure_scale()],
    })
}

#[cfg(test)]
mod tests {
    use frame::{FrameIndex, FrameSize, JobId, LeaseId, NodeId, RenderSettings, SettingsDraft, TileIndex};

    use super::*;
    use crate::identity::wrap_keys;
    use crate::seal::JobSecret;
    use crate::wire::{Committed, ObjectName, Piece};

    const JOB: JobId = JobId([4; 16]);

    struct Parties {
        artist: Identity,
        referee: Identity,
        secret: JobSecret,
    }

    impl Parties {
        fn new() -> Self {
            Self {
                artist: Identity::generate(),
                referee: Identity::generate(),
                secret: JobSecret::generate(),
            }
        }

        fn order(&self) -> JobOrder {
            let draft = SettingsDraft::defaults(FrameSize::new(40, 30).expect("in range"));
            let settings = RenderSettings::new(draft).expect("defaults are valid");
            let order = JobOrder::new(settings, 5, &self.secret.result_key().public());
            order.judged_by(Some(self.referee.id()))
        }

        /// A dispute of a job that was ordered with `self.secret`, and of which the referee was given the keys of `given`.
        fn dispute(&self, given: &JobSecret) -> Dispute {
            let keys = [given.admission_key(), ObjectKey::from_bytes(*given.result_secret().expose())];
            let wrapped = wrap_keys(&self.artist, JOB, &self.referee.descriptor(), &keys);
            let order = self.order().seal(&self.artist, &self.secret.admission_key(), JOB);
            let blocks = frame::BlockRange { first: 0, count: 4 };
            let committed = Committed {
                lease: LeaseId(1),
                node: NodeId([1; 32]),
                piece: Piece { frame: FrameIndex(1), tile: TileIndex(0), blocks },
                result: ObjectName([2; 32]),
                receipt: Bounded::default(),
                link: Bounded::default(),
                amount: 1,
            };
            Dispute {
                artist: self.artist.id(),
                job: JOB,
                wrapped: Bounded::cut(postcard::to_stdvec(&wrapped).expect("plain data")),
                order: Bounded::cut(order),
                edge_px: 16,
                manifest: ObjectName([3; 32]),
                committed,
                words: Bounded::default(),
            }
        }
    }

    #[test]
    fn a_referee_reads_the_order_that_the_nodes_got() {
        let parties = Parties::new();
        let keys = Keys::of(&parties.dispute(&parties.secret), &parties.referee).expect("the job's own");
        assert_eq!(keys.order, parties.order());
        assert_eq!(keys.results.key().public(), parties.secret.result_key().public());
    }

    #[test]
    fn an_artist_who_gives_other_keys_shows_nothing() {
        let parties = Parties::new();
        let refused = |dispute: &Dispute| Keys::of(dispute, &parties.referee).is_none();
        assert!(refused(&parties.dispute(&JobSecret::generate())), "of another job");
        let right = parties.dispute(&parties.secret);
        assert!(refused(&Dispute { wrapped: Bounded::default(), ..right.clone() }), "none at all");
        assert!(refused(&Dispute { artist: NodeId([9; 32]), ..right.clone() }), "of somebody else");
        assert!(refused(&Dispute { job: JobId([5; 16]), ..right.clone() }));
        // The right key for order and scene, and one for results that opens nothing.
        let keys = [parties.secret.admission_key(), ObjectKey::generate()];
        let wrapped = wrap_keys(&parties.artist, JOB, &parties.referee.descriptor(), &keys);
        let wrapped = Bounded::cut(postcard::to_stdvec(&wrapped).expect("plain data"));
        assert!(refused(&Dispute { wrapped, ..right.clone() }), "half of it");
        assert!(Keys::of(&right, &Identity::generate()).is_none(), "for another referee");
        // What the nodes were told, and what the coordinator was.
        let order = parties.order().judged_by(Some(NodeId([7; 32])));
        let order = Bounded::cut(order.seal(&parties.artist, &parties.secret.admission_key(), JOB));
        assert!(refused(&Dispute { order, ..right }), "whom the artist did not name to the nodes");
    }
}
