//! Which bucket, and how to be let in: an address without secrets, and keys from the environment in their usual names.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use zeroize::Zeroizing;

use super::fault::BucketFault;

/// Longest prefix in bytes, so that keys stay below the 1024 bytes that stores allow.
const PREFIX_BYTES_MAX: usize = 512;

/// A bucket of an S3-compatible store, and the prefix of all keys in it: `s3://BUCKET/PREFIX`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketAddress {
    pub(super) bucket: String,
    /// Empty, or with a slash at its end.
    pub(super) prefix: String,
}

/// How a bucket is reached: its server, its region, and keys. What it prints of itself has no secret in it.
#[derive(Clone)]
pub struct BucketAccess {
    key: Option<Key>,
    region: Option<String>,
    endpoint: Option<String>,
    is_plain: bool,
    /// Names of roles and where credentials for them are asked for; no secrets.
    roles: Vec<(AmazonS3ConfigKey, String)>,
}

#[derive(Clone)]
struct Key {
    id: String,
    secret: Zeroizing<String>,
    token: Option<Zeroizing<String>>,
}

impl FromStr for BucketAddress {
    type Err = BucketFault;

    fn from_str(text: &str) -> Result<Self, BucketFault> {
        let rest = text.strip_prefix("s3://").ok_or(BucketFault::NotAnAddress)?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        let is_plain = |part: &str| {
            let letters = |letter: u8| letter.is_ascii_alphanumeric() || b"-_.".contains(&letter);
            !part.is_empty() && part.bytes().all(letters) && !part.starts_with('.')
        };
        let fits = (3..=63).contains(&bucket.len()) && prefix.len() <= PREFIX_BYTES_MAX;
        let is_right = fits && is_plain(bucket) && (prefix.is_empty() || prefix.split('/').all(is_plain));
        let slash = if prefix.is_empty() { "" } else { "/" };
        match is_right {
            true => Ok(Self { bucket: bucket.to_owned(), prefix: format!("{prefix}{slash}") }),
            false => Err(BucketFault::NotAnAddress),
        }
    }
}

impl fmt::Display for BucketAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.prefix.trim_end_matches('/'))
    }
}

impl BucketAccess {
    /// Reads the usual names: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION` or `AWS_DEFAULT_REGION`,
    /// `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL`, `AWS_ALLOW_HTTP`, and those of roles (web identity, containers). Without any, the machine's own
    /// metadata service is asked when the bucket is opened.
    ///
    /// # Errors
    /// [`BucketFault::NoKeys`] for half a key, [`BucketFault::BadEndpoint`] and [`BucketFault::Plain`] for a server that must not be asked.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Result<Self, BucketFault> {
        let variable =
            |name: &str| variable(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let token = variable("AWS_SESSION_TOKEN").map(Zeroizing::new);
        let key = match (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY")) {
            (Some(id), Some(secret)) => Some(Key { id, secret: Zeroizing::new(secret), token }),
            (None, None) => None,
            _ => return Err(BucketFault::NoKeys),
        };
        let allows_plain = variable("AWS_ALLOW_HTTP").is_some_and(|text| text.eq_ignore_ascii_case("true"));
        let endpoint = variable("AWS_ENDPOINT_URL_S3").or_else(|| variable("AWS_ENDPOINT_URL"));
        let is_plain = endpoint.as_deref().map_or(Ok(false), |endpoint| is_plain(endpoint, allows_plain))?;
        use AmazonS3ConfigKey as Name;
        let roles = [
            ("AWS_WEB_IDENTITY_TOKEN_FILE", Name::WebIdentityTokenFile),
            ("AWS_ROLE_ARN", Name::RoleArn),
            ("AWS_ROLE_SESSION_NAME", Name::RoleSessionName),
            ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", Name::ContainerCredentialsRelativeUri),
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", Name::ContainerCredentialsFullUri),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", Name::ContainerAuthorizationTokenFile),
            ("AWS_VIRTUAL_HOSTED_STYLE_REQUEST", Name::VirtualHostedStyleRequest),
        ];
        let roles = roles.into_iter().filter_map(|(name, key)| Some((key, variable(name)?))).collect();
        let region = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"));
        Ok(Self { key, region, endpoint, is_plain, roles })
    }

    pub(super) fn is_plain(&self) -> bool {
        self.is_plain
    }

    pub(super) fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// What the library is told.
    pub(super) fn builder(&self, address: &BucketAddress) -> AmazonS3Builder {
        let roles = self
            .roles
            .iter()
            .fold(AmazonS3Builder::new(), |builder, (name, value)| builder.with_config(*name, value.clone()));
        let mut builder = roles.with_bucket_name(&address.bucket);
        if let Some(region) = &self.region {
            builder = builder.with_region(region);
        }
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        if let Some(key) = &self.key {
            builder = builder.with_access_key_id(&key.id).with_secret_access_key(key.secret.as_str());
            if let Some(token) = &key.token {
                builder = builder.with_token(token.as_str());
            }
        }
        builder
    }
}

