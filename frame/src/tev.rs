//! Packets by which a growing picture goes to a viewer: tev's own operations, as bytes.
//!
//! A packet is a little-endian `u32` with its length (itself included), one byte that names the operation, and the
//! payload; texts end with a zero byte. The same bytes feed an artist's tev and our viewer. Opening and reloading files
//! can be written but is never read: a stranger on the wire must not choose what is opened here. No socket in here, and no memory is
//! taken before what a packet claims is held to the limits.
//! Source: tev's `Ipc.cpp`, operations 2, 4, 6 and 7.
//!
//! Two kinds of packets are our own, with numbers far from tev's, and are sent to our viewer only: [`Packet::Cut`] (128: name,
//! `u32` frame, `u32` tile edge) and [`Packet::Tile`] (129: name, `u32` tile, `u8` stage, `u8` checked, `f32` seconds, negative where
//! nobody measured). A picture is whole without them.

use crate::{FrameIndex, FrameSize, TileGrid, TileIndex, TileRect, TileStage};

/// Where a tev listens unless told otherwise.
pub const TEV_PORT: u16 = 14_158;
/// Longest side of a picture that is taken, pixels: as long as a frame's can be.
pub const SIDE_PX_MAX: u32 = FrameSize::SIDE_MAX;
/// Values (pixels × channels) of a picture that is taken: 16 GiB of them, three times what 16,384² pixels with five channels take.
/// Whether there is so much memory, the program that keeps them has to ask.
pub const VALUES_MAX: u64 = 1 << 32;
/// Bytes of one packet; a whole large frame goes in pieces.
pub const PACKET_BYTES_MAX: u32 = 64 << 20;
/// Channels of a picture.
pub const CHANNELS_MAX: u32 = 64;
/// Bytes of a name.
pub const NAME_BYTES_MAX: usize = 1024;

const CLOSE: u8 = 2;
const CREATE: u8 = 4;
const UPDATE: u8 = 6;
const OPEN: u8 = 7;
const CUT: u8 = 128;
const TILE: u8 = 129;

/// One packet that may be taken from the wire.
#[derive(Clone, Debug, PartialEq)]
pub enum Packet {
    /// A new picture, all its values 0; one of this name is replaced.
    Create {
        /// Its name.
        name: String,
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
        /// Names of its channels.
        channels: Vec<String>,
    },
    /// New values of a rectangle.
    Update {
        /// Of which picture.
        name: String,
        /// Which pixels.
        rect: TileRect,
        /// Which channels.
        channels: Vec<String>,
        /// One value per channel, pixel by pixel, row by row.
        values: Vec<f32>,
    },
    /// Nothing more comes for a picture.
    Close {
        /// Which.
        name: String,
    },
    /// How a picture is cut into tiles; none of them has been worked on. For our viewer only.
    Cut {
        /// Which picture.
        name: String,
        /// Which frame it is.
        frame: FrameIndex,
        /// Edge of a whole tile, within [`TileGrid::EDGE_PX`].
        edge_px: u32,
    },
    /// How far a tile is. For our viewer only.
    Tile {
        /// Of which picture.
        name: String,
        /// Which tile of its cut.
        tile: TileIndex,
        /// How far.
        stage: TileStage,
        /// Whether all its samples came with receipts that were checked.
        is_checked: bool,
        /// Work on it so far, seconds; never negative, nothing where nobody measured.
        seconds: Option<f32>,
    },
}

/// Bytes that are no packet, or one that is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PacketError {
    /// Longer than any packet may be, or too short for one.
    #[error("a packet of {0} bytes")]
    Length(u32),
    /// Opening a file, drawing, or something unknown.
    #[error("operation {0}, which is not taken from outside")]
    Operation(u8),
    /// A new picture that is larger than any that is taken.
    #[error("{width} by {height} pixels with {channels} channels are more than it takes")]
    TooLarge {
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
        /// How many channels.
        channels: usize,
    },
    /// It ends too early, is too large, or contradicts itself.
    #[error("a packet whose {0} cannot be right")]
    Malformed(&'static str),
}

