//! Where sealed objects lie: a folder, or a bucket. It knows names and bytes, and no rule.

use std::pin::Pin;

use bytes::Bytes;

use super::BlobFault;
use super::owner::Owner;
use crate::wire::ObjectName;

/// What a depot is asked for, when it is there.
pub(in crate::coordinator) type Pending<'a, T> =
    Pin<Box<dyn Future<Output = Result<T, BlobFault>> + Send + 'a>>;
/// Hears what is found, in batches, so that memory stays bounded.
pub(in crate::coordinator) type Hear<'a> = &'a (dyn Fn(Vec<Found>) + Send + Sync);

/// An object that lies there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::coordinator) struct Found {
    pub(super) name: ObjectName,
    pub(super) owner: Owner,
    pub(super) size_bytes: u64,
    /// When it was written or marked as used, milliseconds since 1970.
    pub(super) used_ms: u64,
}

/// What became of an object that was to be somebody else's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::coordinator) enum Passed {
    /// It is, and lies there once.
    Moved,
    /// It is, and lies there under its earlier owner's name as well.
    Copied,
    /// It was not there.
    Gone,
}

/// A place for objects. Every call is whole or has no effect, and may be repeated. Nobody calls twice at once for one object.
pub(in crate::coordinator) trait Depot: std::fmt::Debug + Send + Sync {
    /// Whether others store there too, so that what is not known may be there.
    fn is_shared(&self) -> bool;

    /// How much younger than noted there an object may be, milliseconds: marking costs something.
    fn mark_after_ms(&self) -> u64;

    /// Everything that lies there; names of one object come in their order.
    fn list<'a>(&'a self, hear: Hear<'a>) -> Pending<'a, ()>;

    /// All that lies there of one object; nothing where nobody else stores.
    fn find(&self, name: ObjectName) -> Pending<'_, Vec<Found>>;

    /// Answers, where it can be reached and read.
    fn answer(&self) -> Pending<'_, ()>;

    /// Stores an object, durably.
    fn write(&self, name: ObjectName, owner: Owner, object: Bytes, now_ms: u64) -> Pending<'_, ()>;

    /// An object's bytes; `None` when it does not lie there under this owner's name.
    fn read(&self, name: ObjectName, owner: Owner) -> Pending<'_, Option<Bytes>>;

    /// Makes an object somebody else's.
    fn pass(&self, name: ObjectName, from: Owner, to: Owner) -> Pending<'_, Passed>;

    /// Removes an object; that it is not there is no fault.
    fn remove(&self, name: ObjectName, owner: Owner) -> Pending<'_, ()>;

    /// Notes that an object is in use.
    fn mark(&self, name: ObjectName, owner: Owner, now_ms: u64) -> Pending<'_, ()>;
}
