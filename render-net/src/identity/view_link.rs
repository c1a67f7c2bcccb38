//! A view-only link: `tessera://HOST:PORT/view/JOB#k=KEY&c=COORDINATOR`.
//!
//! Everything that admits anybody stands behind the `#`, in the part of an address that programs do not send to the place it names.

use std::fmt;
use std::str::FromStr;

use frame::{JobId, NodeId};

use super::{AddressFault, CoordinatorAddress};
use crate::seal::ViewSecret;

/// Whoever has it sees a job's pictures, as long as the artist lets them. Not printable by accident; [`Self::to_text`] is meant:
///
/// ```compile_fail,E0277
/// fn prints<T: std::fmt::Debug>() {}
/// prints::<render_net::identity::ViewLink>();
/// ```
#[derive(Clone)]
pub struct ViewLink {
    coordinator: CoordinatorAddress,
    job: JobId,
    secret: ViewSecret,
}

/// The text is not a view-only link. It is not repeated: most of it may be a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a view-only link: {0}")]
pub struct ViewLinkFault(&'static str);

const SCHEME: &str = "tessera://";
const PLACE: &str = "/view/";

impl ViewLink {
    /// To this job at this coordinator.
    pub fn new(coordinator: CoordinatorAddress, job: JobId, secret: ViewSecret) -> Self {
        Self { coordinator, job, secret }
    }

    /// Where the job is.
    pub fn coordinator(&self) -> &CoordinatorAddress {
        &self.coordinator
    }

    /// Which job.
    pub fn job(&self) -> JobId {
        self.job
    }

    /// What admits its holder.
    pub fn secret(&self) -> &ViewSecret {
        &self.secret
    }

    /// The link, to be given to a person; whoever reads it can look on.
    pub fn to_text(&self) -> String {
        let Self { coordinator, job, secret } = self;
        let key = Hex(secret.expose());
        format!("{SCHEME}{}{PLACE}{job}#k={key}&c={}", coordinator.place(), coordinator.key())
    }

    /// Whether a text means to be such a link, right or wrong.
    pub fn is_meant(text: &str) -> bool {
        let text = text.trim();
        text.strip_prefix(SCHEME).is_some_and(|rest| rest.split('#').next().unwrap_or(rest).contains(PLACE))
    }
}

impl FromStr for ViewLink {
    type Err = ViewLinkFault;

    fn from_str(text: &str) -> Result<Self, ViewLinkFault> {
        let fault = ViewLinkFault;
        let rest = text.trim().strip_prefix(SCHEME).ok_or(fault("it does not start with tessera://"))?;
        let (place, fragment) = rest.split_once('#').ok_or(fault("the part after # is missing"))?;
        let (place, job) = place.split_once(PLACE).ok_or(fault("it has no /view/ in it"))?;
        let job = job.parse().map_err(|_| fault("the job is not 32 hexadecimal digits"))?;
        let part = |name: &str| fragment.split('&').find_map(|part| part.strip_prefix(name));
        let key = part("k=").and_then(|key| key.parse::<NodeId>().ok());
        let NodeId(secret) = key.ok_or(fault("its key is not 64 hexadecimal digits"))?;
        let coordinator = part("c=").ok_or(fault("the coordinator's key is missing"))?;
        let coordinator = format!("{SCHEME}{place}#{coordinator}").parse();
        let coordinator =
            coordinator.map_err(|_: AddressFault| fault("the coordinator's address is wrong"))?;
        Ok(Self { coordinator, job, secret: ViewSecret::from_bytes(secret) })
    }
}

struct Hex<'a>(&'a [u8; 32]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(host: &str) -> ViewLink {
        let coordinator = CoordinatorAddress::new(host, 7411, NodeId([7; 32])).expect("valid");
        ViewLink::new(coordinator, JobId([1; 16]), ViewSecret::from_bytes([0xab; 32]))
    }

    #[test]
    fn a_link_reads_back_from_its_text() {
        for host in ["127.0.0.1", "farm.example.org", "::1"] {
            let text = link(host).to_text();
            let back: ViewLink = format!(" {text}\n").parse().unwrap_or_else(|fault| panic!("{fault}"));
            assert_eq!(back.to_text(), text);
            assert!(ViewLink::is_meant(&text));
        }
    }

    #[test]
    fn all_keys_are_in_the_part_that_stays_with_its_reader() {
        let text = link("farm.example").to_text();
        let (sent, kept) = text.split_once('#').expect("has a fragment");
        assert_eq!(sent, format!("tessera://farm.example:7411/view/{}", "01".repeat(16)));
        assert!(kept.contains(&"ab".repeat(32)));
    }

    #[test]
    fn a_wrong_link_says_what_is_wrong_and_repeats_no_key() {
        let (job, key) = ("01".repeat(16), "ab".repeat(32));
        for (text, why) in [
            (format!("http://a:1/view/{job}#k={key}&c={key}"), "start with"),
            (format!("tessera://a:1/view/{job}"), "after #"),
            (format!("tessera://a:1/{job}#k={key}&c={key}"), "/view/"),
            (format!("tessera://a:1/view/{}#k={key}&c={key}", &job[1..]), "32 hexadecimal"),
            (format!("tessera://a:1/view/{job}#k={}&c={key}", &key[1..]), "64 hexadecimal"),
            (format!("tessera://a:1/view/{job}#k={key}"), "coordinator's key"),
            (format!("tessera://a/view/{job}#k={key}&c={key}"), "address is wrong"),
        ] {
            let fault = text.parse::<ViewLink>().err().expect("refused").to_string();
            assert!(fault.contains(why) && !fault.contains(&key[1..]), "{fault}");
        }
        assert!(!ViewLink::is_meant(&format!("tessera://a:1#{key}")), "a coordinator's address");
    }
}
