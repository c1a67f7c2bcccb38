//! The tables in a database: made when they are missing, refused when a newer program made them.

use super::session::Session;
use crate::store::StoreFault;
use crate::store::layout::{LAYOUT, lacking, name};

/// Locks are numbers in a database that others may use too: "Tess".
const LOCK: u32 = 0x5465_7373;

/// The table that everybody who begins locks; it holds the layout's number.
pub(super) fn turns(schema: &str) -> String {
    format!("\"{schema}\".layout")
}

/// Makes what is missing, in one transaction and alone: two coordinators may start at the same moment.
pub(super) async fn prepare(session: &Session, schema: &str) -> Result<(), StoreFault> {
    session.run(&format!("BEGIN; SELECT pg_advisory_xact_lock({LOCK}, hashtext('{schema}'))")).await?;
    let prepared = prepare_alone(session, schema).await;
    let end = if prepared.is_ok() { "COMMIT" } else { "ROLLBACK" };
    let ended = session.run(end).await;
    prepared.and(ended)
}

async fn prepare_alone(session: &Session, schema: &str) -> Result<(), StoreFault> {
    // Asked first: `IF NOT EXISTS` wants the right to make it even where it is there.
    let there = format!("SELECT count(*) FROM pg_catalog.pg_namespace WHERE nspname = '{schema}'");
    if session.ask(&there).await? == Some(0) {
        session.run(&format!("CREATE SCHEMA \"{schema}\"")).await?;
    }
    let turns = turns(schema);
    let there = format!(
        "SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname = '{schema}' AND tablename = 'layout'"
    );
    if session.ask(&there).await? == Some(0) {
        session.run(&format!("CREATE TABLE {turns} (number bigint NOT NULL)")).await?;
    }
    let layout = session.ask(&format!("SELECT max(number) FROM {turns}")).await?.unwrap_or(0);
    let lacking = match lacking(layout) {
        Some(_) if layout == LAYOUT => return Ok(()),
        Some(lacking) => lacking,
        None => return Err(StoreFault::Layout { theirs: layout, ours: LAYOUT }),
    };
    let mut statements = format!("DELETE FROM {turns}; INSERT INTO {turns} VALUES ({LAYOUT});");
    for &table in lacking {
        // Room in each page, so that a record that is written again stays in its page and its index is not touched.
        statements += &format!(
            "CREATE TABLE \"{schema}\".{} (key bytea PRIMARY KEY, body bytea NOT NULL) WITH (fillfactor = 60);",
            name(table)
        );
    }
    session.run(&statements).await
}
