//! Serves pages over HTTP/1.1, on a thread of its own.
//!
//! It is read by programs that nobody vouches for, so everything has a bound: connections, the bytes and the time of a request's head, the time of a
//! connection, one request in each. Bodies are never read. Who connects and says nothing makes room for who comes next.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use super::page::Format;
use super::{Health, Source};
use crate::event::{Audience, Event};
use crate::fault::Fault;

/// Connections at a time.
const CONNECTIONS_MAX: usize = 32;
/// Bytes of a request's head.
const HEAD_BYTES_MAX: usize = 16 << 10;
/// How long a head may take.
const HEAD_MAX: Duration = Duration::from_secs(5);
/// How long a connection may take with everything.
const CONNECTION_MAX: Duration = Duration::from_secs(20);
/// The pause after the system had no connection to give, as when all files are open.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

const PLAIN: &str = "text/plain; charset=utf-8";

/// An address that is taken, and at which nobody answers yet.
#[derive(Debug)]
pub struct Endpoint {
    listener: TcpListener,
    address: SocketAddr,
}

/// Pages being served, until it is dropped.
#[derive(Debug)]
pub struct Serving {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Endpoint {
    /// Takes an address; port 0 = any free one.
    ///
    /// # Errors
    /// It is in use, or is not this computer's.
    pub fn open(address: SocketAddr) -> Result<Self, Fault> {
        let taken = TcpListener::bind(address).and_then(|listener| {
            listener.set_nonblocking(true)?;
            Ok(Self { address: listener.local_addr()?, listener })
        });
        taken.map_err(|error| {
            let why = match error.kind() {
                std::io::ErrorKind::AddrInUse => "another program uses it".to_owned(),
                std::io::ErrorKind::AddrNotAvailable => "this computer does not have it".to_owned(),
                std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
                _ => error.to_string(),
            };
            let what = format!("the address {address} cannot be used for metrics: {why}");
            Fault::network(what, "stop what uses it, or choose another --metrics address")
        })
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers from now on, and tells where, and who can read it when that is not this computer alone.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn serve(self, source: Source, audience: &mut dyn Audience) -> Result<Serving, Fault> {
        let address = self.address;
        let no_thread = |error: std::io::Error| {
            Fault::failure(format!("the system gives no thread for metrics: {error}"), "close other programs")
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(no_thread)?;
        let (stop, stopped) = oneshot::channel();
        let work = move || {
            runtime.block_on(async {
                tokio::select! {
                    () = accept(self.listener, source) => {}
                    _ = stopped => {}
                }
            });
        };
        let thread = std::thread::Builder::new().name("metrics".into()).spawn(work).map_err(no_thread)?;
        audience.hear(&Event::MetricsReady { address: format!("http://{address}/metrics") });
        if !address.ip().is_loopback() {
            let message = format!(
                "whoever reaches {address} reads how much is rendered, stored and paid here, and in which state it is; no keys, names or scenes. Keep strangers out with a firewall, or serve metrics on this computer alone with --metrics {}",
                address.port()
            );
            audience.hear(&frame::LiveEvent::Warning { message }.into());
        }
        Ok(Serving { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // One that broke down has nothing left to end.
            let _ = thread.join();
        }
    }
}

/// Somebody who is connected.
struct Guest {
    has_asked: Arc<AtomicBool>,
    task: AbortHandle,
}

async fn accept(listener: TcpListener, source: Source) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let mut guests: VecDeque<Guest> = VecDeque::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(ACCEPT_AGAIN).await;
            continue;
        };
        guests.retain(|guest| !guest.task.is_finished());
        if guests.len() >= CONNECTIONS_MAX {
            let silent = guests.iter().position(|guest| !guest.has_asked.load(Ordering::Relaxed));
            // Where all wait for their answers, nobody else is let in.
            let Some(guest) = silent.and_then(|at| guests.remove(at)) else { continue };
            guest.task.abort();
        }
        let has_asked = Arc::new(AtomicBool::new(false));
        let work = tokio::time::timeout(CONNECTION_MAX, converse(stream, source.clone(), has_asked.clone()));
        guests.push_back(Guest { has_asked, task: tokio::spawn(work).abort_handle() });
    }
}

/// One request and its answer.
async fn converse(stream: TcpStream, source: Source, has_asked: Arc<AtomicBool>) {
    let answering = service_fn(move |request: Request<Incoming>| {
        has_asked.store(true, Ordering::Relaxed);
        let source = source.clone();
        async move { Ok::<_, Infallible>(answer(&request, &source).await) }
    });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(HEAD_MAX);
    server.max_buf_size(HEAD_BYTES_MAX).keep_alive(false);
    if let Err(fault) = server.serve_connection(TokioIo::new(stream), answering).await {
        tracing::debug!(%fault, "a client of the metrics");
    }
}

async fn answer(request: &Request<Incoming>, source: &Source) -> Response<Full<Bytes>> {
    let path = request.uri().path();
    if !matches!(path, "/metrics" | "/healthz") {
        return response(StatusCode::NOT_FOUND, PLAIN, "there are /metrics and /healthz\n".into());
    }
    if request.method() != Method::GET {
        let mut refused = response(StatusCode::METHOD_NOT_ALLOWED, PLAIN, "only GET is answered\n".into());
        refused.headers_mut().insert(ALLOW, hyper::header::HeaderValue::from_static("GET"));
        return refused;
    }
    if path == "/healthz" {
        return healthz(&source.health().await);
    }
    let accept = request.headers().get(ACCEPT).and_then(|header| header.to_str().ok());
    let format = Format::accepted(accept.unwrap_or_default());
    response(StatusCode::OK, format.content_type(), source.page(format).await)
}

fn healthz(health: &Health) -> Response<Full<Bytes>> {
    let status = if health.is_healthy { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut text = serde_json::to_string(health).expect("it holds only text");
    text.push('\n');
    response(status, "application/json", text)
}

fn response(status: StatusCode, content_type: &'static str, text: String) -> Response<Full<Bytes>> {
    let response = Response::builder().status(status).header(CONTENT_TYPE, content_type);
    let response = response.header(CACHE_CONTROL, "no-store").body(Full::new(Bytes::from(text)));
    response.expect("every part of it is well formed")
}
