//! Where a PostgreSQL database is, as `postgres://USER@HOST:PORT/DATABASE` says it. Never shows a password.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

/// A database on a server, and the schema in it.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresAddress {
    pub(super) config: Config,
    pub(super) schema: String,
}

/// The text is no database's address. It is not repeated: there may be a password in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}: use postgres://USER@HOST:PORT/DATABASE")]
pub struct PostgresAddressFault(&'static str);

impl PostgresAddressFault {
    /// What is wrong with it.
    pub fn why(&self) -> &'static str {
        self.0
    }
}

/// The schema of those who choose none.
const SCHEMA: &str = "tessera";
/// Longest wait for a connection.
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// A connection on which nothing was heard for so long is asked whether it still stands.
const SILENCE_MAX: Duration = Duration::from_secs(10);
/// Bytes that nobody confirms for so long end a connection.
const UNCONFIRMED_MAX: Duration = Duration::from_secs(15);

impl PostgresAddress {
    /// Reads an address; `password` counts where it names none. As in libpq, `?options=-csearch_path%3DNAME` chooses the schema and
    /// `?sslmode=` says how safe the connection has to be: `disable`, `prefer`, `require`, `verify-ca` or `verify-full`. Whatever speaks TLS
    /// checks the certificate. Without `sslmode` it is `require`, and `disable` where no byte leaves this computer.
    ///
    /// # Errors
    /// Says what is wrong without repeating any of it.
    pub fn parse(text: &str, password: Option<&str>) -> Result<Self, PostgresAddressFault> {
        if !Self::is_one(text) {
            return Err(PostgresAddressFault("the address does not begin with postgres://"));
        }
        let (text, mode) = without_ssl_mode(text)?;
        let fault = PostgresAddressFault("the address or what follows its question mark makes no sense");
        let mut config: Config = text.parse().map_err(|_| fault)?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            own_server(&mut config);
        }
        config.ssl_mode(mode.unwrap_or(if stays_here(&config) {
            SslMode::Disable
        } else {
            SslMode::Require
        }));
        if let (None, Some(password)) = (config.get_password(), password) {
            config.password(password);
        }
        if config.get_application_name().is_none() {
            config.application_name("tessera");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_MAX);
        }
        config.keepalives_idle(SILENCE_MAX).tcp_user_timeout(UNCONFIRMED_MAX);
        let schema = config.get_options().and_then(search_path).unwrap_or_else(|| SCHEMA.to_owned());
        match is_name(&schema) {
            true => Ok(Self { config, schema }),
            false => {
                Err(PostgresAddressFault("the address's search_path is not one plain name of small letters"))
            }
        }
    }

    /// Whether a text means a PostgreSQL database.
    pub fn is_one(text: &str) -> bool {
        text.starts_with("postgres://") || text.starts_with("postgresql://")
    }
}

/// Without a password, and without anything that could hold one.
impl fmt::Debug for PostgresAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = out.debug_struct("PostgresAddress");
        shown.field("hosts", &self.config.get_hosts()).field("schema", &self.schema).finish_non_exhaustive()
    }
}

/// The text without its `sslmode`, of which the driver knows only some.
fn without_ssl_mode(text: &str) -> Result<(String, Option<SslMode>), PostgresAddressFault> {
    let Some((place, asked)) = text.split_once('?') else { return Ok((text.to_owned(), None)) };
    let (mut mode, mut others) = (None, Vec::new());
    for part in asked.split('&') {
        match part.strip_prefix("sslmode=") {
            Some("disable") => mode = Some(SslMode::Disable),
            Some("prefer") => mode = Some(SslMode::Prefer),
            Some("require" | "verify-ca" | "verify-full") => mode = Some(SslMode::Require),
            Some(_) => {
                return Err(PostgresAddressFault(
                    "the address's sslmode is none of disable, prefer, require, verify-ca and verify-full",
                ));
            }
            None => others.push(part),
        }
    }
    let others = others.join("&");
    Ok((if others.is_empty() { place.to_owned() } else { format!("{place}?{others}") }, mode))
}

