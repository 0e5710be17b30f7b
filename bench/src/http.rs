//! HTTP/1.1 over one kept connection: enough to measure with, and nothing that hides what the server does.

use std::{
    io::{self, Read, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream},
    time::Duration,
};

use tokio::{net::TcpSocket, runtime};

/// The longest anything may take, so that a server that hangs is told from one that is slow.
const PATIENCE: Duration = Duration::from_secs(30);

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Status line and headers.
    pub head: String,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The first header of this name, written in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap_or("")
    }
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines().skip(1).find_map(|line| {
        let (known, value) = line.split_once(':')?;
        known.eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

/// One connection.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub fn open(server: SocketAddr) -> io::Result<Self> {
        Self::over(TcpStream::connect(server)?)
    }

    /// Connects from this address, as another machine would.
    pub fn open_from(source: Ipv4Addr, server: SocketAddr) -> io::Result<Self> {
        // The standard library cannot bind before it connects.
        let runtime = runtime::Builder::new_current_thread().enable_io().build()?;
        let stream = runtime.block_on(async {
            let socket = TcpSocket::new_v4()?;
            socket.bind(SocketAddr::new(IpAddr::V4(source), 0))?;
            socket.connect(server).await?.into_std()
        })?;
        stream.set_nonblocking(false)?;
        Self::over(stream)
    }

    fn over(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream, buffer: vec![0; 64 << 10] })
    }

    /// Sends a request as it stands, and reads the answer.
    pub fn send(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.stream.write_all(request)?;
        let mut filled = 0;
        let end = loop {
            if let Some(end) = self.buffer[..filled].windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            filled += self.fill(filled)?;
        };
        let head = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
        let odd = |what: &str| io::Error::new(io::ErrorKind::InvalidData, format!("{what} in {head:?}"));
        let status =
            head.get(9..12).and_then(|digits| digits.parse().ok()).ok_or_else(|| odd("no status"))?;
        // Our server knows the length of everything it sends.
        let length: usize = header(&head, "content-length")
            .and_then(|length| length.parse().ok())
            .ok_or_else(|| odd("no length"))?;
        let mut body = self.buffer[end..filled].to_vec();
        let rest = length.checked_sub(body.len()).ok_or_else(|| odd("more than was announced"))?;
        let there = body.len();
        body.resize(length, 0);
        if rest > 0 {
            self.stream.read_exact(&mut body[there..])?;
        }
        Ok(Answer { status, head, body })
    }

    fn fill(&mut self, filled: usize) -> io::Result<usize> {
        match self.stream.read(&mut self.buffer[filled..])? {
            0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed the connection")),
            count => Ok(count),
        }
    }
}

/// A `GET`, with the cookies that are kept.
pub fn get(server: SocketAddr, path: &str, cookie: &str) -> Vec<u8> {
    let cookie = if cookie.is_empty() { String::new() } else { format!("Cookie: {cookie}\r\n") };
    format!("GET {path} HTTP/1.1\r\nHost: {server}\r\n{cookie}\r\n").into_bytes()
}

/// A form sent by a page of the server's own.
pub fn post(server: SocketAddr, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Vec<u8> {
    let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
    let body = pairs.join("&");
    format!(
        "POST {path} HTTP/1.1\r\nHost: {server}\r\nOrigin: http://{server}\r\nCookie: {cookie}\r\nContent-Type: \
         application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => escaped.push(char::from(byte)),
            b' ' => escaped.push('+'),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{net::TcpListener, thread};

    #[test]
    fn a_form_is_written_with_its_length() {
        let server = "127.0.0.1:80".parse().unwrap();
        let text = String::from_utf8(post(server, "/a", "c=1", &[("x", "ä b"), ("y", "@")])).unwrap();
        assert!(text.ends_with("Content-Length: 16\r\n\r\nx=%C3%A4+b&y=%40"), "{text}");
        assert!(text.contains("\r\nOrigin: http://127.0.0.1:80\r\n"));
    }

    #[test]
    fn two_answers_are_read_from_one_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = listener.local_addr().unwrap();
        let answering = thread::spawn(move || {
            let (mut stream, from) = listener.accept().unwrap();
            let mut request = [0; 1024];
            for answer in [
                "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
                "HTTP/1.1 303 See Other\r\ncontent-length: 0\r\nLocation: /x\r\n\r\n",
            ] {
                assert!(stream.read(&mut request).unwrap() > 0);
                stream.write_all(answer.as_bytes()).unwrap();
            }
            from.ip()
        });
        let mut connection = Connection::open_from(Ipv4Addr::new(127, 0, 3, 4), server).unwrap();
        let first = connection.send(&get(server, "/", "")).unwrap();
        assert_eq!((first.status, first.text()), (200, "abc"));
        let second = connection.send(&get(server, "/", "")).unwrap();
        assert_eq!((second.status, second.header("location")), (303, Some("/x")));
        assert_eq!(answering.join().unwrap(), Ipv4Addr::new(127, 0, 3, 4));
    }
}
