//! Which text of the treatment protocol a clinician has signed off.

use jiff::Timestamp;
use vocab::StaffId;

/// A clinician has signed off a text of the protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProtocolSignOff {
    /// SHA-256 of the text, in hexadecimal.
    pub protocol_sha256: String,
    /// Who.
    pub staff_id: StaffId,
    /// Their name as it was then.
    pub signed_name: String,
    /// When.
    pub signed_at: Timestamp,
}
