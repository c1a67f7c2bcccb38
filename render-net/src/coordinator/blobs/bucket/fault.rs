//! Why a bucket cannot be used, in words of ours: what servers and libraries say of an error may hold a key.

use std::error::Error;

use object_store::client::{HttpError, HttpErrorKind};

use super::super::BlobFault;

/// Why a bucket cannot be used: what happened, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BucketFault {
    /// The address is not one of a bucket.
    #[error(
        "the bucket's address cannot be read: use s3://BUCKET or s3://BUCKET/PREFIX, and give keys only in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    )]
    NotAnAddress,
    /// The server's address is none, or has a password in it.
    #[error(
        "the address in AWS_ENDPOINT_URL cannot be used: use one like https://HOST:PORT, without a name or password in it"
    )]
    BadEndpoint,
    /// The server would be asked without TLS.
    #[error(
        "AWS_ENDPOINT_URL names another machine without TLS: use https, or set AWS_ALLOW_HTTP=true where nobody listens on the way"
    )]
    Plain,
    /// There are no keys, or half of them.
    #[error(
        "no keys for the bucket were found: use AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to give both halves"
    )]
    NoKeys,
    /// The store does not know the keys, or they have ended.
    #[error(
        "the store does not accept the keys: check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN and this computer's clock"
    )]
    BadKeys,
    /// The keys are good and not for this.
    #[error(
        "the keys do not open the bucket \"{bucket}\": check that they may list, read, write and delete in it"
    )]
    Denied {
        /// Which.
        bucket: String,
    },
    /// There is no such bucket.
    #[error(
        "there is no bucket \"{bucket}\" at this server: check its name, AWS_REGION and AWS_ENDPOINT_URL"
    )]
    NoBucket {
        /// Which.
        bucket: String,
    },
    /// It is elsewhere.
    #[error("the bucket \"{bucket}\" is in another region: check AWS_REGION and AWS_ENDPOINT_URL")]
    Region {
        /// Which.
        bucket: String,
    },
    /// Nobody answers, or not well: that may pass.
    #[error(
        "the bucket's server cannot be reached now ({why}): check AWS_ENDPOINT_URL and the network, or try again later"
    )]
    Away {
        /// In a few words.
        why: String,
    },
    /// What answers is not an S3 store.
    #[error("the server does not answer as an S3 store does ({why}): check AWS_ENDPOINT_URL")]
    NotAStore {
        /// In a few words.
        why: String,
    },
}

const BAD_KEYS: [&str; 8] = [
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "ExpiredToken",
    "InvalidToken",
    "RequestTimeTooSkewed",
    "TokenRefreshRequired",
    "AuthFailure",
    "NotSignedUp",
];
const ELSEWHERE: [&str; 3] =
    ["AuthorizationHeaderMalformed", "PermanentRedirect", "IllegalLocationConstraintException"];

impl BucketFault {
    /// What an error of the library means. Nothing of its text goes on but a status and a code.
    pub(super) fn of(error: &object_store::Error, bucket: &str) -> Self {
        let text = error.to_string();
        // The machine's own metadata service should have given keys.
        if text.contains("://169.254.") {
            return Self::NoKeys;
        }
        if let Some(error) = source::<HttpError>(error) {
            return match error.kind() {
                HttpErrorKind::Connect => Self::Away { why: "nobody answers there".to_owned() },
                HttpErrorKind::Timeout => Self::too_slow(),
                _ => Self::Away { why: "the connection broke off".to_owned() },
            };
        }
        match (status_in(&text), code_in(&text)) {
            (Some(status), code) => Self::of_status(status, code.unwrap_or_default(), bucket),
            // A copy that fails after its answer has begun tells so in the answer.
            (None, Some(code)) => Self::of_status(500, code, bucket),
            (None, None) if text.contains("redirect") => Self::Region { bucket: bucket.to_owned() },
            (None, None) => Self::NotAStore { why: "an answer that cannot be read".to_owned() },
        }
    }

    fn of_status(status: u16, code: &str, bucket: &str) -> Self {
        let bucket = bucket.to_owned();
        match status {
            _ if BAD_KEYS.contains(&code) => Self::BadKeys,
            _ if ELSEWHERE.contains(&code) => Self::Region { bucket },
            _ if code == "NoSuchBucket" => Self::NoBucket { bucket },
            300..=399 => Self::Region { bucket },
            401 | 403 => Self::Denied { bucket },
            408 | 409 | 425 | 429 | 500 | 502..=599 => {
                Self::Away { why: format!("it answers with status {status}") }
            }
            _ => Self::NotAStore { why: format!("status {status} {code}").trim_end().to_owned() },
        }
    }

    pub(super) fn too_slow() -> Self {
        Self::Away { why: "it takes too long".to_owned() }
    }

    /// Whether trying again can help.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Away { .. })
    }
}

/// The store's own word for an error.
pub(super) fn code(error: &object_store::Error) -> Option<String> {
    code_in(&error.to_string()).map(str::to_owned)
}

/// The status of the answer that was an error. The library keeps its own error to itself and tells it in text alone; tests hold that to a real server.
pub(super) fn status(error: &object_store::Error) -> Option<u16> {
    status_in(&error.to_string())
}

fn status_in(text: &str) -> Option<u16> {
    let (_, rest) = text.split_once("status code: ")?;
    rest.get(..3)?.parse().ok()
}

fn code_in(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    // Letters only and short, so that no server can speak through us.
    (code.len() <= 64 && code.bytes().all(|letter| letter.is_ascii_alphanumeric())).then_some(code)
}

fn source<E: Error + 'static>(error: &object_store::Error) -> Option<&E> {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

impl From<BucketFault> for BlobFault {
    fn from(fault: BucketFault) -> Self {
        match fault {
            BucketFault::Away { why } => BlobFault::Away(why),
            other => BlobFault::System(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_store_answers_is_told_apart() {
        let bucket = || "sealed".to_owned();
        for (status, code, fault) in [
            (403, "InvalidAccessKeyId", BucketFault::BadKeys),
            (400, "ExpiredToken", BucketFault::BadKeys),
            (403, "AccessDenied", BucketFault::Denied { bucket: bucket() }),
            (403, "", BucketFault::Denied { bucket: bucket() }),
            (404, "NoSuchBucket", BucketFault::NoBucket { bucket: bucket() }),
            (301, "PermanentRedirect", BucketFault::Region { bucket: bucket() }),
            (400, "AuthorizationHeaderMalformed", BucketFault::Region { bucket: bucket() }),
            (503, "SlowDown", BucketFault::Away { why: "it answers with status 503".to_owned() }),
            (404, "", BucketFault::NotAStore { why: "status 404".to_owned() }),
        ] {
            assert_eq!(BucketFault::of_status(status, code, "sealed"), fault, "{status} {code}");
        }
    }
}
