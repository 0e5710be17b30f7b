//! The way out: one message over one SMTP connection, and a clear answer whether to try again.

use std::{fmt, io, net::IpAddr, time::Duration};

use lettre::transport::smtp::{
    self,
    authentication::{self, DEFAULT_MECHANISMS},
    client::{SmtpConnection, TlsParameters},
    commands::{Data, Mail, Rcpt},
    extension::ClientId,
};

use crate::{EmailAddress, Message, mime};

/// Where and how mail leaves.
#[derive(Clone)]
pub struct SmtpConfig {
    /// The mail server's name or IP address. With TLS its certificate must bear this name.
    pub host: String,
    /// Usually 587 for [`Security::StartTls`] and 465 for [`Security::Tls`].
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// The account on the mail server, if it wants one.
    pub credentials: Option<Credentials>,
    /// The address all messages come from.
    pub from: EmailAddress,
    /// The name shown with it, one line; empty for none.
    pub from_name: String,
    /// How long to wait for the connection, and then for each answer. 20 seconds is a good choice.
    pub timeout: Duration,
}

/// How the connection to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Starts in the clear and must switch to TLS before anything is said; a server that cannot is refused.
    StartTls,
    /// TLS from the first byte.
    Tls,
    /// None. Only for a server on this machine.
    None,
}

/// An account on the mail server. Has no debug output.
#[derive(Clone)]
pub struct Credentials {
    /// The account's name.
    pub user: String,
    /// Its password.
    pub password: String,
}

/// Why mail cannot be set up like this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfigError {
    /// [`Security::None`] with a server that is not on this machine.
    Unprotected,
    /// The host is neither a name nor an IP address.
    NotAHost,
    /// The port or the time-out is zero.
    Zero,
    /// The sender's name holds control characters.
    NotAName,
    /// TLS could not be prepared.
    Tls,
}

/// Why a message was not delivered, and whether it is worth another try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendError {
    /// Try again later, however often: see [`retry_after`](crate::retry_after). After a lost connection the message may
    /// have arrived all the same; its unchanged Message-ID lets mail programs show it once.
    Temporary(Reason),
    /// The server refuses this one recipient or this message: trying again will not help.
    Permanent(Reason),
}

impl SendError {
    /// Whether every other message would meet the same now: it lies in the set-up or on the way, not in the message.
    pub fn concerns_all(&self) -> bool {
        match self {
            Self::Temporary(reason) => !matches!(reason, Reason::Answered(_)),
            Self::Permanent(_) => false,
        }
    }

    /// The kind of failure in a word that stays the same, for the log.
    pub fn word(&self) -> &'static str {
        let (Self::Temporary(reason) | Self::Permanent(reason)) = self;
        match reason {
            Reason::Answered(500..) => "refused",
            Reason::Answered(_) => "put-off",
            Reason::NoServer => "no-server",
            Reason::SetUp => "set-up",
            Reason::Sender => "sender",
            Reason::Connection => "connection",
            Reason::TimedOut => "timed-out",
            Reason::Tls => "tls",
            Reason::Malformed => "malformed",
        }
    }
}

/// What went wrong. The server's own words are left out: they often repeat the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The server answered with this SMTP code to the recipient or the message.
    Answered(u16),
    /// No mail server is set up.
    NoServer,
    /// The server does not accept our account, or lacks what the set-up asks for (TLS, a way to sign in). The
    /// messages are fine, so they wait until somebody has mended the set-up.
    SetUp,
    /// The server does not let us write from our address, or to other servers' addresses. The messages wait as well.
    Sender,
    /// There is no server, it speaks no SMTP, or the connection broke.
    Connection,
    /// The server was silent for too long.
    TimedOut,
    /// The server is not who it should be, or speaks no TLS.
    Tls,
    /// The message has a control character where a header would break.
    Malformed,
}

/// Sends messages through one mail server, each over a connection of its own. Blocks: call it from a job, never
/// while somebody waits for a page.
pub struct SmtpSender {
    host: String,
    port: u16,
    security: Security,
    tls: TlsParameters,
    credentials: Option<authentication::Credentials>,
    hello: ClientId,
    timeout: Duration,
    from: EmailAddress,
    from_name: String,
}

/// How far a delivery has come: what a refusal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Greeting, encryption, account.
    Way,
    /// From whom.
    Sender,
    /// To whom.
    Recipient,
    /// What.
    Content,
}

impl SmtpSender {
    /// Prepares sending; connects to nothing.
    pub fn new(config: SmtpConfig) -> Result<Self, ConfigError> {
        let is_host = |b: u8| b.is_ascii_alphanumeric() || b"-.:_".contains(&b);
        if config.host.is_empty() || !config.host.bytes().all(is_host) {
            return Err(ConfigError::NotAHost);
        }
        if config.port == 0 || config.timeout.is_zero() {
            return Err(ConfigError::Zero);
        }
        if config.from_name.chars().any(char::is_control) {
            return Err(ConfigError::NotAName);
        }
        if config.security == Security::None && !is_this_machine(&config.host) {
            return Err(ConfigError::Unprotected);
        }
        let account =
            |Credentials { user, password }: Credentials| authentication::Credentials::new(user, password);
        Ok(Self {
            tls: TlsParameters::new(config.host.clone()).map_err(|_| ConfigError::Tls)?,
            hello: ClientId::Domain(config.from.domain().to_owned()),
            credentials: config.credentials.map(account),
            host: config.host,
            port: config.port,
            security: config.security,
            timeout: config.timeout,
            from: config.from,
            from_name: config.from_name,
        })
    }