impl Packet {
    /// The packet's bytes, its length first.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::new();
        match self {
            Packet::Create { name, width, height, channels } => {
                out.begin(CREATE, Some(false), name);
                out.number(*width);
                out.number(*height);
                out.names(channels);
            }
            Packet::Update { name, rect, channels, values } => {
                out.begin(UPDATE, Some(false), name);
                out.names(channels);
                [rect.x, rect.y, rect.width, rect.height].into_iter().for_each(|side| out.number(side));
                (0..channels.len() as u64).for_each(|offset| out.long(offset));
                channels.iter().for_each(|_| out.long(channels.len() as u64));
                out.0.extend(values.iter().flat_map(|value| value.to_le_bytes()));
            }
            Packet::Close { name } => out.begin(CLOSE, None, name),
            Packet::Cut { name, frame, edge_px } => {
                out.begin(CUT, None, name);
                out.number(frame.0);
                out.number(*edge_px);
            }
            Packet::Tile { name, tile, stage, is_checked, seconds } => {
                out.begin(TILE, None, name);
                out.number(tile.0);
                out.0.extend([*stage as u8, u8::from(*is_checked)]);
                out.number(seconds.unwrap_or(-1.0).to_bits());
            }
        }
        out.end()
    }

    /// The packet that asks a viewer on the same machine to open a file.
    pub fn open_file(path: &str) -> Vec<u8> {
        let mut out = Writer::new();
        out.begin(OPEN, Some(false), path);
        out.text("");
        out.end()
    }

    /// How many bytes follow the four that say so.
    ///
    /// # Errors
    /// [`PacketError::Length`]; the connection cannot be read any further.
    pub fn length_after(head: [u8; 4]) -> Result<usize, PacketError> {
        let length = u32::from_le_bytes(head);
        match length.checked_sub(4) {
            Some(rest) if rest > 0 && length <= PACKET_BYTES_MAX => Ok(rest as usize),
            _ => Err(PacketError::Length(length)),
        }
    }

    /// Reads what follows the length.
    ///
    /// # Errors
    /// [`PacketError`]; the next packet may be good again.
    pub fn read(body: &[u8]) -> Result<Self, PacketError> {
        let mut rest = Reader(body);
        match rest.byte()? {
            CREATE => create(&mut rest),
            UPDATE => update(&mut rest),
            CLOSE => Ok(Packet::Close { name: rest.text()? }),
            CUT => cut(&mut rest),
            TILE => tile(&mut rest),
            other => Err(PacketError::Operation(other)),
        }
    }
}

fn create(rest: &mut Reader<'_>) -> Result<Packet, PacketError> {
    let (_focus, name) = (rest.byte()?, rest.text()?);
    let (width, height) = (rest.number()?, rest.number()?);
    let channels = rest.names()?;
    if width == 0 || height == 0 {
        return Err(PacketError::Malformed("size"));
    }
    let values = u128::from(width) * u128::from(height) * channels.len() as u128;
    if width.max(height) > SIDE_PX_MAX || values > u128::from(VALUES_MAX) {
        return Err(PacketError::TooLarge { width, height, channels: channels.len() });
    }
    Ok(Packet::Create { name, width, height, channels })
}

