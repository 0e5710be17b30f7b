//! Texts of the treatment protocol, kept once by their SHA-256, and who signed them off.

use crate::{StoreError, Tx};
use record::ProtocolSignOff;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use vocab::ClinicId;

/// Keeps the text, if it is not kept already; its SHA-256 in hexadecimal.
pub fn keep_text(tx: &mut Tx<'_>, clinic: ClinicId, content: &[u8]) -> Result<String, StoreError> {
    let mut sha256 = String::with_capacity(64);
    for byte in Sha256::digest(content) {
        write!(sha256, "{byte:02x}").expect("a String takes what is written");
    }
    tx.execute(
        "INSERT INTO protocol_text (clinic_id, protocol_sha256, content) VALUES ($1, $2, $3)
         ON CONFLICT DO NOTHING",
        &[clinic.into(), sha256.as_str().into(), content.into()],
    )?;
    Ok(sha256)
}

/// The text with this SHA-256.
pub fn text(tx: &mut Tx<'_>, clinic: ClinicId, sha256: &str) -> Result<Option<Vec<u8>>, StoreError> {
    tx.query_one(
        "SELECT content FROM protocol_text WHERE clinic_id = $1 AND protocol_sha256 = $2",
        &[clinic.into(), sha256.into()],
        |row| row.bytes(0),
    )
}

/// Writes that a clinician has signed off a kept text; `Duplicate` if the same person has already.
pub fn sign_off(tx: &mut Tx<'_>, clinic: ClinicId, sign_off: &ProtocolSignOff) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO protocol_sign_off (clinic_id, protocol_sha256, staff_id, signed_name, signed_at)
         VALUES ($1, $2, $3, $4, $5)",
        &[
            clinic.into(),
            (&sign_off.protocol_sha256).into(),
            sign_off.staff_id.into(),
            (&sign_off.signed_name).into(),
            sign_off.signed_at.into(),
        ],
    )?;
    Ok(())
}

/// Who has signed off this text, earliest first; 100 at most.
pub fn sign_offs(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    sha256: &str,
) -> Result<Vec<ProtocolSignOff>, StoreError> {
    tx.query(
        "SELECT staff_id, signed_name, signed_at FROM protocol_sign_off
         WHERE clinic_id = $1 AND protocol_sha256 = $2 ORDER BY signed_at, staff_id LIMIT 100",
        &[clinic.into(), sha256.into()],
        |row| {
            Ok(ProtocolSignOff {
                protocol_sha256: sha256.to_owned(),
                staff_id: row.read(0, "protocol_sign_off.staff_id")?,
                signed_name: row.text(1)?,
                signed_at: row.instant(2, "protocol_sign_off.signed_at")?,
            })
        },
    )
}
