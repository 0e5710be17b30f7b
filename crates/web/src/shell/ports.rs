//! What the shell needs from outside: time, chance, a place for log lines, and who holds a session.
//!
//! All of them are parameters, so that a test moves the clock and a seed reproduces a run.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use vocab::{AppointmentId, ClinicId, SessionId, StaffId};

use super::access::Access;

/// A failure of disk, database or network. Its text is logged, never shown, and must hold no personal data.
pub type Fault = Arc<dyn std::error::Error + Send + Sync>;

/// The time of day and a clock that never jumps.
pub trait Clock: Send + Sync + 'static {
    /// The instant, for log lines, tokens and pages.
    fn now(&self) -> Timestamp;
    /// Time since some fixed moment; never goes back. Limits and durations use it.
    fn monotonic(&self) -> Duration;
}

/// A source of unguessable bytes.
pub trait Random: Send + Sync + 'static {
    /// Fills `bytes` completely.
    fn fill(&self, bytes: &mut [u8]);
}

/// Where log lines go. An implementation neither blocks nor fails: a full disk must not stop a booking.
pub trait Log: Send + Sync + 'static {
    /// Takes one line without its line end.
    fn line(&self, line: String);
}

/// The SHA-256 of a secret somebody holds in a cookie or a link. Only this is stored and compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash(pub [u8; 32]);

impl TokenHash {
    /// The hash of a secret as it was received.
    pub fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret.as_bytes()).into())
    }
}

/// A member of staff with a live session whose account is confirmed and not disabled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffActor {
    /// Who.
    pub staff_id: StaffId,
    /// In which clinic.
    pub clinic_id: ClinicId,
    /// By which session.
    pub session_id: SessionId,
    /// The roles held now, read for this very request.
    pub roles: Access,
}

/// Somebody who holds the secret link of an appointment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkHolder {
    /// The appointment the link was made for.
    pub appointment_id: AppointmentId,
    /// Its clinic.
    pub clinic_id: ClinicId,
}

/// Who holds a session. Asked anew on each request, so that a changed role acts on the very next one.
///
/// Both calls may touch the database; the shell runs them among the blocking work.
pub trait Sessions: Send + Sync + 'static {
    /// The member of staff behind a session token; `None` for an unknown or ended session and for an account that
    /// is pending, disabled or without a role.
    fn staff(&self, token: &TokenHash) -> Result<Option<StaffActor>, Fault>;
    /// The holder of an appointment's secret link; `None` when it is unknown or has run out.
    fn link(&self, token: &TokenHash) -> Result<Option<LinkHolder>, Fault>;
}
