//! The way out of a network namespace: a port of its loopback, at which the server itself listens.
//!
//! A socket belongs to the namespace it was made in, whoever holds it. So it is made inside, and lent
//! to the server (unix(7), `SCM_RIGHTS`): nothing has to be forwarded, and no program inside needs
//! to be trusted with it.

use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::{SocketAddrV4, TcpListener};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType,
};

/// Where the server is reached from inside.
pub(crate) const ADDRESS: &str = "127.0.0.1:8080";
/// The server's socket that takes the listening one, in a build's folder.
const SOCKET: &str = "gateway";

/// The path of the socket in `folder`, which must stay open as long as the path is used.
///
/// A socket's path may have 108 bytes only; by way of a descriptor any folder's is short.
pub(crate) fn socket_in(folder: &File) -> PathBuf {
    format!("/proc/self/fd/{}/{SOCKET}", folder.as_raw_fd()).into()
}

/// Listens on loopback, which a new network namespace has to be told to use, and lends that to the
/// server, if it has a socket in `folder` to take it by.
pub(super) fn lend(folder: &Path) -> io::Result<()> {
    raise_loopback()?;
    let folder = File::open(folder)?;
    let server = match UnixStream::connect(socket_in(&folder)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        server => server?,
    };
    let address: SocketAddrV4 = ADDRESS.parse().map_err(io::Error::other)?;
    let listener = TcpListener::bind(address)?;
    let lent = [listener.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !control.push(SendAncillaryMessage::ScmRights(&lent)) {
        return Err(io::Error::other("a message has no room for a descriptor"));
    }
    let text = [IoSlice::new(&[0])];
    rustix::net::sendmsg(&server, &text, &mut control, SendFlags::empty())?;
    Ok(())
}

/// What was lent by way of `stream`, if it is a descriptor.
pub(crate) fn take(stream: impl AsFd) -> io::Result<TcpListener> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let (mut byte, flags) = ([0], RecvFlags::CMSG_CLOEXEC);
    let mut text = [IoSliceMut::new(&mut byte)];
    rustix::net::recvmsg(stream, &mut text, &mut control, flags)?;
    let lent = control.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut all) => all.next(),
        _ => None,
    });
    let lent: OwnedFd = lent.ok_or_else(|| io::Error::other("nothing was lent"))?;
    Ok(lent.into())
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
