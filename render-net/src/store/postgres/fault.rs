//! What a PostgreSQL server's errors mean for whoever uses the store.

use std::error::Error as _;
use std::io;

use tokio_postgres::Error;
use tokio_postgres::error::{DbError, SqlState};

use crate::identity::system_words;
use crate::store::StoreFault;

/// The fault behind an error; `schema` is where the tables are.
pub(super) fn fault(error: &Error, schema: &str) -> StoreFault {
    if let Some(error) = error.as_db_error() {
        return said(error, schema);
    }
    let cause = error.source();
    if let Some(error) = cause.and_then(|cause| cause.downcast_ref::<io::Error>()) {
        return match is_about_trust(error) {
            true => StoreFault::Unsafe(error.to_string()),
            false => StoreFault::Away(words(error)),
        };
    }
    let cause = cause.map(ToString::to_string).unwrap_or_default();
    match cause.as_str() {
        // The driver has no better name for either.
        "password missing" => StoreFault::Login,
        "server does not support TLS" => StoreFault::Unsafe("it does not speak TLS".to_owned()),
        // What it says of an answer that it cannot read holds nothing of ours.
        "" => StoreFault::Away(error.to_string()),
        cause => StoreFault::Away(format!("{error}: {cause}")),
    }
}

/// Rustls wraps what it does not like about the other side.
fn is_about_trust(error: &io::Error) -> bool {
    let inner = error.get_ref();
    inner.is_some_and(|inner| inner.downcast_ref::<rustls::Error>().is_some())
}

fn words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "nothing listens there".to_owned(),
        io::ErrorKind::NotFound => "there is no such socket".to_owned(),
        io::ErrorKind::TimedOut => "it took too long".to_owned(),
        _ => system_words(error),
    }
}

/// What the server itself said.
fn said(error: &DbError, schema: &str) -> StoreFault {
    let code = error.code();
    let is_one_of = |codes: &[&SqlState]| codes.contains(&code);
    if is_one_of(&[
        &SqlState::T_R_SERIALIZATION_FAILURE,
        &SqlState::T_R_DEADLOCK_DETECTED,
        &SqlState::LOCK_NOT_AVAILABLE,
    ]) {
        StoreFault::Conflict
    } else if is_one_of(&[&SqlState::DISK_FULL]) {
        StoreFault::NoRoom
    } else if is_one_of(&[&SqlState::INVALID_PASSWORD, &SqlState::INVALID_AUTHORIZATION_SPECIFICATION]) {
        StoreFault::Login
    } else if is_one_of(&[&SqlState::INVALID_CATALOG_NAME]) {
        StoreFault::NoDatabase
    } else if is_one_of(&[&SqlState::INSUFFICIENT_PRIVILEGE]) {
        StoreFault::NoRight { schema: schema.to_owned() }
    } else if is_passing(code) {
        StoreFault::Away(error.message().to_owned())
    } else {
        StoreFault::Database(error.message().to_owned())
    }
}

/// The server is going, coming, full or paused, or ended this connection.
fn is_passing(code: &SqlState) -> bool {
    let passing = [
        &SqlState::ADMIN_SHUTDOWN,
        &SqlState::CRASH_SHUTDOWN,
        &SqlState::CANNOT_CONNECT_NOW,
        &SqlState::TOO_MANY_CONNECTIONS,
        &SqlState::QUERY_CANCELED,
        &SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
        // A standby that has not taken over yet.
        &SqlState::READ_ONLY_SQL_TRANSACTION,
    ];
    passing.contains(&code) || code.code().starts_with("08")
}
