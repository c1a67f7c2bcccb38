//! Objects in a bucket of any S3-compatible store, under the same names as in a folder: `PREFIX/ab/NAME.KEY`.
//!
//! A write is whole or not at all by the protocol's nature. Passing an object on is a copy, and the old file goes afterwards; a crash between leaves both,
//! of which the next listing keeps the later state. No call waits without an end, none takes a thread, and at most [`TURNS`] run at a time.
//! What libraries and servers say of an error goes nowhere: it may hold a key.

mod access;
mod fault;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use object_store::aws::AmazonS3;
use object_store::list::{PaginatedListOptions, PaginatedListStore};
use object_store::path::Path;
use object_store::{ClientOptions, ObjectStore, ObjectStoreExt, PutMode, RetryConfig};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::depot::{Depot, Found, Hear, Passed, Pending};
use super::owner::Owner;
use crate::wire::{OBJECT_BYTES_MAX, ObjectName};
pub use access::{BucketAccess, BucketAddress};
pub use fault::BucketFault;

/// Calls under way at a time.
const TURNS: usize = 64;
/// Longest wait for a call with all its tries, below what peers wait for an answer; an object's bytes have time on top.
const PATIENCE: Duration = Duration::from_secs(15);
/// Longest wait for the beginning of an object.
const ANSWER_PATIENCE: Duration = Duration::from_secs(5);
/// Slowest that an object may come or go, bytes a second.
const SLOWEST: u64 = 1 << 20;
/// Longest wait for a connection.
const CONNECT_PATIENCE: Duration = Duration::from_secs(4);
/// Longest wait for the first answer where no key was given, and the machine's own metadata is asked for one.
const KEYLESS_PATIENCE: Duration = Duration::from_secs(6);
/// Tries of one call, and the pause after the first; each later pause is four times as long.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(if cfg!(test) { 10 } else { 100 });
/// Where an object is used, the bucket hears of it once in so long: noting it costs a request and a copy through this machine, and ages are
/// counted in days.
const MARK_AFTER_MS: u64 = 24 * 3_600_000;
/// What is stored and removed at the start, to see that both may be done.
const PROBE: &str = "probe";

/// A bucket that can be used.
#[derive(Clone)]
pub struct Bucket(Arc<Inner>);

struct Inner {
    store: AmazonS3,
    address: BucketAddress,
    turns: Semaphore,
    /// Set once the store has said that it cannot create only what is absent.
    overwrites: AtomicBool,
    /// Whether the last call found nobody, so that it is told once.
    is_away: AtomicBool,
}

impl Bucket {
    /// Opens a bucket: lists, writes and removes once, so that what is not allowed is known before anybody relies on it.
    ///
    /// # Errors
    /// See [`BucketFault`]; the wait has an end.
    pub async fn open(address: &BucketAddress, access: &BucketAccess) -> Result<Self, BucketFault> {
        // TLS takes the process's provider of ciphers. That there is one already is no fault.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // Tries and time are counted here, for all kinds of calls alike.
        let retry = RetryConfig { max_retries: 0, ..RetryConfig::default() };
        let options = ClientOptions::new().with_timeout_disabled().with_connect_timeout(CONNECT_PATIENCE);
        let builder = access.builder(address).with_retry(retry).with_disable_bulk_delete(true);
        // The other version's library logs headers, and one of them is a session's token.
        let options = options.with_allow_http(access.is_plain()).with_http1_only();
        let store = builder.with_client_options(options).build();
        let store = store.map_err(|_| BucketFault::BadEndpoint)?;
        let (turns, overwrites, is_away) = (Semaphore::new(TURNS), false.into(), false.into());
        let bucket = Self(Arc::new(Inner { store, address: address.clone(), turns, overwrites, is_away }));
        let tried = bucket.try_out();
        if access.has_key() {
            tried.await?;
        } else {
            timeout(KEYLESS_PATIENCE, tried).await.unwrap_or(Err(BucketFault::NoKeys))?;
        }
        Ok(bucket)
    }

    async fn try_out(&self) -> Result<(), BucketFault> {
        self.0.page("", None, 1).await?;
        let probe = Path::from(format!("{}{PROBE}", self.0.address.prefix));
        self.0.ask(0, || self.0.put(&probe, Bytes::from_static(b"tessera"), PutMode::Overwrite)).await?;
        self.0.ask(0, || self.0.delete(&probe)).await
    }
}

impl fmt::Debug for Bucket {
    /// Without the client, which knows the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bucket({})", self.0.address)
    }
}

