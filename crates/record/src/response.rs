//! The answers given to a self-check.

use crate::words::words;
use jiff::{Timestamp, civil::Date};
use vocab::{ConcernId, ResponseId, ZoneId};

words! {
    /// FHIR R4 `QuestionnaireResponse.status`, as far as we use it.
    ResponseState {
        /// Somebody is still answering.
        InProgress = "in-progress",
        /// All screens are answered.
        Completed = "completed",
    }
}

/// The answers given to a self-check (FHIR R4 `QuestionnaireResponse`), before anybody is a patient.
#[derive(Clone, PartialEq, Eq)]
pub struct QuestionnaireResponse {
    /// Its id.
    pub id: ResponseId,
    /// Which protocol asked: the SHA-256 of its text, in hexadecimal.
    pub protocol_sha256: String,
    /// Whether it is complete.
    pub state: ResponseState,
    /// Why they come.
    pub concern: Option<ConcernId>,
    /// Where, sorted.
    pub zones: Vec<ZoneId>,
    /// As they wrote it.
    pub birth_on: Option<Date>,
    /// The answers as JSON; only `app` knows their shape.
    pub answers: String,
    /// The outcome as a word of the protocol's; `None` while in progress.
    pub outcome: Option<String>,
    /// For the outcome `wait`: not before this date.
    pub until_on: Option<Date>,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it is forgotten, unless a visit refers to it.
    pub expires_at: Timestamp,
}

/// Tells no answers.
impl std::fmt::Debug for QuestionnaireResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "QuestionnaireResponse({}, {})", self.id, self.state)
    }
}
