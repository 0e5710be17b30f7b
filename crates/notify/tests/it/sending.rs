//! Sending to a server on this machine, well and badly behaved.

use std::{net::TcpListener, time::Duration};

use notify::{
    ConfigError, Credentials, Message, Reason, Security, SendError, SmtpConfig, SmtpSender, compose,
};

use crate::{
    letters::{booked, letter, message, messages},
    sink::{Mode, Session, start},
};

fn config(port: u16) -> SmtpConfig {
    SmtpConfig {
        host: "127.0.0.1".to_owned(),
        port,
        security: Security::None,
        credentials: None,
        from: "no-reply@clinic.example".parse().unwrap(),
        from_name: "Harbour Clinic".to_owned(),
        timeout: Duration::from_secs(20),
    }
}

fn send(message: &Message, mode: Mode) -> (Result<(), SendError>, Session) {
    let (port, server) = start(mode);
    let result = SmtpSender::new(config(port)).unwrap().send(message);
    (result, server.join().unwrap())
}

/// The header fields of a mail, unfolded.
fn headers(mail: &str) -> Vec<(String, String)> {
    let head = mail.split("\r\n\r\n").next().unwrap().replace("\r\n ", " ").replace("\r\n\t", " ");
    let field = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("not a header: {line}"));
        (name.to_owned(), value.to_owned())
    };
    head.split("\r\n").map(field).collect()
}

fn names(mail: &str) -> Vec<String> {
    let mut names: Vec<String> = headers(mail).into_iter().map(|(name, _)| name).collect();
    names.sort();
    names
}

const EXPECTED_HEADERS: [&str; 9] = [
    "Auto-Submitted",
    "Content-Type",
    "Date",
    "From",
    "MIME-Version",
    "Message-ID",
    "Reply-To",
    "Subject",
    "To",
];

#[test]
fn every_message_arrives_at_one_recipient() {
    for (name, message) in messages() {
        let (result, session) = send(&message, Mode::Accept);
        assert_eq!(result, Ok(()), "{name}");
        assert_eq!(session.recipients(), ["<robin@patient.example>"], "{name}");
        assert_eq!(names(&session.message), EXPECTED_HEADERS, "{name}");
        assert!(session.message.is_ascii(), "{name}: no extension of SMTP is asked for");
        let headers = headers(&session.message);
        let value = |name: &str| headers.iter().find(|(known, _)| known == name).unwrap().1.as_str();
        assert_eq!(value("Subject"), message.subject);
        assert_eq!(value("To"), "robin@patient.example");
        assert_eq!(value("Reply-To"), "desk@clinic.example");
        assert_eq!(value("From"), "\"Harbour Clinic\" <no-reply@clinic.example>");
        assert_eq!(value("Date"), "Mon, 02 Nov 2026 14:05:00 +0000");
        assert_eq!(value("Message-ID"), "<0000000000000000000000002d@clinic.example>");
    }
}

#[test]
fn the_same_message_is_the_same_mail_each_time() {
    let mail = || send(&message("moved"), Mode::Accept).1.message;
    assert_eq!(mail(), mail());
}

#[test]
fn the_calendar_file_arrives_byte_for_byte() {
    for (name, method) in [("booked", "REQUEST"), ("moved", "REQUEST"), ("cancelled", "CANCEL")] {
        let message = message(name);
        let mail = send(&message, Mode::Accept).1.message;
        let ics = &message.calendar.as_ref().unwrap().ics;
        let kind = format!("text/calendar; charset=utf-8; method={method}");
        for media_type in [kind.as_str(), "application/ics"] {
            let part = mail
                .split("\r\n--")
                .find(|part| part.contains(&format!("Content-Type: {media_type}\r\n")))
                .unwrap_or_else(|| panic!("{name}: no {media_type} in {mail}"));
            let encoded = part.split_once("\r\n\r\n").unwrap().1;
            assert_eq!(&decoded(encoded), ics, "{name} {media_type}");
        }
        assert!(mail.contains("filename=\"appointment.ics\""), "{mail}");
    }
}