impl Depot for Bucket {
    fn is_shared(&self) -> bool {
        true
    }

    fn mark_after_ms(&self) -> u64 {
        MARK_AFTER_MS
    }

    /// By first letters at a time: within each, names come in their order.
    fn list<'a>(&'a self, hear: Hear<'a>) -> Pending<'a, ()> {
        Box::pin(async move {
            let (send, mut pages) = mpsc::channel(1);
            let mut lists = JoinSet::new();
            for letter in "0123456789abcdef".chars() {
                let (inner, send) = (self.0.clone(), send.clone());
                lists.spawn(async move { inner.all(&letter.to_string(), &send).await });
            }
            drop(send);
            while let Some(page) = pages.recv().await {
                hear(page);
            }
            while let Some(listed) = lists.join_next().await {
                listed.unwrap_or(Err(BucketFault::Away { why: "the listing broke down".to_owned() }))?;
            }
            Ok(())
        })
    }

    fn find(&self, name: ObjectName) -> Pending<'_, Vec<Found>> {
        Box::pin(async move {
            let name = name.to_string();
            // It has four files at most, but for several of a kind that coordinators stored at once.
            let (found, _) = self.0.page(&format!("{}/{name}", &name[..2]), None, 16).await?;
            Ok(found)
        })
    }

    fn answer(&self) -> Pending<'_, ()> {
        // No object has this name: names are hexadecimal.
        Box::pin(async move { Ok(self.0.page("answer", None, 1).await.map(drop)?) })
    }

    fn write(&self, name: ObjectName, owner: Owner, object: Bytes, _now_ms: u64) -> Pending<'_, ()> {
        Box::pin(async move {
            let path = self.0.path(name, owner);
            Ok(self.0.ask(object.len() as u64, || self.0.create(&path, object.clone())).await?)
        })
    }

    fn read(&self, name: ObjectName, owner: Owner) -> Pending<'_, Option<Bytes>> {
        Box::pin(async move { Ok(self.0.read(&self.0.path(name, owner)).await?) })
    }

    fn pass(&self, name: ObjectName, from: Owner, to: Owner) -> Pending<'_, Passed> {
        let (from, to) = (self.0.path(name, from), self.0.path(name, to));
        Box::pin(async move { Ok(self.0.ask(OBJECT_BYTES_MAX, || self.0.copy(&from, &to)).await?) })
    }

    fn remove(&self, name: ObjectName, owner: Owner) -> Pending<'_, ()> {
        let path = self.0.path(name, owner);
        Box::pin(async move { Ok(self.0.ask(0, || self.0.delete(&path)).await?) })
    }

    /// A store dates an object when it is written, and copies none onto itself unchanged: so it is read and written again.
    fn mark(&self, name: ObjectName, owner: Owner, _now_ms: u64) -> Pending<'_, ()> {
        let path = self.0.path(name, owner);
        Box::pin(async move {
            if let Some(object) = self.0.read(&path).await? {
                let bytes = object.len() as u64;
                self.0.ask(bytes, || self.0.put(&path, object.clone(), PutMode::Overwrite)).await?;
            }
            Ok(())
        })
    }
}

impl Inner {
    /// Waits for a turn and calls, a few times where that can help, and not for ever. All calls may be repeated.
    async fn ask<T, F>(&self, bytes: u64, call: impl Fn() -> F) -> Result<T, BucketFault>
    where
        F: Future<Output = Result<T, BucketFault>>,
    {
        let patience = PATIENCE + Duration::from_secs(bytes / SLOWEST);
        let tries = async {
            let _turn = self.turns.acquire().await;
            let mut pause = PAUSE;
            for _ in 1..TRIES {
                match call().await {
                    Err(fault) if fault.is_passing() => tokio::time::sleep(pause).await,
                    done => return done,
                }
                pause *= 4;
            }
            call().await
        };
        let done = timeout(patience, tries).await.unwrap_or_else(|_| Err(BucketFault::too_slow()));
        let is_away = matches!(&done, Err(fault) if fault.is_passing());
        match &done {
            Err(fault) if !self.is_away.swap(is_away, Ordering::Relaxed) => {
                tracing::warn!(%fault, "the bucket failed");
            }
            Ok(_) if self.is_away.swap(false, Ordering::Relaxed) => {
                tracing::info!("the bucket answers again");
            }
            _ => {}
        }
        done
    }

    async fn put(&self, path: &Path, object: Bytes, mode: PutMode) -> Result<(), BucketFault> {
        let put = self.store.put_opts(path, object.into(), mode.into()).await;
        put.map(drop).map_err(|error| self.fault(&error))
    }