/// Where this computer's own server listens.
fn own_server(config: &mut Config) {
    #[cfg(unix)]
    config.host_path("/var/run/postgresql");
    #[cfg(not(unix))]
    config.host("localhost");
}

fn stays_here(config: &Config) -> bool {
    let is_here = |host: &Host| match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse().is_ok_and(|address: IpAddr| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    config.get_hosts().iter().all(is_here) && config.get_hostaddrs().iter().all(IpAddr::is_loopback)
}

/// The schema that a server's options name, in either of the ways in which they can.
fn search_path(options: &str) -> Option<String> {
    let words = options.split_whitespace().filter(|word| *word != "-c");
    let settings =
        words.filter_map(|word| word.trim_start_matches("--").trim_start_matches("-c").split_once('='));
    settings.filter(|(name, _)| *name == "search_path").map(|(_, schema)| schema.to_owned()).next_back()
}

fn is_name(schema: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let begins = schema.bytes().next().is_some_and(|first| plain(first) && !first.is_ascii_digit());
    begins && schema.len() <= 48 && schema.bytes().all(plain) && !schema.starts_with("pg_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(text: &str) -> SslMode {
        PostgresAddress::parse(text, None).expect("an address").config.get_ssl_mode()
    }

    #[test]
    fn what_leaves_the_computer_is_never_plain_unless_that_is_asked_for() {
        assert_eq!(mode("postgres://u@db.example/t"), SslMode::Require);
        assert_eq!(mode("postgres://u@db.example/t?sslmode=verify-full&connect_timeout=3"), SslMode::Require);
        assert_eq!(mode("postgres://u@db.example/t?sslmode=disable"), SslMode::Disable);
        assert_eq!(mode("postgres://u@localhost,db.example/t"), SslMode::Require);
        for here in ["localhost", "127.0.0.1", "[::1]", "%2Frun%2Fpostgresql", ""] {
            assert_eq!(mode(&format!("postgres://u@{here}/t")), SslMode::Disable, "{here}");
        }
        assert_eq!(mode("postgres://u@localhost/t?sslmode=require"), SslMode::Require);
    }

    #[test]
    fn the_schema_is_chosen_as_libpq_does() {
        let schema = |text: &str| PostgresAddress::parse(text, None).map(|address| address.schema);
        assert_eq!(schema("postgres://localhost/t"), Ok("tessera".into()));
        assert_eq!(schema("postgresql://localhost/t?options=-csearch_path%3Dfarm_2"), Ok("farm_2".into()));
        assert_eq!(schema("postgres://localhost/t?options=-c%20search_path%3Dfarm"), Ok("farm".into()));
        assert_eq!(schema("postgres://localhost/t?options=--search_path%3Dfarm"), Ok("farm".into()));
        for wrong in ["a,b", "Farm", "\"x", "2nd", "pg_x", ""] {
            schema(&format!("postgres://localhost/t?options=-csearch_path%3D{wrong}")).expect_err(wrong);
        }
    }

    #[test]
    fn no_fault_and_no_debug_text_repeats_a_password() {
        let texts = [
            "postgres://u:canary@localhost/t",
            "postgres://u:x?canary=1@localhost/t",
            "postgres://u:canary@localhost:port/t",
            "postgres://u@localhost/t?sslmode=canary",
            "postgre://u:canary@localhost/t",
            "postgres://u@localhost/t?password=canary&options=-csearch_path%3DCANARY",
        ];
        for text in texts {
            let said = match PostgresAddress::parse(text, Some("canary")) {
                Ok(address) => format!("{address:?}"),
                Err(fault) => format!("{fault} {fault:?}"),
            };
            assert!(!said.to_lowercase().contains("canary"), "{said}");
        }
        let address = PostgresAddress::parse("postgres://u@localhost/t", Some("word")).expect("an address");
        assert_eq!(address.config.get_password(), Some(b"word".as_slice()));
    }
}
