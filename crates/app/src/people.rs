//! What people type about themselves, read once.

use jiff::civil::Date;
use notify::EmailAddress;

use crate::FormErrors;

/// The longest name, in letters.
pub const NAME_LETTERS_MAX: usize = 100;
/// The longest telephone number, in letters.
pub const PHONE_LETTERS_MAX: usize = 30;
/// The longest free text, in letters.
pub const TEXT_LETTERS_MAX: usize = 4_000;

/// How to reach somebody: by mail, by telephone, or both.
#[derive(Clone, PartialEq, Eq)]
pub struct Contact {
    /// As they write it; 1 to 100 letters without control characters.
    pub name: String,
    /// Where messages go. Whoever rings the desk may have none; a form of the public pages always asks for one.
    pub email: Option<EmailAddress>,
    /// As they write it, or empty.
    pub phone: String,
}

impl std::fmt::Debug for Contact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Contact(not shown)")
    }
}

impl Contact {
    /// Reads the three fields `name`, `email` and `phone`; everything wrong is noted in `errors`.
    pub fn parse(name: &str, email: &str, phone: &str, errors: &mut FormErrors) -> Option<Self> {
        let name = parse_name(name, errors);
        let email = email.trim().parse::<EmailAddress>();
        if email.is_err() {
            errors.add("email", EMAIL_NEEDED);
        }
        let phone = parse_phone(phone, errors);
        Some(Self { name: name?, email: Some(email.ok()?), phone: phone? })
    }

    /// Reads the same fields as the desk fills them in: a telephone number or an e-mail address is enough.
    pub fn parse_at_desk(name: &str, email: &str, phone: &str, errors: &mut FormErrors) -> Option<Self> {
        let name = parse_name(name, errors);
        let parsed_phone = parse_phone(phone, errors);
        let email = match email.trim() {
            "" => None,
            email => {
                let parsed = email.parse::<EmailAddress>().ok();
                if parsed.is_none() {
                    errors.add(
                        "email",
                        "Write an e-mail address such as name@example.org, or leave this empty.",
                    );
                }
                Some(parsed?)
            }
        };
        if email.is_none() && phone.trim().is_empty() {
            errors.add("phone", "Write a telephone number or an e-mail address: one of them is needed.");
            return None;
        }
        Some(Self { name: name?, email, phone: parsed_phone? })
    }

    /// Where messages go, for what cannot be had without.
    pub(crate) fn address(&self) -> Result<&EmailAddress, FormErrors> {
        self.email.as_ref().ok_or_else(|| {
            let mut errors = FormErrors::default();
            errors.add("email", EMAIL_NEEDED);
            errors
        })
    }
}

const EMAIL_NEEDED: &str = "Write an e-mail address such as name@example.org.";

fn parse_name(name: &str, errors: &mut FormErrors) -> Option<String> {
    let name = parse_line(name, NAME_LETTERS_MAX);
    match &name {
        None => errors.add("name", "Write your name on one line, in at most 100 letters."),
        Some(name) if name.is_empty() => errors.add("name", "Write your name."),
        Some(_) => {}
    }
    name.filter(|name| !name.is_empty())
}

/// A telephone number as it was written, or nothing.
fn parse_phone(phone: &str, errors: &mut FormErrors) -> Option<String> {
    let phone = parse_line(phone, PHONE_LETTERS_MAX).filter(|phone| {
        let digits = phone.chars().filter(char::is_ascii_digit).count();
        let plain = phone.chars().all(|letter| letter.is_ascii_digit() || " +-()/.".contains(letter));
        phone.is_empty() || plain && (5..=20).contains(&digits)
    });
    if phone.is_none() {
        errors.add("phone", "Write a telephone number such as 020 7946 0000, or leave this empty.");
    }
    phone
}

/// One line without control characters, trimmed; `None` if it is longer than `letters_max` or holds any. What nobody can
/// see is no text: of such letters alone nothing is left.
pub fn parse_line(text: &str, letters_max: usize) -> Option<String> {
    let text = seen(text);
    let fits = text.chars().count() <= letters_max && !text.chars().any(char::is_control);
    fits.then_some(text)
}

