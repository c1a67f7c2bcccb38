//! One connection to the server: made safe as the address asks, set up, its statements prepared once.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{try_join, try_join_all};
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::PostgresAddress;
use super::changes::TableChanges;
use super::fault::fault;
use crate::store::layout::name;
use crate::store::{Record, StoreFault, Table};

/// Longest wait for one answer; a connection that needs longer is given up.
const ANSWER_MAX: Duration = Duration::from_secs(20);

/// What holds for every transaction of a connection.
///
/// Whole tables are never read through: that would lock them whole against everybody else's changes. A coordinator that is
/// paused in the middle of a transaction is thrown out of it after a while, or it would hold up the others.
const SETTINGS: &str = "SET enable_seqscan = off; SET enable_bitmapscan = off; \
    SET statement_timeout = '15s'; SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = '10s'; \
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";

/// A connection that stands, or stood until a moment ago.
pub(super) struct Session {
    client: Client,
    schema: String,
    statements: RefCell<HashMap<String, Statement>>,
}

type Found<T> = Result<T, StoreFault>;

impl Session {
    /// Connects; whatever reads the connection runs on the current runtime.
    pub(super) async fn connect(address: &PostgresAddress) -> Found<Self> {
        let away = |error: &tokio_postgres::Error| fault(error, &address.schema);
        let (client, connection) =
            timely(async { address.config.connect(tls(address)?).await.map_err(|error| away(&error)) })
                .await?;
        // It ends when the client is dropped or the server goes; the next request says so.
        tokio::spawn(connection);
        let session = Self { client, schema: address.schema.clone(), statements: RefCell::default() };
        session.run(SETTINGS).await?;
        Ok(session)
    }

    /// Whether it is known to be of no use any more.
    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Runs statements without parameters, in one round trip.
    pub(super) async fn run(&self, statements: &str) -> Found<()> {
        timely(async { self.client.batch_execute(statements).await.map_err(|error| self.fault(&error)) })
            .await
    }

    /// The only value of the only row of a question without parameters; `None` when there is no row, or nothing in it.
    pub(super) async fn ask(&self, question: &str) -> Found<Option<i64>> {
        let row =
            timely(async { self.client.query_opt(question, &[]).await.map_err(|error| self.fault(&error)) });
        let value = row.await?.map(|row| row.try_get(0)).transpose();
        Ok(value.map_err(|error| self.fault(&error))?.flatten())
    }

    pub(super) async fn read(&self, table: Table, key: &[u8]) -> Found<Option<Vec<u8>>> {
        timely(async {
            let sql = format!("SELECT body FROM {} WHERE key = $1", self.place(table));
            let statement = self.statement(sql).await?;
            let row = self.client.query_opt(&statement, &[&key]).await;
            let body = row.and_then(|row| row.map(|row| row.try_get(0)).transpose());
            body.map_err(|error| self.fault(&error))
        })
        .await
    }

    pub(super) async fn scan(&self, table: Table, from: &[u8], to: &[u8], max: usize) -> Found<Vec<Record>> {
        timely(async {
            let place = self.place(table);
            let sql =
                format!("SELECT key, body FROM {place} WHERE key >= $1 AND key < $2 ORDER BY key LIMIT $3");
            let statement = self.statement(sql).await?;
            let max = i64::try_from(max).unwrap_or(i64::MAX);
            let rows = self.client.query(&statement, &[&from, &to, &max]).await;
            let records = rows.and_then(|rows| {
                rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect::<Result<_, _>>()
            });
            records.map_err(|error| self.fault(&error))
        })
        .await
    }

    /// Sends changes of many tables, and news, at once, and waits until the server has taken them.
    pub(super) async fn send(&self, changes: BTreeMap<Table, TableChanges>, news: Vec<String>) -> Found<()> {
        timely(async {
            let mut writes = Vec::new();
            for (table, TableChanges { keys, bodies, removed }) in changes {
                let place = self.place(table);
                if !keys.is_empty() {
                    let sql = format!(
                        "INSERT INTO {place} (key, body) SELECT * FROM unnest($1::bytea[], $2::bytea[]) \
                         ON CONFLICT (key) DO UPDATE SET body = excluded.body"
                    );
                    writes.push((self.statement(sql).await?, vec![keys, bodies]));
                }
                if !removed.is_empty() {
                    let sql = format!("DELETE FROM {place} WHERE key = ANY($1::bytea[])");
                    writes.push((self.statement(sql).await?, vec![removed]));
                }
            }
            let tell = "SELECT pg_notify($1, word) FROM unnest($2::text[]) AS word".to_owned();
            let tell = if news.is_empty() { None } else { Some(self.statement(tell).await?) };
            // Sent one after the other without waiting for answers: one round trip for all. None touches what another does.
            let written = writes.iter().map(|(statement, lists)| self.client.execute_raw(statement, lists));
            let told = async {
                let Some(tell) = &tell else { return Ok(0) };
                self.client.execute(tell, &[&channel(&self.schema), &news]).await
            };
            let done = try_join(try_join_all(written), told).await;
            done.map(drop).map_err(|error| self.fault(&error))
        })
        .await
    }

    fn place(&self, table: Table) -> String {
        format!("\"{}\".{}", self.schema, name(table))
    }

    async fn statement(&self, sql: String) -> Found<Statement> {
        let known = self.statements.borrow().get(&sql).cloned();
        if let Some(statement) = known {
            return Ok(statement);
        }
        let statement = self.client.prepare(&sql).await.map_err(|error| self.fault(&error))?;
        self.statements.borrow_mut().insert(sql, statement.clone());
        Ok(statement)
    }

    fn fault(&self, error: &tokio_postgres::Error) -> StoreFault {
        fault(error, &self.schema)
    }
}

/// The channel on which coordinators of one schema hear each other.
pub(super) fn channel(schema: &str) -> String {
    format!("tessera of {schema}")
}

/// What checks the server's certificate: the system's roots, or those that `SSL_CERT_FILE` names.
pub(super) fn tls(address: &PostgresAddress) -> Found<MakeRustlsConnect> {
    let mut roots = RootCertStore::empty();
    if address.config.get_ssl_mode() != SslMode::Disable {
        let found = rustls_native_certs::load_native_certs();
        let (known, _) = roots.add_parsable_certificates(found.certs);
        if known == 0 {
            return Err(StoreFault::Unsafe("this computer has no list of certificates".to_owned()));
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = versions.map_err(|fault| StoreFault::Unsafe(fault.to_string()))?;
    Ok(MakeRustlsConnect::new(builder.with_root_certificates(roots).with_no_client_auth()))
}

/// Waits for an answer, not for ever.
async fn timely<T>(answer: impl Future<Output = Found<T>>) -> Found<T> {
    let late = |_| StoreFault::Away("it took too long".to_owned());
    tokio::time::timeout(ANSWER_MAX, answer).await.map_err(late)?
}
