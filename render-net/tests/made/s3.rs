//! An S3 server in the test's own process: somebody else's protocol and signatures over a map in memory, and bad weather on demand.
//!
//! Objects are held as the protocol says: whole or not at all, listed in the order of their keys, dated by the server.

#![allow(dead_code, reason = "not every test that has this file uses all of it")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::dto::*;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpError, HttpRequest, HttpResponse, S3, S3Request, S3Response, S3Result, s3_error};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub(crate) const BUCKET: &str = "sealed";
pub(crate) const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
pub(crate) const SECRET: &str = "wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY";

/// What the server does with requests of some kinds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Weather {
    Fine,
    /// It answers with this status.
    Status(u16),
    /// It takes the request and hangs up.
    Closes,
    /// It takes the request and its effect, and hangs up before the answer.
    ClosesAfter,
    /// It answers so much later.
    Slow(Duration),
}

/// Methods with bad weather, as a part of `METHOD KEY`; all when empty.
type Front = (String, Weather);

#[derive(Debug)]
pub(crate) struct S3Server {
    pub(crate) address: SocketAddr,
    objects: Objects,
    weather: Arc<Mutex<Front>>,
    requests: Arc<Mutex<Vec<String>>>,
    /// Requests under way now, and the most there were.
    at_once: Arc<(AtomicUsize, AtomicUsize)>,
    running: JoinHandle<()>,
}

#[derive(Clone, Debug, Default)]
struct Objects {
    map: Arc<Mutex<BTreeMap<String, Stored>>>,
    /// How far the server's clock is ahead, seconds.
    ahead_s: Arc<AtomicU64>,
}

#[derive(Clone, Debug)]
struct Stored {
    bytes: Vec<u8>,
    dated: SystemTime,
}

impl S3Server {
    /// Starts a server with one empty bucket, at a free port of this machine.
    pub(crate) async fn start() -> Self {
        let (objects, weather) = (Objects::default(), Arc::new(Mutex::new((String::new(), Weather::Fine))));
        let (requests, at_once) =
            (Arc::<Mutex<Vec<String>>>::default(), Arc::<(AtomicUsize, AtomicUsize)>::default());
        let mut builder = S3ServiceBuilder::new(objects.clone());
        builder.set_auth(SimpleAuth::from_single(KEY_ID, SECRET));
        let service = builder.build();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("it listens");
        let front = (service, weather.clone(), requests.clone(), at_once.clone());
        let running = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let front = front.clone();
                tokio::spawn(async move {
                    let serve = hyper::service::service_fn(move |request| answer(front.clone(), request));
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), serve)
                        .await;
                });
            }
        });
        Self { address, objects, weather, requests, at_once, running }
    }

    /// The environment of whoever may use it.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ACCESS_KEY_ID", KEY_ID.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
            ("AWS_ENDPOINT_URL", format!("http://{}", self.address)),
            ("AWS_REGION", "us-east-1".to_owned()),
        ]
    }

    /// From now on requests whose `METHOD KEY` contains this meet that.
    pub(crate) fn weather(&self, part: &str, weather: Weather) {
        *self.weather.lock().expect("no panic with it") = (part.to_owned(), weather);
    }

    /// Lets the server's clock run ahead.
    pub(crate) fn pass_time(&self, time: Duration) {
        self.objects.ahead_s.fetch_add(time.as_secs(), Ordering::Relaxed);
    }

    /// Keys of all objects, in their order.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.objects.map.lock().expect("no panic with it").keys().cloned().collect()
    }

    /// Whether any object has these bytes in it.
    pub(crate) fn holds(&self, bytes: &[u8]) -> bool {
        let map = self.objects.map.lock().expect("no panic with it");
        map.values().any(|stored| stored.bytes.windows(bytes.len()).any(|part| part == bytes))
    }

    /// Puts an object there as somebody else would.
    pub(crate) fn plant(&self, key: &str, bytes: &[u8]) {
        self.objects.insert(key, bytes.to_vec());
    }

    /// Removes an object as somebody else would.
    pub(crate) fn uproot(&self, key: &str) {
        self.objects.map.lock().expect("no panic with it").remove(key);
    }

    /// What was asked for since the last call of this, as `METHOD KEY?QUERY`.
    pub(crate) fn take_requests(&self) -> Vec<String> {
        std::mem::take(&mut self.requests.lock().expect("no panic with it"))
    }

    /// The most requests that were under way at a time.
    pub(crate) fn most_at_once(&self) -> usize {
        self.at_once.1.load(Ordering::Relaxed)
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.running.abort();
    }
}

type Behind = (S3Service, Arc<Mutex<Front>>, Arc<Mutex<Vec<String>>>, Arc<(AtomicUsize, AtomicUsize)>);