fn update(rest: &mut Reader<'_>) -> Result<Packet, PacketError> {
    let (_focus, name) = (rest.byte()?, rest.text()?);
    let channels = rest.names()?;
    let (x, y) = (rest.number()?, rest.number()?);
    let rect = TileRect { x, y, width: rest.side()?, height: rest.side()? };
    let inside = |start: u32, length: u32| u64::from(start) + u64::from(length) <= u64::from(SIDE_PX_MAX);
    if !inside(rect.x, rect.width) || !inside(rect.y, rect.height) {
        return Err(PacketError::Malformed("rectangle"));
    }
    let longs = |rest: &mut Reader<'_>| channels.iter().map(|_| rest.long()).collect::<Result<Vec<_>, _>>();
    let (offsets, strides) = (longs(rest)?, longs(rest)?);
    let last = rect.pixels() as u64 - 1;
    let available = rest.0.len() as u64 / 4;
    for (offset, stride) in offsets.iter().zip(&strides) {
        let end = stride.checked_mul(last).and_then(|end| end.checked_add(*offset));
        if end.is_none_or(|end| end >= available) {
            return Err(PacketError::Malformed("amount of values"));
        }
    }
    // Strides of 0 would turn a few bytes into gigabytes.
    if (rect.pixels() * channels.len()) as u64 > u64::from(PACKET_BYTES_MAX) / 4 {
        return Err(PacketError::Malformed("amount of values"));
    }
    let value = |at: u64| {
        let bytes = &rest.0[4 * at as usize..4 * at as usize + 4];
        f32::from_le_bytes(bytes.try_into().expect("four of them"))
    };
    let places = offsets.iter().zip(&strides);
    let pixels = 0..=last;
    let values = pixels
        .flat_map(|pixel| places.clone().map(move |(offset, stride)| offset + stride * pixel))
        .map(value)
        .collect();
    Ok(Packet::Update { name, rect, channels, values })
}

fn cut(rest: &mut Reader<'_>) -> Result<Packet, PacketError> {
    let (name, frame, edge_px) = (rest.text()?, FrameIndex(rest.number()?), rest.number()?);
    if !TileGrid::EDGE_PX.contains(&edge_px) {
        return Err(PacketError::Malformed("tile edge"));
    }
    Ok(Packet::Cut { name, frame, edge_px })
}

fn tile(rest: &mut Reader<'_>) -> Result<Packet, PacketError> {
    let (name, tile) = (rest.text()?, TileIndex(rest.number()?));
    let stage = TileStage::ALL.get(usize::from(rest.byte()?)).copied();
    let stage = stage.ok_or(PacketError::Malformed("stage"))?;
    let is_checked = match rest.byte()? {
        0 => false,
        1 => true,
        _ => return Err(PacketError::Malformed("stage")),
    };
    let seconds = f32::from_bits(rest.number()?);
    if !seconds.is_finite() {
        return Err(PacketError::Malformed("time"));
    }
    Ok(Packet::Tile { name, tile, stage, is_checked, seconds: (seconds >= 0.0).then_some(seconds) })
}

struct Writer(Vec<u8>);

impl Writer {
    fn new() -> Self {
        Self(vec![0; 4])
    }

    fn begin(&mut self, operation: u8, focus: Option<bool>, name: &str) {
        self.0.push(operation);
        self.0.extend(focus.map(u8::from));
        self.text(name);
    }

    fn text(&mut self, text: &str) {
        self.0.extend(text.bytes().filter(|&byte| byte != 0));
        self.0.push(0);
    }

    fn number(&mut self, number: u32) {
        self.0.extend(number.to_le_bytes());
    }

    fn long(&mut self, number: u64) {
        self.0.extend(number.to_le_bytes());
    }

    fn names(&mut self, names: &[String]) {
        self.number(names.len() as u32);
        names.iter().for_each(|name| self.text(name));
    }