#[test]
fn answers_tell_whether_to_try_again() {
    use {Reason::*, SendError::*};
    for (mode, expected) in [
        (Mode::Answer("MAIL", 451), Temporary(Answered(451))),
        (Mode::Answer("RCPT", 450), Temporary(Answered(450))),
        (Mode::Answer("RCPT", 550), Permanent(Answered(550))),
        (Mode::Answer("DATA", 421), Temporary(Answered(421))),
        (Mode::Answer("EHLO", 554), Temporary(SetUp)),
        (Mode::Answer("MAIL", 550), Temporary(Sender)),
        (Mode::Refuse("RCPT", 554, "5.7.1 <robin@patient.example>: Relay access denied"), Temporary(Sender)),
        (Mode::Refuse("RCPT", 550, "5.1.1 <robin@patient.example>: no such user"), Permanent(Answered(550))),
        (Mode::Answer("MAIL", 530), Temporary(SetUp)),
        (Mode::AnswerMessage(451), Temporary(Answered(451))),
        (Mode::AnswerMessage(552), Permanent(Answered(552))),
        (Mode::DropAfterData, Temporary(Connection)),
        (Mode::NoSmtp, Temporary(Connection)),
    ] {
        let (result, _) = send(&message("booked"), mode);
        assert_eq!(result, Err(expected), "{mode:?}");
        assert!(!expected.to_string().contains("robin"), "{expected}");
        let is_about_one = matches!(expected, Permanent(_) | Temporary(Answered(_)));
        assert_eq!(expected.concerns_all(), !is_about_one, "{mode:?}");
    }
}

#[test]
fn a_silent_server_is_left() {
    let (port, server) = start(Mode::Silent);
    let sender = SmtpSender::new(SmtpConfig { timeout: Duration::from_millis(200), ..config(port) }).unwrap();
    assert_eq!(sender.send(&message("booked")), Err(SendError::Temporary(Reason::TimedOut)));
    assert_eq!(server.join().unwrap().recipients(), Vec::<&str>::new());
}

#[test]
fn a_server_that_is_not_there_is_tried_again() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let sender = SmtpSender::new(config(port)).unwrap();
    assert_eq!(sender.send(&message("booked")), Err(SendError::Temporary(Reason::Connection)));
}

#[test]
fn without_tls_nothing_is_said_where_tls_is_wanted() {
    for (security, expected) in [(Security::StartTls, Reason::SetUp), (Security::Tls, Reason::Tls)] {
        let (port, server) = start(Mode::Accept);
        let credentials = Credentials { user: "clinic".to_owned(), password: "open sesame".to_owned() };
        let config = SmtpConfig { security, credentials: Some(credentials), ..config(port) };
        let result = SmtpSender::new(config).unwrap().send(&message("booked"));
        assert_eq!(result, Err(SendError::Temporary(expected)), "{security:?}");
        let session = server.join().unwrap();
        assert_eq!(session.message, "");
        let said = |word: &str| session.commands.iter().any(|line| line.starts_with(word));
        assert!(!said("AUTH") && !said("MAIL") && !said("RCPT"), "{session:?}");
    }
}

#[test]
fn the_account_is_used_and_its_refusal_keeps_the_message() {
    for (mode, expected) in
        [(Mode::Accept, Ok(())), (Mode::Answer("AUTH", 535), Err(SendError::Temporary(Reason::SetUp)))]
    {
        let (port, server) = start(mode);
        let credentials = Credentials { user: "clinic".to_owned(), password: "open sesame".to_owned() };
        let config = SmtpConfig { credentials: Some(credentials), ..config(port) };
        assert_eq!(SmtpSender::new(config).unwrap().send(&message("booked")), expected);
        let session = server.join().unwrap();
        // base 64 of "\0clinic\0open sesame"
        assert!(
            session.commands.contains(&"AUTH PLAIN AGNsaW5pYwBvcGVuIHNlc2FtZQ==".to_owned()),
            "{session:?}"
        );
    }
}