    /// Delivers `message` to the mail server. `Ok` means that the server has taken it.
    pub fn send(&self, message: &Message) -> Result<(), SendError> {
        let mail = mime::encode(message, &self.from, &self.from_name)
            .map_err(|mime::Malformed| SendError::Permanent(Reason::Malformed))?;
        let mut server = self.connect().map_err(|error| classified(&error, Stage::Way))?;
        let mut stage = Stage::Sender;
        let delivered = deliver(&mut server, &mail, &mut stage);
        // Says goodbye too. The message is taken or not by now, whatever comes of that.
        server.abort();
        delivered.map_err(|error| classified(&error, stage))
    }

    /// A connection on which mail may be handed over.
    fn connect(&self) -> Result<SmtpConnection, smtp::Error> {
        let from_the_first_byte = (self.security == Security::Tls).then_some(&self.tls);
        let place = (self.host.as_str(), self.port);
        let mut server =
            SmtpConnection::connect(place, Some(self.timeout), &self.hello, from_the_first_byte, None)?;
        if self.security == Security::StartTls {
            server.starttls(&self.tls, &self.hello)?;
        }
        if let Some(account) = &self.credentials {
            server.auth(DEFAULT_MECHANISMS, account)?;
        }
        Ok(server)
    }
}

/// Hands a mail over, step by step. Its bytes are ASCII ([`mime`] sees to that), so nothing has to be asked for.
fn deliver(
    server: &mut SmtpConnection,
    mail: &lettre::Message,
    stage: &mut Stage,
) -> Result<(), smtp::Error> {
    let envelope = mail.envelope();
    server.command(Mail::new(envelope.from().cloned(), Vec::new()))?;
    *stage = Stage::Recipient;
    for to in envelope.to() {
        server.command(Rcpt::new(to.clone(), Vec::new()))?;
    }
    *stage = Stage::Content;
    server.command(Data)?;
    server.message(&mail.formatted())?;
    Ok(())
}

impl fmt::Debug for SmtpSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpSender").finish_non_exhaustive()
    }
}

/// Whether `host` is a loopback address, or the name that stands for one.
fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether trying again may help. Only an answer of the 5xx class about this recipient or this message is final.
fn classified(error: &smtp::Error, stage: Stage) -> SendError {
    if let Some(code) = error.status().map(u16::from) {
        return match (code, stage) {
            // Answers about the account, not about the message (RFC 4954, section 6).
            (530 | 534 | 535 | 538, _) | (500.., Stage::Way) => SendError::Temporary(Reason::SetUp),
            (500.., Stage::Sender) => SendError::Temporary(Reason::Sender),
            // A server that passes nothing on for us says so at the first recipient, and means every one.
            (500.., Stage::Recipient) if speaks_of_relaying(error) => SendError::Temporary(Reason::Sender),
            (500.., _) => SendError::Permanent(Reason::Answered(code)),
            _ => SendError::Temporary(Reason::Answered(code)),
        };
    }
    SendError::Temporary(match io_cause(error) {
        // A read that waited too long "would block" on Unix.
        Some(io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock) => Reason::TimedOut,
        // What a failed TLS handshake leaves behind.
        Some(io::ErrorKind::InvalidData) => Reason::Tls,
        _ if error.is_tls() => Reason::Tls,
        _ if error.is_client() => Reason::SetUp,
        _ => Reason::Connection,
    })
}

fn speaks_of_relaying(error: &smtp::Error) -> bool {
    std::error::Error::source(error)
        .is_some_and(|answer| answer.to_string().to_ascii_lowercase().contains("relay"))
}

/// The kind of input or output error behind `error`, if there is one.
fn io_cause(error: &smtp::Error) -> Option<io::ErrorKind> {
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        if let Some(inner) = inner.downcast_ref::<io::Error>() {
            return Some(inner.kind());
        }
        cause = inner.source();
    }
    None
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unprotected => {
                "mail without TLS is for a server on this machine only: use STARTTLS or TLS, or the host 127.0.0.1"
            }
            Self::NotAHost => "the mail server must be a host name or an IP address, such as mail.clinic.example",
            Self::Zero => "the mail server's port and the time-out must not be zero",
            Self::NotAName => "the sender's name must be one line without control characters",
            Self::Tls => "TLS could not be prepared for this mail server: check its host name",
        })
    }
}

impl std::error::Error for ConfigError {}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Temporary(reason) => write!(f, "not delivered for now: {reason}"),
            Self::Permanent(reason) => write!(f, "not delivered: {reason}"),
        }
    }
}

impl std::error::Error for SendError {}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered(code @ 500..) => {
                write!(f, "the mail server refuses this address or this message ({code})")
            }
            Self::Answered(code) => write!(f, "the mail server wants to be asked again later ({code})"),
            Self::NoServer => f.write_str("no mail server is set up"),
            Self::SetUp => {
                f.write_str("the mail server refuses our account or lacks TLS; check the mail settings")
            }
            Self::Sender => {
                f.write_str("the mail server does not take mail from our address; check the mail settings")
            }
            Self::Connection => {
                f.write_str("no connection to a mail server, or it broke; check the host and the port")
            }
            Self::TimedOut => f.write_str("the mail server did not answer in time"),
            Self::Tls => f.write_str("the mail server's TLS or its certificate is not accepted"),
            Self::Malformed => f.write_str("the message holds control characters in a header"),
        }
    }
}
