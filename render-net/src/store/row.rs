//! Records with a shape: postcard in, postcard out.

use serde::{Serialize, de::DeserializeOwned};

use super::{Records, StoreFault, Table};

/// Reads and decodes a record.
pub(crate) fn read<T: DeserializeOwned>(
    records: &dyn Records,
    table: Table,
    key: &[u8],
) -> Result<Option<T>, StoreFault> {
    records.read(table, key)?.map(|body| decode(table, &body)).transpose()
}

/// Decodes a record's body.
pub(crate) fn decode<T: DeserializeOwned>(table: Table, body: &[u8]) -> Result<T, StoreFault> {
    postcard::from_bytes(body).map_err(|_| StoreFault::Damaged(table))
}

/// Encodes and writes a record.
pub(crate) fn write<T: Serialize>(
    records: &mut dyn Records,
    table: Table,
    key: &[u8],
    value: &T,
) -> Result<(), StoreFault> {
    let body = postcard::to_stdvec(value).map_err(|_| StoreFault::Damaged(table))?;
    records.write(table, key, &body)
}
