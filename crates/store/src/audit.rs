//! The audit trail: it only grows, and each event carries the hash of all before it.
//!
//! The database's own triggers refuse changes; who can take the triggers away can change rows, but not so that
//! [`verify`] does not find it. Who can also write a new chain with a new head is found only by comparing the head
//! with one kept elsewhere: [`head`] gives it, for a backup or a mail.

use crate::{Row, StoreError, Tx};
use jiff::Timestamp;
use record::{Actor, ActorKind, AuditEvent, NewAuditEvent};
use sha2::{Digest, Sha256};
use vocab::ClinicId;

/// So many events are loaded at a time.
const PAGE: i64 = 1_000;

/// Where a chain ends. Written as number and hash, `857:ab12…`, it can be kept elsewhere and compared with later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The number of the last event; 0 if there is none.
    pub seq: i64,
    /// Its hash; all zero if there is none.
    pub hash: [u8; 32],
}

impl std::fmt::Display for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:", self.seq)?;
        self.hash.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::str::FromStr for Head {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let said = "write number and hash as `audit verify` prints them: 857: and 64 letters and digits";
        let (seq, hex) = text.trim().split_once(':').ok_or(said)?;
        let seq = seq.parse().ok().filter(|seq| *seq > 0).ok_or(said)?;
        let mut hash = [0; 32];
        if hex.len() != 64 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(said);
        }
        for (byte, pair) in hash.iter_mut().zip(hex.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| said)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| said)?;
        }
        Ok(Self { seq, hash })
    }
}

/// The first place where a chain is not what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Break {
    /// The number of the first event that is wrong or missing.
    pub seq: i64,
    /// What is wrong.
    pub kind: BreakKind,
}

/// What is wrong with a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakKind {
    /// The event was changed, or changed places, or the one before it was.
    Changed,
    /// The event is not there, others after it are.
    Missing,
    /// The events from here on were cut off: the head remembers them.
    Cut,
    /// The event is there, the head does not know it.
    BeyondHead,
    /// The clinic's head is not there.
    NoHead,
    /// There is no event at all, though each clinic begins with one.
    Empty,
    /// The event is not the one that was kept elsewhere: all before it may have been written anew.
    NotAsKept,
    /// The trail ends before the event that was kept elsewhere.
    EndsBefore,
}

impl std::fmt::Display for Break {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = match self.kind {
            BreakKind::Changed => "was changed or moved",
            BreakKind::Missing => "is missing",
            BreakKind::Cut => "and all after it were cut off",
            BreakKind::BeyondHead => "was added past the head of the trail",
            BreakKind::NoHead => "cannot be checked: the head of the trail is missing",
            BreakKind::Empty => {
                "is missing and all after it: the trail is empty, and each clinic\u{2019}s begins with an event"
            }
            BreakKind::NotAsKept => {
                "is not the one that was expected: it, or what is before it, was written anew"
            }
            BreakKind::EndsBefore => "was expected and is not there: the trail was cut off before it",
        };
        write!(f, "audit event {} {what}", self.seq)
    }
}

/// Chains events to the clinic's trail, in this order; the number of the last.
pub fn append(tx: &mut Tx<'_>, clinic: ClinicId, events: &[NewAuditEvent]) -> Result<i64, StoreError> {
    // The next writer waits here until our hash is there.
    let head = tx.query_one(
        "SELECT seq, hash FROM audit_head WHERE clinic_id = $1 FOR UPDATE",
        &[clinic.into()],
        read_head,
    )?;
    let Head { mut seq, mut hash } = head.ok_or(StoreError::Corrupt("audit_head.clinic_id"))?;
    for event in events {
        seq += 1;
        hash = chain(&hash, &event.canonical_bytes(clinic, seq));
        tx.execute(
            "INSERT INTO audit_event (clinic_id, seq, at, actor_kind, actor_id, operation_id, action, object_kind,
               object_id, detail, reason, hash)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            &[
                clinic.into(),
                seq.into(),
                event.at.into(),
                event.actor.kind.as_str().into(),
                (&event.actor.id).into(),
                event.operation_id.into(),
                (&event.action).into(),
                (&event.object_kind).into(),
                (&event.object_id).into(),
                (&event.detail).into(),
                (&event.reason).into(),
                (&hash).into(),
            ],
        )?;
    }
    tx.execute(
        "UPDATE audit_head SET seq = $2, hash = $3 WHERE clinic_id = $1",
        &[clinic.into(), seq.into(), (&hash).into()],
    )?;
    Ok(seq)
}

fn chain(before: &[u8; 32], bytes: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(before).chain_update(bytes).finalize().into()
}

/// Where the clinic's trail ends.
pub fn head(tx: &mut Tx<'_>, clinic: ClinicId) -> Result<Option<Head>, StoreError> {
    tx.query_one("SELECT seq, hash FROM audit_head WHERE clinic_id = $1", &[clinic.into()], read_head)
}

/// Which events are wanted; what is left out narrows nothing.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only events before this number.
    pub before: Option<i64>,
    /// Only what actors of this kind did.
    pub actor_kind: Option<ActorKind>,
    /// Only what this actor did.
    pub actor_id: Option<String>,
    /// Only this action.
    pub action: Option<String>,
    /// Only what concerns the thing with this id; for a patient, their appointments too.
    pub about: Option<String>,
    /// Only events at this moment or later.
    pub from_at: Option<Timestamp>,
    /// Only events before this moment.
    pub to_at: Option<Timestamp>,
}

