//! Opening a listening socket, for both address families where there are two.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use rustix::io::Errno;
use socket2::{Domain, Protocol, Socket, Type};

/// Whether other sockets of this process may listen on the same port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Port {
    /// This socket alone.
    Own,
    /// All that say so; the kernel spreads peers over them.
    Shared,
}

/// Opens a socket that listens on `address` and shares its port with nobody; it does not block.
///
/// `::` takes IPv4 as well, whatever the system's own default is, and stands for `0.0.0.0` where there
/// is no IPv6. IPv4 peers then appear as `::ffff:a.b.c.d`: compare addresses as `to_canonical` gives them.
///
/// # Errors
/// When the address cannot be had, above all when another process listens there.
pub fn listen(address: SocketAddr, backlog: u32) -> io::Result<TcpListener> {
    let any_v4 = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), address.port());
    match open(address, backlog, Port::Own) {
        Err(error) if address.ip() == Ipv6Addr::UNSPECIFIED && is_without_ipv6(&error) => {
            open(any_v4, backlog, Port::Own)
        }
        opened => opened,
    }
}

/// Opens a socket on just this address.
pub(super) fn open(address: SocketAddr, backlog: u32, port: Port) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    socket.set_reuse_address(true)?;
    if port == Port::Shared {
        socket.set_reuse_port(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
    Ok(socket.into())
}

/// A kernel without IPv6 knows no such sockets, or has no such address to give.
fn is_without_ipv6(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::AFNOSUPPORT | Errno::ADDRNOTAVAIL))
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    fn any(port: u16) -> SocketAddr {
        SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), port)
    }

    #[test]
    fn every_address_means_those_of_both_families() {
        let listener = listen(any(0), 8).unwrap();
        let port = listener.local_addr().unwrap().port();
        TcpStream::connect(("127.0.0.1", port)).unwrap();
        if std::fs::read_to_string("/proc/net/if_inet6").is_ok_and(|lines| !lines.is_empty()) {
            TcpStream::connect(("::1", port)).unwrap();
        }
    }

    #[test]
    fn a_port_that_is_taken_in_one_family_is_taken() {
        let other = TcpListener::bind("127.0.0.1:0").unwrap();
        let error = listen(any(other.local_addr().unwrap().port()), 8).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    }

    #[test]
    fn only_a_missing_family_leads_to_another_address() {
        for (errno, is_missing) in [(Errno::AFNOSUPPORT, true), (Errno::ADDRNOTAVAIL, true), (Errno::ADDRINUSE, false)]
        {
            assert_eq!(is_without_ipv6(&errno.into()), is_missing, "{errno}");
        }
    }
}
