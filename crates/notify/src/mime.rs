//! A message in the form in which mail travels (RFC 5322, MIME).

use std::time::SystemTime;

use lettre::{
    Message as Mail,
    message::{
        Attachment, Body, Mailbox, MultiPart, SinglePart,
        header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue},
    },
};

use crate::{CalendarFile, EmailAddress, Message};

/// The message cannot be written as a mail: its subject or the sender's name holds control characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

/// `message` as a mail from `sender`. The same message makes the same bytes each time.
///
/// The calendar file is in it twice: as an alternative to the words, which is where calendar-minded mail programs
/// look for a request, and as an attachment for all the others.
pub(crate) fn encode(message: &Message, sender: &EmailAddress, sender_name: &str) -> Result<Mail, Malformed> {
    if [&message.subject, sender_name].iter().any(|text| text.chars().any(breaks_header)) {
        return Err(Malformed);
    }
    let mailbox = |name: Option<&str>, address: &EmailAddress| {
        let address = address.to_lettre().map_err(|_| Malformed)?;
        Ok(Mailbox::new(name.map(str::to_owned), address))
    };
    let auto_submitted = HeaderName::new_from_ascii_str("Auto-Submitted");
    Mail::builder()
        .from(mailbox(Some(sender_name).filter(|name| !name.is_empty()), sender)?)
        .to(mailbox(None, &message.to)?)
        .reply_to(mailbox(None, &message.reply_to)?)
        .subject(&message.subject)
        .date(SystemTime::from(message.at))
        .message_id(Some(format!("<{}@{}>", message.id, sender.domain())))
        // Keeps other machines from answering (RFC 3834).
        .raw_header(HeaderValue::new(auto_submitted, "auto-generated".to_owned()))
        .multipart(parts(message)?)
        .map_err(|_| Malformed)
}

/// The parts of the mail. Their boundaries come from the message's id, which no text in it knows.
fn parts(message: &Message) -> Result<MultiPart, Malformed> {
    let boundary = |part: &str| format!("{part}-{}", message.id);
    let words = MultiPart::alternative()
        .boundary(boundary("words"))
        .singlepart(SinglePart::plain(message.text.clone()))
        .singlepart(SinglePart::html(message.html.clone()));
    let Some(file) = &message.calendar else { return Ok(words) };
    let (invitation, attachment) = calendar_parts(file)?;
    Ok(MultiPart::mixed()
        .boundary(boundary("whole"))
        .multipart(words.singlepart(invitation))
        .singlepart(attachment))
}

/// The calendar file as an alternative and as an attachment, in base 64, so that no server touches its line ends.
fn calendar_parts(file: &CalendarFile) -> Result<(SinglePart, SinglePart), Malformed> {
    let media_type = |text: &str| ContentType::parse(text).map_err(|_| Malformed);
    let bytes = || {
        Body::new_with_encoding(file.ics.clone().into_bytes(), ContentTransferEncoding::Base64)
            .map_err(|_| Malformed)
    };
    let kind = format!("text/calendar; charset=utf-8; method={}", file.method.word());
    let invitation = SinglePart::builder().content_type(media_type(&kind)?).body(bytes()?);
    let attachment =
        Attachment::new("appointment.ics".to_owned()).body(bytes()?, media_type("application/ics")?);
    Ok((invitation, attachment))
}

/// Whether `c` could end a header, or is taken for a line break by some program that shows one.
fn breaks_header(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}