    /// Stores what is absent. What is there already is the same, because names are of bytes.
    async fn create(&self, path: &Path, object: Bytes) -> Result<(), BucketFault> {
        if !self.overwrites.load(Ordering::Relaxed) {
            match self.store.put_opts(path, object.clone().into(), PutMode::Create.into()).await {
                Ok(_) | Err(object_store::Error::AlreadyExists { .. }) => return Ok(()),
                Err(error) if fault::status(&error) == Some(501) => {
                    self.overwrites.store(true, Ordering::Relaxed);
                }
                Err(error) => return Err(self.fault(&error)),
            }
        }
        self.put(path, object, PutMode::Overwrite).await
    }

    async fn read(&self, path: &Path) -> Result<Option<Bytes>, BucketFault> {
        self.ask(OBJECT_BYTES_MAX, || async {
            let answer = timeout(ANSWER_PATIENCE, self.store.get(path)).await;
            let found = match answer.map_err(|_| BucketFault::too_slow())? {
                Err(error) if self.is_missing(&error) => return Ok(None),
                found => found.map_err(|error| self.fault(&error))?,
            };
            // Somebody else put it there.
            if found.meta.size > OBJECT_BYTES_MAX {
                return Ok(None);
            }
            let broke_off = |_| BucketFault::Away { why: "the connection broke off".to_owned() };
            found.bytes().await.map(Some).map_err(broke_off)
        })
        .await
    }

    async fn copy(&self, from: &Path, to: &Path) -> Result<Passed, BucketFault> {
        match self.store.copy(from, to).await {
            Ok(()) => Ok(Passed::Copied),
            Err(error) if self.is_missing(&error) => match self.store.head(to).await {
                // Another coordinator was first.
                Ok(_) => Ok(Passed::Moved),
                Err(object_store::Error::NotFound { .. }) => Ok(Passed::Gone),
                Err(error) => Err(self.fault(&error)),
            },
            Err(error) => Err(self.fault(&error)),
        }
    }

    async fn delete(&self, path: &Path) -> Result<(), BucketFault> {
        match self.store.delete(path).await {
            Err(error) if !self.is_missing(&error) => Err(self.fault(&error)),
            _ => Ok(()),
        }
    }

    /// Sends all objects whose key begins so.
    async fn all(&self, begin: &str, send: &mpsc::Sender<Vec<Found>>) -> Result<(), BucketFault> {
        let mut token = None;
        loop {
            let (found, next) = self.page(begin, token, 1000).await?;
            // Whoever listens may be gone.
            if send.send(found).await.is_err() || next.is_none() {
                return Ok(());
            }
            token = next;
        }
    }

    async fn page(
        &self,
        begin: &str,
        token: Option<String>,
        most: usize,
    ) -> Result<(Vec<Found>, Option<String>), BucketFault> {
        let prefix = format!("{}{begin}", self.address.prefix);
        let page = self.ask(0, || async {
            let (page_token, max_keys) = (token.clone(), Some(most));
            let options = PaginatedListOptions { page_token, max_keys, ..PaginatedListOptions::default() };
            self.store.list_paginated(Some(&prefix), options).await.map_err(|error| self.fault(&error))
        });
        let page = page.await?;
        let found = page.result.objects.iter().filter_map(|object| {
            let (shelf, file) =
                object.location.as_ref().strip_prefix(&self.address.prefix)?.split_once('/')?;
            let (name, owner) = Owner::of_file(file)?;
            let used_ms = u64::try_from(object.last_modified.timestamp_millis()).unwrap_or(0);
            let is_ours = file.starts_with(shelf) && shelf.len() == 2 && object.size <= OBJECT_BYTES_MAX;
            is_ours.then_some(Found { name, owner, size_bytes: object.size, used_ms })
        });
        Ok((found.collect(), page.page_token))
    }

    fn path(&self, name: ObjectName, owner: Owner) -> Path {
        let name = name.to_string();
        Path::from(format!("{}{}/{}", self.address.prefix, &name[..2], owner.file_name(&name)))
    }

    fn fault(&self, error: &object_store::Error) -> BucketFault {
        BucketFault::of(error, &self.address.bucket)
    }

    /// The object is not there; that the whole bucket is not is another thing.
    fn is_missing(&self, error: &object_store::Error) -> bool {
        matches!(error, object_store::Error::NotFound { .. })
            && fault::code(error).is_none_or(|code| code != "NoSuchBucket")
    }
}
