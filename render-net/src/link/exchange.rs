//! One stream: a request, its response, and the object that may follow either.
//!
//! A direction ends in one of two ways: finished, when all was sent, or reset. Nobody takes a part for the whole ([`Outgoing`]).

use std::time::Duration;

use quinn::{Connection, RecvStream, SendStream, WriteError};
use tokio::time::{Instant, timeout};

use super::LinkFault;
use super::fault::{CLOSE_VERSION, CUT_SHORT};
use super::limits::{CALL_TIMEOUT, bulk_timeout};
use super::pace::{Pace, PaceLimits};
use super::uplink::Uplink;
use crate::wire::{HEADER_BYTES, Header, Message, ObjectName, Refusal, Request, Response, VERSION};

/// How much of an object is taken from the transport at once.
const PIECE_BYTES: usize = 64 * 1024;
/// How much is handed to it at once: so little that a slow line takes it within the pause that is allowed.
const WRITTEN_BYTES: usize = 8 * 1024;

/// A stream that the peer opened and whose request has not been read.
#[derive(Debug)]
pub struct Arriving {
    send: Outgoing,
    receive: RecvStream,
    connection: Connection,
}

/// The way back for one request. Dropped without a reply, the peer sees a broken stream.
#[derive(Debug)]
pub struct Responder {
    send: Outgoing,
    receive: RecvStream,
    pub(super) pace: PaceLimits,
}

/// Where the bytes of an object go while it arrives; `()` has as much as this machine.
pub trait Memory: Send {
    /// Takes more of it for bytes that have arrived, and may wait for that; false when there is none.
    fn grow(&mut self, bytes: u64) -> impl Future<Output = bool> + Send;
}

impl Memory for () {
    async fn grow(&mut self, _: u64) -> bool {
        true
    }
}

impl Arriving {
    pub(super) fn new(send: SendStream, receive: RecvStream, connection: Connection) -> Self {
        Self { send: Outgoing::new(send), receive, connection }
    }

    /// Reads the request. What cannot be read is answered with a refusal here.
    ///
    /// # Errors
    /// Another version (the connection is closed and says so), malformed or late bytes, a lost link.
    pub async fn read(mut self) -> Result<(Request, Responder), LinkFault> {
        let read = timeout(CALL_TIMEOUT, read_message::<Request>(&mut self.receive)).await;
        let mut responder = Responder { send: self.send, receive: self.receive, pace: PaceLimits::default() };
        match read.unwrap_or(Err(LinkFault::Timeout)) {
            Ok(request) => Ok((request, responder)),
            Err(LinkFault::VersionMismatch) => {
                responder.write(&Response::Refused(Refusal::Version { ours: VERSION })).await?;
                // The refusal should arrive before the connection's end does.
                let _ = timeout(Duration::from_secs(1), responder.send.stream.stopped()).await;
                self.connection.close(CLOSE_VERSION.into(), b"version mismatch");
                Err(LinkFault::VersionMismatch)
            }
            Err(fault @ LinkFault::Protocol(_)) => {
                responder.reply(Response::Refused(Refusal::Malformed)).await?;
                Err(fault)
            }
            Err(fault) => Err(fault),
        }
    }
}

impl Responder {
    /// The object that follows a [`Request::Put`] or [`Request::Show`], checked against its announced size and name. `memory` is asked for
    /// as bytes arrive.
    ///
    /// # Errors
    /// [`LinkFault::WrongContent`], [`LinkFault::Busy`] when there is no memory, a transfer that stalls, trickles or ends early.
    pub async fn receive_object(
        &mut self,
        name: ObjectName,
        size_bytes: u64,
        memory: &mut impl Memory,
    ) -> Result<Vec<u8>, LinkFault> {
        read_object(&mut self.receive, name, size_bytes, memory, self.pace).await
    }

    /// Sends the response and ends the exchange.
    pub async fn reply(mut self, response: Response) -> Result<(), LinkFault> {
        // What was not read of a refused object need not be sent.
        let _ = self.receive.stop(0u32.into());
        self.write(&response).await
    }

    /// Sends [`Response::Object`] and the object itself.
    pub async fn reply_object(mut self, object: &[u8], priority: super::Priority) -> Result<(), LinkFault> {
        self.send.set_priority(priority);
        let size_bytes = object.len() as u64;
        let response = Response::Object { size_bytes }.encode()?;
        let sending = async {
            self.send.write_all(&response).await?;
            // All of it lies here until the reader has it.
            write_object(&mut self.send, object, &Uplink::default(), size_bytes, self.pace).await
        };
        timeout(bulk_timeout(size_bytes), sending).await.map_err(|_| LinkFault::Timeout)?
    }