impl fmt::Debug for BucketAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BucketAccess").field("region", &self.region).finish_non_exhaustive()
    }
}

/// Whether a server is asked without TLS; only on this machine, or where that was allowed.
fn is_plain(endpoint: &str, is_allowed: bool) -> Result<bool, BucketFault> {
    let (scheme, rest) = endpoint.split_once("://").ok_or(BucketFault::BadEndpoint)?;
    let authority = rest.split('/').next().unwrap_or_default();
    // A name and password in an address would end in somebody's log.
    if authority.is_empty() || authority.contains('@') || rest.contains(['?', '#']) {
        return Err(BucketFault::BadEndpoint);
    }
    match scheme {
        "https" => Ok(false),
        "http" if is_allowed || is_loopback(authority) => Ok(true),
        "http" => Err(BucketFault::Plain),
        _ => Err(BucketFault::BadEndpoint),
    }
}

fn is_loopback(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(set: &[(&str, &str)]) -> Result<BucketAccess, BucketFault> {
        BucketAccess::from_environment(|name| {
            set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn an_address_is_a_bucket_and_a_prefix_and_holds_no_key() {
        let address: BucketAddress = "s3://sealed/farm/one/".parse().expect("an address");
        assert_eq!((address.bucket.as_str(), address.prefix.as_str()), ("sealed", "farm/one/"));
        assert_eq!(address.to_string(), "s3://sealed/farm/one");
        assert_eq!("s3://sealed".parse::<BucketAddress>().expect("an address").prefix, "");
        let bad =
            ["sealed", "s3://", "s3://ab", "s3://AKIA:hush@sealed/x", "s3://sealed//x", "s3://sealed/../x"];
        for bad in bad.into_iter().chain(["s3://sealed/x?versionId=1", "gs://sealed", "s3://sealed/a b"]) {
            let fault = bad.parse::<BucketAddress>().expect_err(bad);
            assert!(!fault.to_string().contains("hush"), "{fault}");
        }
    }

    #[test]
    fn a_server_without_tls_is_only_asked_on_this_machine_or_where_that_was_allowed() {
        let asked = |endpoint| access(&[("AWS_ENDPOINT_URL", endpoint)]).map(|access| access.is_plain);
        assert_eq!(asked("https://store.example"), Ok(false));
        for near in ["http://127.0.0.1:9000", "http://localhost/", "http://[::1]:9000"] {
            assert_eq!(asked(near), Ok(true), "{near}");
        }
        for far in
            ["http://store.example", "http://10.0.0.1:9000", "http://localhost.example", "http://127.example"]
        {
            assert_eq!(asked(far), Err(BucketFault::Plain), "{far}");
        }
        for bad in ["store.example", "ftp://store.example", "https://key:secret@store.example", "https://"] {
            assert_eq!(asked(bad), Err(BucketFault::BadEndpoint), "{bad}");
        }
        let allowed = access(&[("AWS_ENDPOINT_URL", "http://10.0.0.1:9000"), ("AWS_ALLOW_HTTP", "true")]);
        assert!(allowed.expect("allowed").is_plain);
    }

    #[test]
    fn half_a_key_is_none_and_no_key_is_ever_printed() {
        assert_eq!(access(&[("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")]).expect_err("half"), BucketFault::NoKeys);
        assert!(!access(&[]).expect("the machine is asked").has_key());
        let set = [
            ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "hush"),
            ("AWS_SESSION_TOKEN", "hush2"),
        ];
        let access = access(&set).expect("whole");
        let printed = format!("{access:?}");
        assert!(access.has_key() && !printed.contains("AKIA") && !printed.contains("hush"), "{printed}");
    }
}