/// The clinic's newest events that fit the filter, newest first; `limit` at most, and never more than 1,000.
pub fn find(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    filter: &Filter,
    limit: usize,
) -> Result<Vec<AuditEvent>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(PAGE).min(PAGE);
    tx.query(
        "SELECT seq, at, actor_kind, actor_id, operation_id, action, object_kind, object_id, detail, reason, hash
         FROM audit_event
         WHERE clinic_id = $1 AND seq < $2
           AND (CAST($3 AS TEXT) IS NULL OR actor_kind = $3)
           AND (CAST($4 AS TEXT) IS NULL OR actor_id = $4)
           AND (CAST($5 AS TEXT) IS NULL OR action = $5)
           AND (CAST($6 AS TEXT) IS NULL OR object_id = $6 OR object_id IN (
             SELECT appointment_id FROM appointment WHERE clinic_id = $1 AND patient_id = $6))
           AND (CAST($7 AS BIGINT) IS NULL OR at >= $7)
           AND (CAST($8 AS BIGINT) IS NULL OR at < $8)
         ORDER BY seq DESC LIMIT $9",
        &[
            clinic.into(),
            filter.before.unwrap_or(i64::MAX).into(),
            filter.actor_kind.map(ActorKind::as_str).into(),
            filter.actor_id.as_deref().into(),
            filter.action.as_deref().into(),
            filter.about.as_deref().into(),
            filter.from_at.into(),
            filter.to_at.into(),
            limit.into(),
        ],
        read,
    )
}

/// The events of one thing, oldest first; 1,000 at most.
pub fn of_object(tx: &mut Tx<'_>, clinic: ClinicId, object_id: &str) -> Result<Vec<AuditEvent>, StoreError> {
    tx.query(
        "SELECT seq, at, actor_kind, actor_id, operation_id, action, object_kind, object_id, detail, reason, hash
         FROM audit_event WHERE clinic_id = $1 AND object_id = $2 ORDER BY seq LIMIT 1000",
        &[clinic.into(), object_id.into()],
        read,
    )
}

/// Reckons the whole chain again: how many events it has, or where it breaks first.
pub fn verify(tx: &mut Tx<'_>, clinic: ClinicId) -> Result<Result<u64, Break>, StoreError> {
    let whole = verify_against(tx, clinic, None)?;
    Ok(whole.map(|head| u64::try_from(head.seq).unwrap_or(0)))
}

/// Reckons the whole chain again: where it ends, or where it breaks first. It also has to hold the event that was `kept`
/// elsewhere, which finds what the chain alone cannot: a tail that was cut off or written anew together with the head.
pub fn verify_against(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    kept: Option<Head>,
) -> Result<Result<Head, Break>, StoreError> {
    let Some(head) = head(tx, clinic)? else {
        return Ok(Err(Break { seq: 0, kind: BreakKind::NoHead }));
    };
    let mut seq = 0;
    let mut hash = [0u8; 32];
    loop {
        let page = tx.query(
            "SELECT seq, at, actor_kind, actor_id, operation_id, action, object_kind, object_id, detail, reason, hash
             FROM audit_event WHERE clinic_id = $1 AND seq > $2 ORDER BY seq LIMIT $3",
            &[clinic.into(), seq.into(), PAGE.into()],
            // A row that cannot be read any more was changed.
            |row| Ok((row.int(0)?, read(row).ok())),
        )?;
        let is_last = page.is_empty();
        for (found, event) in page {
            let broken = |kind| Ok(Err(Break { seq: seq + 1, kind }));
            if found != seq + 1 {
                return broken(BreakKind::Missing);
            }
            let Some(event) = event else { return broken(BreakKind::Changed) };
            hash = chain(&hash, &event.event.canonical_bytes(clinic, found));
            if hash != event.hash {
                return broken(BreakKind::Changed);
            }
            if found > head.seq {
                return broken(BreakKind::BeyondHead);
            }
            if kept.is_some_and(|kept| kept.seq == found && kept.hash != hash) {
                return broken(BreakKind::NotAsKept);
            }
            seq = found;
        }
        if is_last {
            break;
        }
    }
    let kept_seq = kept.map_or(0, |kept| kept.seq);
    Ok(match (seq == head.seq, hash == head.hash) {
        (true, true) if seq == 0 => Err(Break { seq: 1, kind: BreakKind::Empty }),
        (true, true) if kept_seq > seq => Err(Break { seq: kept_seq, kind: BreakKind::EndsBefore }),
        (true, true) => Ok(head),
        (true, false) => Err(Break { seq, kind: BreakKind::Changed }),
        (false, _) => Err(Break { seq: seq + 1, kind: BreakKind::Cut }),
    })
}

fn read_head(row: &Row<'_>) -> Result<Head, StoreError> {
    Ok(Head { seq: row.int(0)?, hash: row.hash(1, "audit_head.hash")? })
}

fn read(row: &Row<'_>) -> Result<AuditEvent, StoreError> {
    Ok(AuditEvent {
        seq: row.int(0)?,
        event: NewAuditEvent {
            at: row.instant(1, "audit_event.at")?,
            actor: Actor { kind: row.read(2, "audit_event.actor_kind")?, id: row.text(3)? },
            operation_id: row.read(4, "audit_event.operation_id")?,
            action: row.text(5)?,
            object_kind: row.text(6)?,
            object_id: row.text(7)?,
            detail: row.text(8)?,
            reason: row.text(9)?,
        },
        hash: row.hash(10, "audit_event.hash")?,
    })
}