#[test]
fn nothing_injects_a_header_or_a_recipient() {
    let attack = "Clinic\r\nBcc: x@y.example\r\n.\r\nRCPT TO:<x@y.example>\r\n\u{2028}\u{e9}\0";
    let mut letter = letter(booked());
    letter.clinic.name = attack.to_owned();
    letter.clinic.address = format!("{attack}\r\n.\r\nMAIL FROM:<x@y.example>\r\n");
    letter.clinic.telephone = format!("{attack}{}", "x".repeat(2_000));
    let (message, losses) = compose(&letter);
    assert_eq!(losses, []);
    let (result, session) = send(&message, Mode::Accept);
    assert_eq!(result, Ok(()));
    assert_eq!(session.recipients(), ["<robin@patient.example>"]);
    assert_eq!(names(&session.message), EXPECTED_HEADERS);
    let commands: Vec<&str> =
        session.commands.iter().map(|line| line.split([' ', ':']).next().unwrap()).collect();
    assert_eq!(commands, ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]);
    assert!(session.message.lines().all(|line| line.len() <= 998), "a line is longer than RFC 5322 allows");
}

#[test]
fn subjects_with_control_characters_are_refused() {
    // Nobody listens: a message that gets as far as a connection fails in another way.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let sender = SmtpSender::new(config(port)).unwrap();
    for subject in ["a\r\nBcc: x@y.example", "a\nb", "a\rb", "a\0b", "a\tb", "a\u{85}b", "a\u{2028}b"] {
        let message = Message { subject: subject.to_owned(), ..message("booked") };
        assert_eq!(sender.send(&message), Err(SendError::Permanent(Reason::Malformed)), "{subject:?}");
    }
}

#[test]
fn set_ups_that_cannot_be_right_are_refused() {
    let with = |change: fn(&mut SmtpConfig)| {
        let mut config = config(25);
        change(&mut config);
        SmtpSender::new(config).err()
    };
    type Change = fn(&mut SmtpConfig);
    let cases: [(Option<ConfigError>, Change); 12] = [
        (None, |_| ()),
        (None, |config| config.host = "::1".to_owned()),
        (None, |config| config.host = "localhost".to_owned()),
        (None, |config| {
            (config.host, config.security) = ("mail.clinic.example".to_owned(), Security::StartTls)
        }),
        (None, |config| (config.host, config.security) = ("mail.clinic.example".to_owned(), Security::Tls)),
        (Some(ConfigError::Unprotected), |config| config.host = "mail.clinic.example".to_owned()),
        (Some(ConfigError::Unprotected), |config| config.host = "10.0.0.1".to_owned()),
        (Some(ConfigError::NotAHost), |config| config.host = String::new()),
        (Some(ConfigError::NotAHost), |config| config.host = "127.0.0.1\r\n".to_owned()),
        (Some(ConfigError::Zero), |config| config.port = 0),
        (Some(ConfigError::Zero), |config| config.timeout = Duration::ZERO),
        (Some(ConfigError::NotAName), |config| config.from_name = "Clinic\r\nBcc: x@y.example".to_owned()),
    ];
    for (place, (expected, change)) in cases.into_iter().enumerate() {
        assert_eq!(with(change), expected, "case {place}");
    }
}

/// The text behind base 64.
fn decoded(encoded: &str) -> String {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for letter in encoded.bytes().filter(|b| !b.is_ascii_whitespace() && *b != b'=') {
        let six = letters.iter().position(|known| *known == letter).expect("base 64");
        (bits, held) = (bits << 6 | six as u32, held + 6);
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    String::from_utf8(bytes).unwrap()
}