/// The text without blanks around it, and without the signs that turn the direction of what stands beside them: with one
/// a name could show another. Empty if nothing in it can be seen.
fn seen(text: &str) -> String {
    let is_turning = |letter: char| matches!(letter, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let text: String = text.chars().filter(|letter| !is_turning(*letter)).collect();
    if text.chars().all(is_unseen) { String::new() } else { text.trim().to_owned() }
}

/// Whether a letter leaves nothing on the page: blanks, joiners, fillers and marks of format. Control characters do not
/// count here: they are refused.
fn is_unseen(letter: char) -> bool {
    let is_blank = letter.is_whitespace() && !letter.is_control();
    is_blank
        || matches!(letter,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{2800}' | '\u{3164}'
            | '\u{FEFF}' | '\u{FFA0}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}'
            | '\u{FFF0}'..='\u{FFFB}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Several lines: line ends and tabs are welcome, other control characters are not.
pub fn parse_text(text: &str) -> Option<String> {
    let text = seen(text).replace("\r\n", "\n");
    let plain = text.chars().all(|letter| !letter.is_control() || matches!(letter, '\n' | '\t'));
    (plain && text.chars().count() <= TEXT_LETTERS_MAX).then_some(text)
}

/// A birth date from its three boxes; noted in `errors` under `birth_on` if it is none, in the future or more than
/// 120 years ago.
pub fn parse_birth_date(
    day: &str,
    month: &str,
    year: &str,
    today: Date,
    errors: &mut FormErrors,
) -> Option<Date> {
    let numbers = (|| {
        let (day, month): (i8, i8) = (day.trim().parse().ok()?, month.trim().parse().ok()?);
        Some((day, month, year.trim().parse::<i16>().ok()?))
    })();
    let Some((day, month, year)) = numbers else {
        errors.add("birth_on", "Write your date of birth as day, month and year, such as 27 3 1990.");
        return None;
    };
    let date = Date::new(year, month, day).ok();
    if date.is_none() && (1..=12).contains(&month) {
        errors.add("birth_on", "There is no such day in that month: check day and month.");
    } else if date.is_none() {
        errors.add("birth_on", "The month is a number from 1 to 12: check the month.");
    }
    // A year that cannot be is told beside a day that cannot be, so that both are mended at once.
    if date.map_or(year > today.year(), |date| date > today) {
        errors.add("birth_on", "Your date of birth lies in the future: check the year.");
    } else if i32::from(year) < i32::from(today.year()) - 120 {
        errors.add("birth_on", "Your date of birth is more than 120 years ago: check the year.");
    } else {
        return date;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn fields(name: &str, email: &str, phone: &str) -> Vec<&'static str> {
        let mut errors = FormErrors::default();
        let contact = Contact::parse(name, email, phone, &mut errors);
        assert_eq!(contact.is_some(), errors.is_empty());
        errors.iter().map(|(field, _)| field).collect()
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        assert_eq!(fields("Ada Example", "ada@example.org", ""), [""; 0]);
        assert_eq!(fields("Ada Example", "ada@example.org", "+44 (0)20 7946 0000"), [""; 0]);
        assert_eq!(fields(" ", "ada", "call me"), ["name", "email", "phone"]);
        assert_eq!(fields("a\nb", "ada@example.org", "1234"), ["name", "phone"]);
        assert_eq!(fields(&"ä".repeat(100), "ada@example.org", ""), [""; 0]);
        assert_eq!(fields(&"ä".repeat(101), "ada@example.org", ""), ["name"]);
    }

    #[test]
    fn what_nobody_can_see_is_no_text() {
        for unseen in
            ["", " ", "\u{200B}", "\u{FEFF}\u{FEFF}", "\u{3164}", "\u{200D} \u{2060}", "\u{202E}", "\u{2800}"]
        {
            assert_eq!(parse_line(unseen, 100).as_deref(), Some(""), "{unseen:?}");
            assert_eq!(parse_text(unseen).as_deref(), Some(""), "{unseen:?}");
            assert_eq!(fields(unseen, "ada@example.org", ""), ["name"], "{unseen:?}");
        }
        let line = |text| parse_line(text, 100);
        assert_eq!(
            line("Ada \u{202E}elpmaxE\u{202C}").as_deref(),
            Some("Ada elpmaxE"),
            "a name is read as it is kept"
        );
        assert_eq!(line("\u{2067}\u{5D0}\u{5D3}\u{5D4}\u{2069}").as_deref(), Some("\u{5D0}\u{5D3}\u{5D4}"));
        let joined = "\u{646}\u{6CC}\u{6A9}\u{200C}\u{6CC}";
        assert_eq!(line(joined).as_deref(), Some(joined), "joiners inside a name are part of it");
        assert_eq!(line("a\u{7}b"), None);
        assert_eq!(line("\u{7}"), None);
    }

    #[test]
    fn at_the_desk_one_way_to_reach_somebody_is_enough() {
        for (email, phone, expected) in [
            ("", "020 7946 0000", &[][..]),
            ("ada@example.org", "", &[]),
            ("", "", &["phone"]),
            ("ada", "020 7946 0000", &["email"]),
            ("ada", "", &["email"]),
            ("", "call me", &["phone"]),
            ("ada@example.org", "1234", &["phone"]),
        ] {
            let mut errors = FormErrors::default();
            let contact = Contact::parse_at_desk("Ada Example", email, phone, &mut errors);
            assert_eq!(contact.is_some(), errors.is_empty(), "{email} {phone}");
            assert_eq!(
                errors.iter().map(|(field, _)| field).collect::<Vec<_>>(),
                expected,
                "{email} {phone}"
            );
        }
    }

    #[test]
    fn birth_dates_lie_in_the_last_120_years() {
        let today = date(2026, 11, 23);
        for (day, month, year, good) in [
            ("23", "11", "2026", true),
            ("24", "11", "2026", false),
            ("1", "1", "1906", true),
            ("31", "12", "1905", false),
            ("30", "2", "1990", false),
            ("x", "2", "1990", false),
            ("1", "2", "90", false),
            ("-1", "2", "1990", false),
            ("29", "2", "2000", true),
        ] {
            let mut errors = FormErrors::default();
            let found = parse_birth_date(day, month, year, today, &mut errors);
            assert_eq!((found.is_some(), errors.is_empty()), (good, good), "{day} {month} {year}");
        }
    }

    #[test]
    fn a_birth_date_that_cannot_be_says_which_part_of_it() {
        let today = date(2026, 11, 23);
        for (day, month, year, said) in [
            ("31", "2", "1990", &["no such day in that month"][..]),
            ("31", "2", "2090", &["no such day in that month", "lies in the future"]),
            ("2", "13", "1990", &["a number from 1 to 12"]),
            ("24", "11", "2026", &["lies in the future"]),
            ("1", "2", "90", &["more than 120 years ago"]),
            ("", "2", "1990", &["as day, month and year"]),
            ("31", "2", "nineteen", &["as day, month and year"]),
        ] {
            let mut errors = FormErrors::default();
            parse_birth_date(day, month, year, today, &mut errors);
            let found: Vec<&str> = errors.iter().map(|(_, message)| message).collect();
            assert_eq!(found.len(), said.len(), "{day} {month} {year}: {found:?}");
            assert!(found.iter().zip(said).all(|(found, said)| found.contains(said)), "{found:?}");
        }
    }
}
