-- The wait list, what it offers, and what the clinic counts when it plans a day anew.

-- What each change of a planned day costs (no unit: only their proportions count), how far a visit may be moved without
-- asking the patient, and for how long a freed time is offered.
ALTER TABLE clinic ADD COLUMN plan_drop_cost BIGINT NOT NULL DEFAULT 1000;
ALTER TABLE clinic ADD COLUMN plan_change_lead_cost BIGINT NOT NULL DEFAULT 100;
ALTER TABLE clinic ADD COLUMN plan_move_cost BIGINT NOT NULL DEFAULT 1;
ALTER TABLE clinic ADD COLUMN plan_move_minutes_max BIGINT NOT NULL DEFAULT 60;
ALTER TABLE clinic ADD COLUMN wait_offer_minutes BIGINT NOT NULL DEFAULT 120;

-- Somebody who would come if a time became free. Nobody is a patient for being on the list.
CREATE TABLE wait_entry (
  clinic_id TEXT NOT NULL REFERENCES clinic,
  entry_id TEXT NOT NULL,
  visit_type TEXT NOT NULL,
  practitioner_id TEXT,
  weekdays TEXT NOT NULL,
  parts TEXT NOT NULL,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  phone TEXT NOT NULL,
  response_id TEXT,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'booked', 'left')),
  appointment_id TEXT,
  link_hash BYTEA NOT NULL,
  idempotency_key TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (clinic_id, entry_id),
  UNIQUE (clinic_id, link_hash),
  UNIQUE (clinic_id, idempotency_key),
  CHECK (appointment_id IS NOT NULL OR state <> 'booked')
)
--sqlite STRICT, WITHOUT ROWID
;
CREATE INDEX wait_entry_by_age ON wait_entry (clinic_id, created_at) WHERE state = 'waiting';
CREATE INDEX wait_entry_by_expiry ON wait_entry (clinic_id, expires_at);
CREATE INDEX wait_entry_by_email ON wait_entry (clinic_id, email) WHERE state = 'waiting';

-- A time offered to somebody on the list. It keeps nothing: the claims decide who gets the time.
CREATE TABLE wait_offer (
  clinic_id TEXT NOT NULL,
  offer_id TEXT NOT NULL,
  entry_id TEXT NOT NULL,
  start_at BIGINT NOT NULL,
  end_at BIGINT NOT NULL CHECK (end_at > start_at),
  state TEXT NOT NULL CHECK (state IN ('open', 'taken', 'gone')),
  offered_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (clinic_id, offer_id),
  UNIQUE (clinic_id, entry_id, start_at),
  FOREIGN KEY (clinic_id, entry_id) REFERENCES wait_entry
)
--sqlite STRICT, WITHOUT ROWID
;
CREATE INDEX wait_offer_by_start ON wait_offer (clinic_id, start_at);
