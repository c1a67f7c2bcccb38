//! A tev that is none: it listens on a port of this machine, reads what comes, and remembers it; or dies in the middle.

use std::io::Read;
use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::thread::JoinHandle;

use frame::TileRect;
use frame::tev::{Packet, PacketError};

/// Such a program.
pub(crate) struct FakeTev {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    reader: JoinHandle<Vec<Result<Packet, PacketError>>>,
}

/// What such a program shows in the end.
pub(crate) struct Shown {
    pub(crate) name: String,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Red, green, blue and alpha of each pixel; NaN where nothing came.
    pub(crate) rgba: Vec<f32>,
    /// How often each pixel came.
    pub(crate) times: Vec<u32>,
    pub(crate) updates: usize,
}

impl FakeTev {
    /// Reads all that one sender sends.
    pub(crate) fn start() -> Self {
        Self::dying_after(usize::MAX)
    }

    /// Reads so many packets of one sender and is gone.
    pub(crate) fn dying_after(packets: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let reader = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("somebody connects");
            let (mut got, mut head) = (Vec::new(), [0; 4]);
            while got.len() < packets && stream.read_exact(&mut head).is_ok() {
                let mut body = vec![0; Packet::length_after(head).expect("a length that tev takes")];
                stream.read_exact(&mut body).expect("the rest of a packet");
                got.push(Packet::read(&body));
            }
            got
        });
        Self { address, reader }
    }

    /// Everything that came, once the sender has gone.
    pub(crate) fn got(self) -> Vec<Result<Packet, PacketError>> {
        self.reader.join().expect("it read packets and nothing else")
    }
}

impl Shown {
    /// Plays the packets of one picture as tev does: created before anything else, and every rectangle inside.
    pub(crate) fn of(packets: &[Result<Packet, PacketError>]) -> Self {
        let Some(Ok(Packet::Create { name, width, height, channels })) = packets.first() else {
            panic!("the first packet creates a picture: {:?}", packets.first())
        };
        assert_eq!(channels.concat(), "RGBA");
        let whole = TileRect { x: 0, y: 0, width: *width, height: *height };
        let mut shown = Self {
            name: name.clone(),
            width: *width,
            height: *height,
            rgba: vec![f32::NAN; 4 * whole.pixels()],
            times: vec![0; whole.pixels()],
            updates: 0,
        };
        for packet in packets {
            let Ok(Packet::Update { name, rect, channels, values }) = packet else { continue };
            assert_eq!((name, channels.concat().as_str()), (&shown.name, "RGBA"));
            assert!(whole.contains(*rect), "{rect:?} lies inside");
            whole.paste(&mut shown.rgba, 4, *rect, values);
            shown.updates += 1;
            for y in rect.y..rect.y + rect.height {
                let row = (y * width) as usize;
                let columns = row + rect.x as usize..row + (rect.x + rect.width) as usize;
                shown.times[columns].iter_mut().for_each(|times| *times += 1);
            }
        }
        shown
    }
}

/// An address of this machine that is not loopback; nothing is sent to find it.
pub(crate) fn outside_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    // Of the documentation's network (RFC 5737): a UDP socket only chooses its own address by this.
    socket.connect("192.0.2.1:9").ok()?;
    socket.local_addr().ok().map(|address| address.ip()).filter(|ip| !ip.is_loopback())
}
