//! What is counted of the market, for whoever runs it: how often, and never of whom.

/// Something that happened and is counted once it is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// A job was posted.
    JobPosted,
    /// Every block of a job was accepted.
    JobDone,
    /// A job ended before that.
    JobStopped,
    /// A lease was given out.
    LeaseGranted,
    /// A lease ended because its node was silent, or did not get on.
    LeaseLapsed,
    /// A node gave a lease back, or left.
    LeaseGivenBack,
    /// A node could not do a lease.
    LeaseFailed,
    /// A result was delivered, and so much is held for it, micro-credits.
    ResultDelivered(u64),
    /// A delivered result was accepted, and so much is paid.
    ResultAccepted(u64),
    /// A delivered result was refused, and so much goes back to its job.
    ResultRefused(u64),
    /// An artist refused a result that a referee will judge.
    ResultDisputed,
}

/// How often each of it happened since this coordinator was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Jobs posted.
    pub jobs_posted: u64,
    /// Jobs of which every block was accepted.
    pub jobs_done: u64,
    /// Jobs that ended before that.
    pub jobs_stopped: u64,
    /// Leases given out.
    pub leases_granted: u64,
    /// Leases that lapsed or stalled.
    pub leases_lapsed: u64,
    /// Leases given back.
    pub leases_given_back: u64,
    /// Leases that failed.
    pub leases_failed: u64,
    /// Results delivered.
    pub results_delivered: u64,
    /// Results accepted.
    pub results_accepted: u64,
    /// Results refused for good.
    pub results_refused: u64,
    /// Results that went to a referee.
    pub results_disputed: u64,
    /// Held for delivered results, micro-credits.
    pub held: u64,
    /// Paid for accepted results, micro-credits.
    pub posted: u64,
    /// Given back for refused results, micro-credits.
    pub voided: u64,
}

impl Counts {
    /// Adds what happened.
    pub fn add(&mut self, count: Count) {
        let (of_kind, amount) = match count {
            Count::JobPosted => (&mut self.jobs_posted, None),
            Count::JobDone => (&mut self.jobs_done, None),
            Count::JobStopped => (&mut self.jobs_stopped, None),
            Count::LeaseGranted => (&mut self.leases_granted, None),
            Count::LeaseLapsed => (&mut self.leases_lapsed, None),
            Count::LeaseGivenBack => (&mut self.leases_given_back, None),
            Count::LeaseFailed => (&mut self.leases_failed, None),
            Count::ResultDelivered(amount) => (&mut self.results_delivered, Some((&mut self.held, amount))),
            Count::ResultAccepted(amount) => (&mut self.results_accepted, Some((&mut self.posted, amount))),
            Count::ResultRefused(amount) => (&mut self.results_refused, Some((&mut self.voided, amount))),
            Count::ResultDisputed => (&mut self.results_disputed, None),
        };
        *of_kind += 1;
        if let Some((sum, amount)) = amount {
            *sum = sum.saturating_add(amount);
        }
    }
}