async fn answer(
    behind: Behind,
    request: hyper::Request<hyper::body::Incoming>,
) -> Result<HttpResponse, HttpError> {
    let (service, weather, requests, at_once) = behind;
    let asked = format!("{} {}", request.method(), request.uri());
    let (part, weather) = weather.lock().expect("no panic with it").clone();
    let weather = if asked.contains(&part) { weather } else { Weather::Fine };
    requests.lock().expect("no panic with it").push(asked);
    let now = at_once.0.fetch_add(1, Ordering::Relaxed) + 1;
    at_once.1.fetch_max(now, Ordering::Relaxed);
    let hangs_up = || Err(HttpError::new(Box::new(std::io::Error::other("hangs up"))));
    let request: HttpRequest = request.map(Body::from);
    let answered = match weather {
        Weather::Fine => service.call(request).await,
        Weather::Closes => hangs_up(),
        Weather::ClosesAfter => {
            let _ = service.call(request).await;
            hangs_up()
        }
        Weather::Slow(time) => {
            tokio::time::sleep(time).await;
            service.call(request).await
        }
        Weather::Status(status) => {
            let words = "<Error><Code>SlowDown</Code><Message>AKIAIOSFODNN7EXAMPLE is slow</Message></Error>";
            let mut response = HttpResponse::new(Body::from(words.to_owned()));
            *response.status_mut() = hyper::StatusCode::from_u16(status).expect("a status");
            Ok(response)
        }
    };
    at_once.0.fetch_sub(1, Ordering::Relaxed);
    answered
}

impl Objects {
    fn insert(&self, key: &str, bytes: Vec<u8>) {
        let dated = SystemTime::now() + Duration::from_secs(self.ahead_s.load(Ordering::Relaxed));
        self.map.lock().expect("no panic with it").insert(key.to_owned(), Stored { bytes, dated });
    }

    fn stored(&self, bucket: &str, key: &str) -> S3Result<Stored> {
        bucket_exists(bucket)?;
        let map = self.map.lock().expect("no panic with it");
        map.get(key).cloned().ok_or_else(|| s3_error!(NoSuchKey))
    }
}

fn bucket_exists(bucket: &str) -> S3Result<()> {
    match bucket {
        BUCKET => Ok(()),
        "forbidden" => Err(s3_error!(AccessDenied)),
        _ => Err(s3_error!(NoSuchBucket)),
    }
}

#[async_trait::async_trait]
impl S3 for Objects {
    async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let input = request.input;
        bucket_exists(&input.bucket)?;
        let mut body = Body::from(input.body.ok_or_else(|| s3_error!(IncompleteBody))?);
        let bytes = body.store_all_limited(1 << 27).await.map_err(|_| s3_error!(IncompleteBody))?;
        let is_there = self.map.lock().expect("no panic with it").contains_key(&input.key);
        if is_there && input.if_none_match.is_some_and(|condition| condition.is_any()) {
            return Err(s3_error!(PreconditionFailed));
        }
        self.insert(&input.key, bytes.to_vec());
        Ok(S3Response::new(PutObjectOutput { e_tag: Some(tag()), ..PutObjectOutput::default() }))
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let stored = self.stored(&request.input.bucket, &request.input.key)?;
        let length = stored.bytes.len() as i64;
        Ok(S3Response::new(GetObjectOutput {
            body: Some(StreamingBlob::from(Body::from(stored.bytes))),
            content_length: Some(length),
            last_modified: Some(stored.dated.into()),
            e_tag: Some(tag()),
            ..GetObjectOutput::default()
        }))
    }

    async fn head_object(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        let stored = self.stored(&request.input.bucket, &request.input.key)?;
        Ok(S3Response::new(HeadObjectOutput {
            content_length: Some(stored.bytes.len() as i64),
            last_modified: Some(stored.dated.into()),
            e_tag: Some(tag()),
            ..HeadObjectOutput::default()
        }))
    }

    async fn delete_object(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        bucket_exists(&request.input.bucket)?;
        self.map.lock().expect("no panic with it").remove(&request.input.key);
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn copy_object(
        &self,
        request: S3Request<CopyObjectInput>,
    ) -> S3Result<S3Response<CopyObjectOutput>> {
        let CopySource::Bucket { bucket, key, .. } = &request.input.copy_source else {
            return Err(s3_error!(NotImplemented));
        };
        // As the real one does, where nothing of the object changes.
        if **key == *request.input.key {
            return Err(s3_error!(InvalidRequest));
        }
        let stored = self.stored(bucket, key)?;
        self.insert(&request.input.key, stored.bytes);
        let result = CopyObjectResult { e_tag: Some(tag()), ..CopyObjectResult::default() };
        Ok(S3Response::new(CopyObjectOutput {
            copy_object_result: Some(result),
            ..CopyObjectOutput::default()
        }))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = request.input;
        bucket_exists(&input.bucket)?;
        let (begin, most) = (input.prefix.unwrap_or_default(), input.max_keys.unwrap_or(1000) as usize);
        let after = input.continuation_token.unwrap_or_default();
        let map = self.map.lock().expect("no panic with it");
        let mut matching = map.range(begin.clone()..).take_while(|(key, _)| key.starts_with(&begin));
        let contents: Vec<Object> = (&mut matching)
            .filter(|(key, _)| **key > after)
            .take(most)
            .map(|(key, stored)| Object {
                key: Some(key.clone()),
                size: Some(stored.bytes.len() as i64),
                last_modified: Some(stored.dated.into()),
                e_tag: Some(tag()),
                ..Object::default()
            })
            .collect();
        let is_truncated = matching.next().is_some();
        let next = contents.last().and_then(|object| object.key.clone()).filter(|_| is_truncated);
        Ok(S3Response::new(ListObjectsV2Output {
            name: Some(input.bucket),
            key_count: Some(contents.len() as i32),
            is_truncated: Some(is_truncated),
            next_continuation_token: next,
            contents: Some(contents),
            ..ListObjectsV2Output::default()
        }))
    }
}

fn tag() -> ETag {
    ETag::Strong("00000000000000000000000000000000".to_owned())
}
