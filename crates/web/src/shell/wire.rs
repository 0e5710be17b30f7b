//! One connection's stream: it gives up on readers that take nothing, and it gives the bare answers of the HTTP
//! library to unreadable requests the same page and headers as any other.

use std::{
    future::Future,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};
use vocab::OperationId;

use super::{
    Shell, log,
    peers::Connection,
    problem::{Problem, ProblemPage},
};

/// A stream under watch.
pub(super) struct Wire<IO> {
    io: IO,
    shell: Arc<Shell>,
    connection: Arc<Connection>,
    /// Runs while the peer takes nothing.
    stall: Option<Pin<Box<Sleep>>>,
    stand_in: Option<StandIn>,
}

/// An answer written in place of another one.
struct StandIn {
    bytes: Vec<u8>,
    written: usize,
    /// How much of the other one it stands for.
    instead_of: usize,
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Wire<IO> {
    pub(super) fn new(io: IO, shell: Arc<Shell>, connection: Arc<Connection>) -> Self {
        Self { io, shell, connection, stall: None, stand_in: None }
    }

    /// Starts, extends or ends the patience with a reader, by what it has just taken of what was offered.
    fn pace(
        &mut self,
        cx: &mut Context<'_>,
        taken: Poll<io::Result<usize>>,
        offered: usize,
    ) -> Poll<io::Result<usize>> {
        let config = self.shell.config();
        match taken {
            Poll::Ready(Ok(n)) if n < offered => {
                if let Some(stall) = &mut self.stall {
                    let earned = Duration::from_secs_f64(n as f64 / f64::from(config.write_rate.max(1)));
                    let latest = Instant::now() + config.write_grace;
                    let deadline = (stall.deadline() + earned).min(latest);
                    stall.as_mut().reset(deadline);
                }
                taken
            }
            Poll::Ready(_) => {
                self.stall = None;
                taken
            }
            Poll::Pending => {
                let stall = self.stall.get_or_insert_with(|| Box::pin(sleep(config.write_grace)));
                ready!(stall.as_mut().poll(cx));
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
        }
    }

    /// Whether `bytes` are the library's own answer to a request it could not read: no request is being answered,
    /// and yet a response begins.
    fn is_bare_error(&self, bytes: &[u8]) -> bool {
        bytes.starts_with(b"HTTP/1.1 4") && self.connection.waits_since().is_some()
    }

    fn poll_stand_in(&mut self, cx: &mut Context<'_>) -> Option<Poll<io::Result<usize>>> {
        loop {
            let stand_in = self.stand_in.as_mut()?;
            let rest = &stand_in.bytes[stand_in.written..];
            if rest.is_empty() {
                let instead_of = stand_in.instead_of;
                self.stand_in = None;
                return Some(Poll::Ready(Ok(instead_of)));
            }
            let offered = rest.len();
            let taken = Pin::new(&mut self.io).poll_write(cx, rest);
            match self.pace(cx, taken, offered) {
                Poll::Ready(Ok(0)) => return Some(Poll::Ready(Err(io::ErrorKind::WriteZero.into()))),
                Poll::Ready(Ok(n)) => {
                    if let Some(stand_in) = &mut self.stand_in {
                        stand_in.written += n;
                    }
                }
                other => return Some(other),
            }
        }
    }
}

/// A whole answer with page and headers, keeping the status line of the bare one.
fn full_answer(shell: &Shell, bare: &[u8]) -> Vec<u8> {
    let line = bare.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let status = line.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(400);
    let operation = OperationId::from_bits(shell.random_bits()).to_string();
    let problem = Problem::malformed("It is too long, or written in an unusual way.");
    let page = ProblemPage { problem: &problem, operation_id: &operation, try_again_at: None, staff: None };
    let text = shell.pages().page(page);
    let at = shell.clock().now();
    let record = log::RequestLine {
        at,
        method: "unread",
        route: "(unread)",
        status,
        took: Duration::ZERO,
        operation: &operation,
        actor: "unknown",
    };
    shell.log().line(record.text());
    format!(
        "{line}\r\n{}x-operation-id: {operation}\r\ncontent-type: text/html; charset=utf-8\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{text}",
        shell.security_headers().text(),
        text.len()
    )
    .into_bytes()
}

impl<IO: AsyncRead + Unpin> AsyncRead for Wire<IO> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Wire<IO> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[io::IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let offered = bufs.iter().map(|buf| buf.len()).sum();
        if self.stand_in.is_none() && bufs.first().is_some_and(|first| self.is_bare_error(first)) {
            let bytes = full_answer(&self.shell, &bufs[0]);
            self.stand_in = Some(StandIn { bytes, written: 0, instead_of: offered });
        }
        if let Some(answer) = self.poll_stand_in(cx) {
            return answer;
        }
        let taken = Pin::new(&mut self.io).poll_write_vectored(cx, bufs);
        self.pace(cx, taken, offered)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = ready!(Pin::new(&mut self.io).poll_flush(cx));
        self.connection.flushed();
        Poll::Ready(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