    async fn write(&mut self, response: &Response) -> Result<(), LinkFault> {
        let writing = async {
            self.send.write_all(&response.encode()?).await?;
            self.send.finish();
            Ok(())
        };
        timeout(CALL_TIMEOUT, writing).await.map_err(|_| LinkFault::Timeout)?
    }
}

/// What is sent on a stream. The transport would finish a stream that is dropped halfway, and the peer would read its end as the end of what
/// was sent; this resets it instead.
#[derive(Debug)]
pub(super) struct Outgoing {
    stream: SendStream,
    is_finished: bool,
}

impl Outgoing {
    pub(super) fn new(stream: SendStream) -> Self {
        Self { stream, is_finished: false }
    }

    pub(super) fn set_priority(&self, priority: super::Priority) {
        // It fails for a stream that was stopped: then nothing more is sent anyway.
        let _ = self.stream.set_priority(priority as i32);
    }

    pub(super) async fn write_all(&mut self, bytes: &[u8]) -> Result<(), LinkFault> {
        Ok(self.stream.write_all(bytes).await?)
    }

    /// All was sent.
    pub(super) fn finish(&mut self) {
        self.is_finished = true;
        let _ = self.stream.finish();
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        if !self.is_finished {
            let _ = self.stream.reset(CUT_SHORT.into());
        }
    }
}

/// Reads header and body; the body is allocated only after its announced length was found within the limit.
pub(super) async fn read_message<M: Message>(receive: &mut RecvStream) -> Result<M, LinkFault> {
    let mut head = [0; HEADER_BYTES];
    receive.read_exact(&mut head).await?;
    let header = Header::read(head)?;
    let mut body = vec![0; header.body_bytes];
    receive.read_exact(&mut body).await?;
    Ok(M::decode_body(header, &body)?)
}

/// Reads exactly `size_bytes` and the stream's end. Memory grows with what arrives, not with what was announced.
pub(super) async fn read_object(
    receive: &mut RecvStream,
    name: ObjectName,
    size_bytes: u64,
    memory: &mut impl Memory,
    limits: PaceLimits,
) -> Result<Vec<u8>, LinkFault> {
    let reading = async {
        let (mut object, mut pace) = (Vec::new(), Pace::new(limits));
        loop {
            let began = Instant::now();
            let piece = timeout(pace.patience(), receive.read_chunk(PIECE_BYTES, true));
            let Some(piece) = piece.await.map_err(|_| LinkFault::Timeout)?? else { return Ok(object) };
            let (waited, came) = (began.elapsed(), piece.bytes.len() as u64);
            if object.len() as u64 + came > size_bytes {
                return Err(LinkFault::Protocol("more bytes came than were announced".to_owned()));
            }
            if !memory.grow(came).await {
                return Err(LinkFault::Busy);
            }
            object.extend_from_slice(&piece.bytes);
            pace.moved(waited, came, object.len() as u64);
        }
    };
    let object = timeout(bulk_timeout(size_bytes), reading).await.map_err(|_| LinkFault::Timeout)??;
    if (object.len() as u64) < size_bytes {
        // Nobody's object is judged by a part of it.
        return Err(LinkFault::cut_off());
    }
    if ObjectName::of(&object) == name { Ok(object) } else { Err(LinkFault::WrongContent) }
}

/// Writes an object, for which `held` bytes of this side's memory wait, and ends the stream. A receiver that wants no more (it refuses, or has
/// it already) is no fault: its response says why.
pub(super) async fn write_object(
    send: &mut Outgoing,
    object: &[u8],
    uplink: &Uplink,
    held: u64,
    limits: PaceLimits,
) -> Result<(), LinkFault> {
    let mut pace = Pace::new(limits);
    for piece in object.chunks(WRITTEN_BYTES) {
        uplink.pass(piece.len()).await;
        let began = Instant::now();
        let written = timeout(pace.patience(), send.stream.write_all(piece));
        let written = written.await.map_err(|_| LinkFault::Timeout)?;
        match written {
            Ok(()) => pace.moved(began.elapsed(), piece.len() as u64, held),
            Err(WriteError::Stopped(_)) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
    send.finish();
    Ok(())
}
