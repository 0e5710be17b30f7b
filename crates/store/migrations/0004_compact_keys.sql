-- What a booking writes, in fewer pages: claims keyed by whole numbers, appointments in the order of their ids.

-- The clinic's number in this database, and its resources' numbers in the clinic: what claims are keyed by. They never
-- change and are never used again.
ALTER TABLE clinic ADD COLUMN clinic_no BIGINT NOT NULL DEFAULT 0;
UPDATE clinic SET clinic_no = (SELECT count(*) FROM clinic one WHERE one.clinic_id <= clinic.clinic_id);
CREATE UNIQUE INDEX clinic_by_no ON clinic (clinic_no);

ALTER TABLE resource ADD COLUMN resource_no BIGINT NOT NULL DEFAULT 0;
UPDATE resource SET resource_no = (
  SELECT count(*) FROM resource one
  WHERE one.clinic_id = resource.clinic_id AND one.resource_id <= resource.resource_id);
CREATE UNIQUE INDEX resource_by_no ON resource (clinic_id, resource_no);

-- By time first: what one visit claims lies together, and so does what is over.
CREATE TABLE claim_by_no AS
SELECT clinic_no, resource_no, seat, quantum
FROM claim
JOIN clinic ON clinic.clinic_id = claim.clinic_id
JOIN resource ON resource.clinic_id = claim.clinic_id AND resource.resource_id = claim.resource_id;
DROP TABLE claim;
CREATE TABLE claim (
  clinic_no BIGINT NOT NULL,
  resource_no BIGINT NOT NULL,
  seat BIGINT NOT NULL,
  quantum BIGINT NOT NULL,
  PRIMARY KEY (clinic_no, quantum, resource_no, seat)
)
--sqlite STRICT, WITHOUT ROWID
;
INSERT INTO claim SELECT clinic_no, resource_no, seat, quantum FROM claim_by_no;
DROP TABLE claim_by_no;

-- Whether the keys a patient is searched by are still to be written: a booking writes the mail address alone.
ALTER TABLE patient ADD COLUMN keys_due BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX patient_keys_due ON patient (clinic_id, patient_id) WHERE keys_due;

-- On SQLite a table without row numbers is its own index by id; PostgreSQL has no such tables.
--sqlite CREATE TABLE appointment_by_row AS SELECT * FROM appointment;
--sqlite DROP TABLE appointment;
--sqlite CREATE TABLE appointment (
--sqlite   clinic_id TEXT NOT NULL,
--sqlite   appointment_id TEXT NOT NULL,
--sqlite   site_id TEXT NOT NULL,
--sqlite   patient_id TEXT NOT NULL,
--sqlite   visit_type TEXT NOT NULL,
--sqlite   status TEXT NOT NULL CHECK (status IN
--sqlite     ('pending', 'booked', 'arrived', 'fulfilled', 'cancelled', 'noshow', 'entered-in-error')),
--sqlite   concern TEXT,
--sqlite   zones TEXT NOT NULL,
--sqlite   start_at BIGINT NOT NULL,
--sqlite   end_at BIGINT NOT NULL CHECK (end_at > start_at),
--sqlite   lead_id TEXT NOT NULL,
--sqlite   sequence BIGINT NOT NULL,
--sqlite   idempotency_key TEXT NOT NULL,
--sqlite   link_hash BYTEA NOT NULL,
--sqlite   link_expires_at BIGINT NOT NULL,
--sqlite   confirm_by_at BIGINT,
--sqlite   told_local TEXT NOT NULL,
--sqlite   phases TEXT NOT NULL,
--sqlite   note TEXT NOT NULL,
--sqlite   response_id TEXT,
--sqlite   created_at BIGINT NOT NULL,
--sqlite   PRIMARY KEY (clinic_id, appointment_id),
--sqlite   UNIQUE (clinic_id, idempotency_key),
--sqlite   UNIQUE (clinic_id, link_hash),
--sqlite   CHECK (confirm_by_at IS NOT NULL OR status <> 'pending'),
--sqlite   FOREIGN KEY (clinic_id, site_id) REFERENCES site,
--sqlite   FOREIGN KEY (clinic_id, patient_id) REFERENCES patient,
--sqlite   FOREIGN KEY (clinic_id, lead_id) REFERENCES resource
--sqlite ) STRICT, WITHOUT ROWID;
--sqlite INSERT INTO appointment SELECT * FROM appointment_by_row;
--sqlite DROP TABLE appointment_by_row;
--sqlite CREATE INDEX appointment_by_start ON appointment (clinic_id, start_at);
--sqlite CREATE INDEX appointment_by_patient ON appointment (clinic_id, patient_id);
--sqlite CREATE INDEX appointment_by_response ON appointment (clinic_id, response_id) WHERE response_id IS NOT NULL;
--sqlite CREATE INDEX appointment_unconfirmed ON appointment (clinic_id, confirm_by_at) WHERE status = 'pending';
