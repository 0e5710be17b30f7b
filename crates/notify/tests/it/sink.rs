//! A mail server on this machine that takes one connection and then tells what it was told.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    thread::{self, JoinHandle},
};

/// How the server behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Takes everything.
    Accept,
    /// Answers a line that starts with the word with this code.
    Answer(&'static str, u16),
    /// Answers a line that starts with the word with this code and these words.
    Refuse(&'static str, u16, &'static str),
    /// Answers the whole message with this code.
    AnswerMessage(u16),
    /// Breaks the connection after the message and before the answer to it.
    DropAfterData,
    /// Greets, and says nothing more.
    Silent,
    /// Speaks another protocol.
    NoSmtp,
}

/// What the server was told.
#[derive(Debug, Default)]
pub(crate) struct Session {
    /// The lines outside the message.
    pub(crate) commands: Vec<String>,
    /// The message without its closing dot and with its dots unstuffed.
    pub(crate) message: String,
}

impl Session {
    pub(crate) fn recipients(&self) -> Vec<&str> {
        self.commands.iter().filter_map(|line| line.strip_prefix("RCPT TO:")).collect()
    }
}

/// Starts a server for one connection: its port, and its account of it.
pub(crate) fn start(mode: Mode) -> (u16, JoinHandle<Session>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (port, thread::spawn(move || serve(&listener.accept().unwrap().0, mode)))
}

fn serve(connection: &TcpStream, mode: Mode) -> Session {
    let mut session = Session::default();
    let mut lines = BufReader::new(connection);
    let say = |text: &str| {
        let mut out = connection;
        // The client may have gone; then the next line is missing and the session ends.
        let _ = write!(out, "{text}\r\n");
    };
    say(if mode == Mode::NoSmtp { "HTTP/1.1 400 Bad Request" } else { "220 sink.example ESMTP" });
    while let Some(line) = next_line(&mut lines) {
        session.commands.push(line.clone());
        match mode {
            Mode::Silent => continue,
            Mode::Answer(word, code) if line.starts_with(word) => {
                // Servers like to repeat the address; ours must not end in an error text.
                say(&format!("{code} <robin@patient.example> is not welcome"));
                continue;
            }
            Mode::Refuse(word, code, words) if line.starts_with(word) => {
                say(&format!("{code} {words}"));
                continue;
            }
            _ => {}
        }
        match line.split(' ').next().unwrap_or_default() {
            "EHLO" => say("250-sink.example\r\n250 AUTH PLAIN"),
            "AUTH" => say("235 welcome"),
            "DATA" => {
                say("354 go on");
                session.message = read_message(&mut lines);
                match mode {
                    Mode::DropAfterData => return session,
                    Mode::AnswerMessage(code) => say(&format!("{code} answered")),
                    _ => say("250 taken"),
                }
            }
            "QUIT" => {
                say("221 bye");
                return session;
            }
            _ => say("250 fine"),
        }
    }
    session
}

fn read_message(lines: &mut impl BufRead) -> String {
    let mut message = String::new();
    while let Some(line) = next_line(lines).filter(|line| line != ".") {
        message += line.strip_prefix('.').unwrap_or(&line);
        message += "\r\n";
    }
    message
}

/// A line without its end. `None`: the client has gone.
fn next_line(lines: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    lines.read_line(&mut line).ok().filter(|&bytes| bytes > 0)?;
    Some(line.trim_end_matches("\r\n").to_owned())
}