    fn end(mut self) -> Vec<u8> {
        let length = self.0.len() as u32;
        self.0[..4].copy_from_slice(&length.to_le_bytes());
        self.0
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], PacketError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(PacketError::Malformed("end"))?;
        self.0 = rest;
        Ok(*taken)
    }

    fn byte(&mut self) -> Result<u8, PacketError> {
        self.take::<1>().map(|[byte]| byte)
    }

    fn number(&mut self) -> Result<u32, PacketError> {
        self.take().map(u32::from_le_bytes)
    }

    fn long(&mut self) -> Result<u64, PacketError> {
        self.take().map(u64::from_le_bytes)
    }

    fn side(&mut self) -> Result<u32, PacketError> {
        self.number().and_then(|side| {
            if (1..=SIDE_PX_MAX).contains(&side) { Ok(side) } else { Err(PacketError::Malformed("size")) }
        })
    }

    fn text(&mut self) -> Result<String, PacketError> {
        let most = self.0.len().min(NAME_BYTES_MAX + 1);
        let end = self.0[..most].iter().position(|&byte| byte == 0).ok_or(PacketError::Malformed("name"))?;
        let text =
            std::str::from_utf8(&self.0[..end]).map_err(|_| PacketError::Malformed("name"))?.to_owned();
        self.0 = &self.0[end + 1..];
        Ok(text)
    }

    fn names(&mut self) -> Result<Vec<String>, PacketError> {
        let count = self.number()?;
        if !(1..=CHANNELS_MAX).contains(&count) {
            return Err(PacketError::Malformed("number of channels"));
        }
        (0..count).map(|_| self.text()).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(count: usize) -> Vec<String> {
        ["R", "G", "B", "A"][..count].iter().map(|name| (*name).to_owned()).collect()
    }

    /// Written out by hand from the protocol, not by the code that it tests.
    #[test]
    fn a_created_picture_has_the_bytes_that_tev_reads() {
        let packet = Packet::Create { name: "a".into(), width: 2, height: 1, channels: names(1) };
        let bytes = [22, 0, 0, 0, 4, 0, b'a', 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, b'R', 0];
        assert_eq!(packet.to_bytes(), bytes);
        let close = Packet::Close { name: "a".into() };
        assert_eq!(close.to_bytes(), [7, 0, 0, 0, 2, b'a', 0]);
        assert_eq!(Packet::open_file("b"), [9, 0, 0, 0, 7, 0, b'b', 0, 0]);
    }

    #[test]
    fn our_own_packets_are_none_of_tevs_and_hold_what_makes_sense() {
        let cut = Packet::Cut { name: "a".into(), frame: FrameIndex(7), edge_px: 32 };
        let bytes = [15, 0, 0, 0, 128, b'a', 0, 7, 0, 0, 0, 32, 0, 0, 0];
        assert_eq!(cut.to_bytes(), bytes);
        assert_eq!(Packet::read(&bytes[4..]), Ok(cut));
        let small = [128, b'a', 0, 7, 0, 0, 0, 7, 0, 0, 0];
        assert_eq!(Packet::read(&small), Err(PacketError::Malformed("tile edge")));
        for (seconds, bits) in [(None, [0, 0, 0x80, 0xbf]), (Some(0.5), [0, 0, 0, 0x3f])] {
            let (stage, name) = (TileStage::Denoised, "a".to_owned());
            let tile = Packet::Tile { name, tile: TileIndex(2), stage, is_checked: true, seconds };
            let bytes = [&[17, 0, 0, 0, 129, b'a', 0, 2, 0, 0, 0, 3, 1][..], &bits].concat();
            assert_eq!(tile.to_bytes(), bytes);
            assert_eq!(Packet::read(&bytes[4..]), Ok(tile));
            for (at, wrong) in [(7, 5), (8, 2), (12, 0x7f)] {
                let mut body = bytes[4..].to_vec();
                body[at] = wrong;
                if at == 12 {
                    body[11] = 0x80;
                }
                assert!(Packet::read(&body).is_err(), "byte {at}");
            }
        }
    }

    #[test]
    fn planes_behind_each_other_are_read_as_well_as_pixels() {
        let rect = TileRect { x: 3, y: 4, width: 2, height: 1 };
        let interleaved =
            Packet::Update { name: "a".into(), rect, channels: names(2), values: vec![1.0, 2.0, 3.0, 4.0] };
        let bytes = interleaved.to_bytes();
        assert_eq!(Packet::read(&bytes[4..]).as_ref(), Ok(&interleaved));
        // Offsets 0 and 2, strides 1 and 1: first both values of R, then both of G.
        let mut planar = bytes.clone();
        let from = bytes.len() - 16 - 32;
        for (at, number) in [0u64, 2, 1, 1].into_iter().enumerate() {
            planar[from + 8 * at..from + 8 * at + 8].copy_from_slice(&number.to_le_bytes());
        }
        let Ok(Packet::Update { values, .. }) = Packet::read(&planar[4..]) else {
            panic!("it is well formed")
        };
        assert_eq!(values, [1.0, 3.0, 2.0, 4.0]);
    }

    #[test]
    fn a_picture_of_16384_square_pixels_with_samples_is_taken_and_one_beyond_the_limits_says_how_large_it_is()
    {
        let create = |side: u32, count: usize| {
            let channels = (0..count).map(|channel| channel.to_string()).collect();
            Packet::Create { name: "a".into(), width: side, height: side, channels }
        };
        let read = |packet: &Packet| Packet::read(&packet.to_bytes()[4..]);
        assert_eq!(read(&create(16_384, 5)).as_ref(), Ok(&create(16_384, 5)));
        for (side, count) in [(16_384, 64), (SIDE_PX_MAX + 1, 1), (u32::MAX, 64)] {
            let (width, height, channels) = (side, side, count);
            assert_eq!(read(&create(side, count)), Err(PacketError::TooLarge { width, height, channels }));
        }
        assert_eq!(read(&create(0, 1)), Err(PacketError::Malformed("size")));
    }

    #[test]
    fn files_are_never_opened_for_a_stranger() {
        for operation in [0, 1, 3, 5, 7, 8, 255] {
            assert_eq!(Packet::read(&[operation, 0, b'x', 0, 0]), Err(PacketError::Operation(operation)));
        }
        assert_eq!(Packet::length_after([0xff; 4]), Err(PacketError::Length(u32::MAX)));
        assert_eq!(Packet::length_after([4, 0, 0, 0]), Err(PacketError::Length(4)));
    }

    #[test]
    fn a_stride_of_zero_cannot_ask_for_gigabytes() {
        let rect = TileRect { x: 0, y: 0, width: 1, height: 1 };
        let packet = Packet::Update { name: String::new(), rect, channels: names(1), values: vec![1.0] };
        let mut bytes = packet.to_bytes();
        let sides = 4 + 1 + 1 + 1 + 4 + 2 + 8;
        bytes[sides..sides + 4].copy_from_slice(&SIDE_PX_MAX.to_le_bytes());
        bytes[sides + 4..sides + 8].copy_from_slice(&SIDE_PX_MAX.to_le_bytes());
        let strides = bytes.len() - 12;
        bytes[strides..strides + 8].fill(0);
        assert_eq!(Packet::read(&bytes[4..]), Err(PacketError::Malformed("amount of values")));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_packet_or_an_error(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            operation in prop_oneof![0u8..9, 127u8..131],
        ) {
            let mut body = vec![operation];
            body.extend(bytes);
            let _ = Packet::read(&body);
        }

        #[test]
        fn an_update_comes_back_as_it_was(x in 0u32..99, y in 0u32..99, width in 1u32..9, height in 1u32..9, count in 1usize..5) {
            let rect = TileRect { x, y, width, height };
            let values = (0..rect.pixels() * count).map(|at| at as f32 * 0.5 - 3.0).collect();
            let packet = Packet::Update { name: "picture".into(), rect, channels: names(count), values };
            let bytes = packet.to_bytes();
            let head = bytes[..4].try_into().expect("four");
            prop_assert_eq!(Packet::length_after(head), Ok(bytes.len() - 4));
            prop_assert_eq!(Packet::read(&bytes[4..]), Ok(packet));
        }
    }
}
