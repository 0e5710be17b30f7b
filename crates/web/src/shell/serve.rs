//! Accepting connections and serving them: HTTP/1.1 only, each peer under caps and time-outs.
//!
//! HTTP/2 is left to a proxy in front: it brought the floods of the last years, and a clinic does not need it.

use std::{future::Future, io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{Router, body::Body, http::Request};
use hyper::{body::Incoming, server::conn::http1, service::Service, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{mpsc, watch},
    time::{sleep, timeout},
};

use super::{
    Shell,
    layer::{Peer, Wired},
    peers::{Connections, Place},
    wire::Wire,
};

/// The largest head of a request, in bytes.
const HEAD_MAX: usize = 16 << 10;
/// The longest pause after the system refused a connection.
const PAUSE_MAX: Duration = Duration::from_secs(1);
/// Connections the system may keep waiting for us to accept them.
const QUEUE: u32 = 4_096;
/// How long a peer may go on sending after our last answer, so that it gets to read it.
const LINGER: Duration = Duration::from_secs(2);

/// What running connections are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stop {
    /// Go on.
    No,
    /// Finish the request at hand, take no other.
    Soon,
    /// Close now.
    Now,
}

/// A listener with a queue long enough for a rush; the usual one of 1,024 makes clients wait a second when it is full.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // After a restart the port may still be kept for connections of the last run.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(QUEUE)
}

/// Serves `router` on `listener` until `shutdown` is done, then lets running requests finish for
/// [`super::ShellConfig::stop_time`] and closes what is left.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shell: Arc<Shell>,
    shutdown: impl Future<Output = ()> + Send,
) {
    let connections = Connections::new(shell.config());
    let (stop, stopped) = watch::channel(Stop::No);
    // Every connection holds a sender; when the last one is gone, the receiver knows.
    let (alive, mut all_gone) = mpsc::channel::<()>(1);
    let mut shutdown = pin!(shutdown);
    let mut pause = Duration::ZERO;
    let mut told: Option<Duration> = None;
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = listener.accept() => accepted,
        };
        let error = match accepted {
            Ok((socket, peer)) => {
                pause = Duration::ZERO;
                if let Some(place) = admit(&shell, &connections, &socket, peer) {
                    let serving =
                        serve_one(socket, peer, router.clone(), shell.clone(), place, stopped.clone());
                    let alive = alive.clone();
                    tokio::spawn(async move {
                        serving.await;
                        drop(alive);
                    });
                }
                continue;
            }
            Err(error) => error,
        };
        if is_of_one_peer(&error) {
            continue;
        }
        // No file handle or no memory: give one back and wait a little, longer each time.
        connections.evict_one();
        pause = (pause * 2).clamp(Duration::from_millis(5), PAUSE_MAX);
        let now = shell.clock().monotonic();
        if told.is_none_or(|told| now.saturating_sub(told) >= PAUSE_MAX) {
            told = Some(now);
            let code = error.raw_os_error().unwrap_or(0);
            shell.log().line(format!("time={} accept failed os_error={code}", shell.clock().now()));
        }
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            () = sleep(pause) => {}
        }
    }
    drop(listener);
    drop(alive);
    let _ = stop.send(Stop::Soon);
    if timeout(shell.config().stop_time, all_gone.recv()).await.is_err() {
        let _ = stop.send(Stop::Now);
        all_gone.recv().await;
    }
}

/// Whether an error of `accept` concerns only the peer that was about to connect.
fn is_of_one_peer(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// A place for a new connection, or a short refusal.
fn admit(
    shell: &Shell,
    connections: &Arc<Connections>,
    socket: &TcpStream,
    peer: SocketAddr,
) -> Option<Place> {
    // A page is one write; waiting to fill a packet would only delay it. A socket that cannot is served all the same.
    let _ = socket.set_nodelay(true);
    let is_proxy = shell.config().trusted_proxies.iter().any(|network| network.contains(peer.ip()));
    let place = connections.admit(peer.ip(), is_proxy);
    if place.is_none() {
        let refusal =
            b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 2\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        let _ = socket.try_write(refusal);
    }
    place
}

/// Serves one connection over any stream, under the time-outs of the shell but alone in its own caps.
pub async fn serve_io<IO>(io: IO, peer: SocketAddr, router: Router, shell: Arc<Shell>)
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let connections = Connections::new(shell.config());
    let (_stop, stopped) = watch::channel(Stop::No);
    if let Some(place) = connections.admit(peer.ip(), false) {
        serve_one(io, peer, router, shell, place, stopped).await;
    }
}

async fn serve_one<IO>(
    io: IO,
    peer: SocketAddr,
    router: Router,
    shell: Arc<Shell>,
    place: Place,
    mut stopped: watch::Receiver<Stop>,
) where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let connection = place.connection.clone();
    let routes = TowerToHyperService::new(router);
    let service = service_fn(|mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        request.extensions_mut().insert(Wired(connection.clone()));
        let answer = routes.call(request.map(Body::new));
        let connection = connection.clone();
        async move {
            let answer = answer.await;
            connection.answered();
            answer
        }
    });
    let wire = Wire::new(io, shell.clone(), connection.clone());
    let mut serving = http1::Builder::new()
        .timer(TokioTimer::new())
        // A peer that has said all still gets its answer, and a booking is not cut off half-way.
        .half_close(true)
        .header_read_timeout(shell.config().head_time)
        .max_buf_size(HEAD_MAX * 2)
        .max_header_size(HEAD_MAX)
        .serve_connection(TokioIo::new(wire), service);
    let finished = loop {
        tokio::select! {
            biased;
            finished = &mut serving => break finished,
            () = connection.evicted.notified() => return,
            changed = stopped.changed() => {
                if changed.is_err() || *stopped.borrow() == Stop::Now {
                    return;
                }
                std::pin::Pin::new(&mut serving).graceful_shutdown();
            }
        }
    };
    // Whoever was too slow or has gone is not waited for once more.
    if finished.is_ok() || finished.is_err_and(|error| error.is_parse()) {
        tokio::select! {
            () = linger(serving.into_parts().io.into_inner()) => {}
            () = connection.evicted.notified() => {}
        }
    }
}

/// Ends our side and lets the peer finish talking for a moment. Closing with unread bytes in the buffer would make
/// the system throw away the answer the peer has not read yet.
async fn linger(mut wire: impl AsyncRead + AsyncWrite + Unpin) {
    let draining = async {
        if wire.shutdown().await.is_err() {
            return;
        }
        let mut waste = [0; 4_096];
        while wire.read(&mut waste).await.is_ok_and(|n| n > 0) {}
    };
    let _ = timeout(LINGER, draining).await;
}
