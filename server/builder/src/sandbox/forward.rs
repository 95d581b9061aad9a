//! The way out of a network namespace: a port of its loopback leads to a socket of the server.

use std::io;
use std::net::{Shutdown, SocketAddrV4, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::thread;

use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};

/// Where the server is reached from inside.
pub(crate) const ADDRESS: &str = "127.0.0.1:8080";
/// The server's socket, in the folder that is `/run` inside.
pub(crate) const SOCKET: &str = "server";

/// Listens on loopback, which a new network namespace has to be told to use.
pub(super) fn listen() -> io::Result<TcpListener> {
    raise_loopback()?;
    let address: SocketAddrV4 = ADDRESS.parse().map_err(io::Error::other)?;
    TcpListener::bind(address)
}

/// Forwards each connection in threads of its own, as long as this process lives.
pub(super) fn start(listener: TcpListener) {
    thread::spawn(move || {
        for inner in listener.incoming().flatten() {
            // Where no thread can be made, the program has used them up itself.
            let _ = thread::Builder::new().spawn(move || forward(&inner));
        }
    });
}

fn forward(inner: &TcpStream) -> io::Result<()> {
    let server = UnixStream::connect(format!("/run/{SOCKET}"))?;
    let (mut from, mut to) = (inner.try_clone()?, server.try_clone()?);
    thread::Builder::new().spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        to.shutdown(Shutdown::Write)
    })?;
    io::copy(&mut &server, &mut &*inner)?;
    inner.shutdown(Shutdown::Both)
}

/// Asks the kernel to set the flag `IFF_UP` of interface 1 (rtnetlink(7)).
///
/// By hand: the message has 32 bytes, and the crates that make it bring a runtime along.
fn raise_loopback() -> io::Result<()> {
    const NEW_LINK: u16 = 16;
    const REQUEST_WITH_ANSWER: u16 = 1 | 4;
    const UP: u32 = 1;
    let mut message = Vec::with_capacity(32);
    message.extend(32_u32.to_ne_bytes());
    message.extend(NEW_LINK.to_ne_bytes());
    message.extend(REQUEST_WITH_ANSWER.to_ne_bytes());
    message.extend([0; 8]);
    message.extend([0; 4]);
    message.extend(1_i32.to_ne_bytes());
    message.extend(UP.to_ne_bytes());
    message.extend(UP.to_ne_bytes());
    let socket = rustix::net::socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC,
        // Protocol 0, NETLINK_ROUTE.
        None,
    )?;
    rustix::net::sendto(
        &socket,
        &message,
        SendFlags::empty(),
        &SocketAddrNetlink::new(0, 0),
    )?;
    let mut answer = [0; 64];
    rustix::net::recv(&socket, &mut answer[..], RecvFlags::empty())?;
    // Behind the answer's header of 16 bytes: 0, or the error's number, negative.
    match i32::from_ne_bytes([answer[16], answer[17], answer[18], answer[19]]) {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(-error)),
    }
}
