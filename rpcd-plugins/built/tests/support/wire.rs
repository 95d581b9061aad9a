//! ubus over its socket, in one connection: for calls that no client would send, and for timing.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

const STATUS: u8 = 1;
const DATA: u8 = 2;
const LOOKUP: u8 = 4;
const INVOKE: u8 = 5;

/// A connection to ubusd.
pub struct Wire {
    stream: UnixStream,
    sequence: u16,
}

impl Wire {
    /// Connects, and takes ubusd's greeting.
    pub fn connect() -> Self {
        let stream = UnixStream::connect(super::SOCKET).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        let mut wire = Self {
            stream,
            sequence: 0,
        };
        wire.receive();
        wire
    }

    /// The number of an object.
    pub fn lookup(&mut self, object: &str) -> u32 {
        self.send(
            LOOKUP,
            0,
            &attribute(2, &[object.as_bytes(), &[0]].concat()),
        );
        let mut found = None;
        loop {
            let (kind, body) = self.receive();
            match kind {
                DATA => found = field(&body, 3),
                STATUS => break,
                _ => {}
            }
        }
        u32::from_be_bytes(found.unwrap().try_into().unwrap())
    }

    /// Calls a method with arguments that may be any bytes; the status, and how long the reply is.
    pub fn invoke(&mut self, object: u32, method: &str, arguments: &[u8]) -> (u32, usize) {
        let body = [
            attribute(3, &object.to_be_bytes()),
            attribute(4, &[method.as_bytes(), &[0]].concat()),
            attribute(7, arguments),
        ]
        .concat();
        self.send(INVOKE, object, &body);
        let mut length = 0;
        loop {
            let (kind, body) = self.receive();
            match kind {
                DATA => length = field(&body, 7).map_or(0, |data| data.len()),
                STATUS => {
                    let status = field(&body, 1).unwrap().try_into().unwrap();
                    return (u32::from_be_bytes(status), length);
                }
                _ => {}
            }
        }
    }

    fn send(&mut self, kind: u8, peer: u32, body: &[u8]) {
        self.sequence = self.sequence.wrapping_add(1);
        let length = u32::try_from(body.len() + 4).unwrap();
        let message = [
            &[0, kind][..],
            &self.sequence.to_be_bytes(),
            &peer.to_be_bytes(),
            &length.to_be_bytes(),
            body,
        ]
        .concat();
        self.stream.write_all(&message).unwrap();
    }

    fn receive(&mut self) -> (u8, Vec<u8>) {
        let mut header = [0; 12];
        self.stream.read_exact(&mut header).unwrap();
        let length = u32::from_be_bytes([0, header[9], header[10], header[11]]);
        let mut body = vec![0; length as usize - 4];
        self.stream.read_exact(&mut body).unwrap();
        (header[1], body)
    }
}

/// An attribute without a name.
fn attribute(id: u8, data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len() + 4).unwrap();
    let mut bytes = (u32::from(id) << 24 | length).to_be_bytes().to_vec();
    bytes.extend_from_slice(data);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// The data of the attribute of that number.
fn field(mut body: &[u8], id: u8) -> Option<Vec<u8>> {
    while body.len() >= 4 {
        let length = u32::from_be_bytes([0, body[1], body[2], body[3]]) as usize;
        if body[0] & 0x7f == id {
            return Some(body[4..length].to_vec());
        }
        body = body.get(length.next_multiple_of(4)..)?;
    }
    None
}

/// An argument: kind, name, data.
pub fn argument(kind: u8, name: &str, data: &[u8]) -> Vec<u8> {
    let mut content = u16::try_from(name.len()).unwrap().to_be_bytes().to_vec();
    content.extend_from_slice(name.as_bytes());
    content.push(0);
    content.resize(content.len().next_multiple_of(4), 0);
    content.extend_from_slice(data);
    let mut bytes = attribute(kind, &content);
    bytes[0] |= 0x80;
    bytes
}
