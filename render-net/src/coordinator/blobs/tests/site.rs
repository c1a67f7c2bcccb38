//! Where the tests' objects lie, and who has opened it.

use std::ops::Deref;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::*;

#[path = "../../../../tests/made/s3.rs"]
pub(super) mod s3;

use s3::S3Server;

#[derive(Debug)]
pub(super) enum Site {
    Folder(tempfile::TempDir),
    Bucket(S3Server),
}

/// Objects that follow their index until this is dropped, as by a crash.
pub(super) struct Opened {
    blobs: Arc<Blobs>,
    _ending: watch::Sender<bool>,
    following: JoinHandle<()>,
}

pub(super) async fn sites() -> [Site; 2] {
    let folder = tempfile::tempdir().expect("temporary folder");
    [Site::Folder(folder), Site::Bucket(S3Server::start().await)]
}

pub(super) fn access(server: &S3Server) -> BucketAccess {
    let environment = server.environment();
    let variable =
        |name: &str| environment.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    BucketAccess::from_environment(variable).expect("loopback")
}

pub(super) async fn bucket(server: &S3Server) -> Bucket {
    let address = format!("s3://{}/farm", s3::BUCKET).parse().expect("an address");
    Bucket::open(&address, &access(server)).await.expect("it may be used")
}

impl Site {
    pub(super) async fn open(&self, limits: BlobLimits) -> Opened {
        self.open_after(limits, Duration::ZERO).await
    }

    pub(super) async fn open_after(&self, limits: BlobLimits, off: Duration) -> Opened {
        let blobs = match self {
            Site::Folder(folder) => {
                let depot = Folder::open(folder.path(), false, off).expect("opens");
                Blobs::open(depot, limits, Duration::ZERO).await
            }
            Site::Bucket(server) => Blobs::open(bucket(server).await, limits, off).await,
        };
        Opened::new(blobs.expect("listed"))
    }

    /// Names of all files, in their order.
    pub(super) fn files(&self) -> Vec<String> {
        let mut files: Vec<String> = match self {
            Site::Folder(folder) => {
                let shelves = std::fs::read_dir(folder.path()).expect("lists").flatten();
                let files =
                    shelves.filter_map(|shelf| std::fs::read_dir(shelf.path()).ok()).flatten().flatten();
                files.map(|file| file.file_name().to_string_lossy().into_owned()).collect()
            }
            Site::Bucket(server) => server.keys(),
        };
        files.iter_mut().for_each(|file| *file = file.rsplit('/').next().unwrap_or_default().to_owned());
        files.sort();
        files
    }

    /// Somebody else removes everything.
    pub(super) fn remove_all(&self) {
        match self {
            Site::Folder(folder) => {
                for shelf in std::fs::read_dir(folder.path()).expect("lists").flatten() {
                    if shelf.file_name() != "unfinished" {
                        std::fs::remove_dir_all(shelf.path()).expect("removes");
                    }
                }
            }
            Site::Bucket(server) => server.keys().iter().for_each(|key| server.uproot(key)),
        }
    }
}

impl Opened {
    pub(super) fn new(blobs: Arc<Blobs>) -> Self {
        let (ending, end) = watch::channel(false);
        let following = tokio::spawn(blobs.clone().follow(end));
        Self { blobs, _ending: ending, following }
    }
}

impl Deref for Opened {
    type Target = Arc<Blobs>;

    fn deref(&self) -> &Arc<Blobs> {
        &self.blobs
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.following.abort();
    }
}
