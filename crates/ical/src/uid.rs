//! The name an event keeps for life, so that a calendar program replaces it instead of adding another.

use std::fmt;

use vocab::AppointmentId;

use crate::CalendarError;

/// A globally unique name of an event: the appointment's id, an `@`, and a domain that stays the same even
/// when the clinic changes its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid {
    id: String,
    domain: String,
}

impl Uid {
    /// The name of an appointment. `domain` is fixed per installation: letters, digits, `-` and `.`.
    pub fn new(appointment: AppointmentId, domain: &str) -> Result<Self, CalendarError> {
        let is_domain = (1..=253).contains(&domain.len())
            && domain.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
        if !is_domain {
            return Err(CalendarError::NotADomain);
        }
        Ok(Self { id: appointment.to_string(), domain: domain.to_owned() })
    }

    /// The name of the `number`-th step that belongs to this appointment, for example of its preparation plan.
    pub fn step(&self, number: u32) -> Self {
        Self { id: format!("{}-{number}", self.id), domain: self.domain.clone() }
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.id, self.domain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_domain_follows_the_id() {
        let appointment = AppointmentId::from_bits(7);
        for (domain, accepted) in [
            ("clinic.example", true),
            ("localhost", true),
            ("", false),
            ("clinic example", false),
            ("clinic.example\r\nATTENDEE:x", false),
            ("clinic@example", false),
            (&"a".repeat(253), true),
            (&"a".repeat(254), false),
        ] {
            assert_eq!(Uid::new(appointment, domain).is_ok(), accepted, "{domain:?}");
        }
        let uid = Uid::new(appointment, "clinic.example").unwrap();
        assert_eq!(uid.to_string(), "00000000000000000000000007@clinic.example");
        assert_eq!(uid.step(3).to_string(), "00000000000000000000000007-3@clinic.example");
    }
}
