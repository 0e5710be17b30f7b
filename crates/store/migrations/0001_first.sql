-- The first schema. Instants (_at) are microseconds of UTC, civil dates (_on) and wall times (_local) ISO text,
-- ids 26 letters, names between blanks where there are several. The clinic leads every key.

CREATE TABLE clinic (
  clinic_id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  jurisdiction TEXT NOT NULL,
  currency TEXT NOT NULL,
  is_demo BOOLEAN NOT NULL,
  contact_email TEXT NOT NULL,
  contact_phone TEXT NOT NULL,
  min_notice_minutes BIGINT NOT NULL,
  offer_step_minutes BIGINT NOT NULL,
  horizon_days BIGINT NOT NULL,
  cut_off_hours BIGINT NOT NULL,
  hold_minutes BIGINT NOT NULL,
  confirm_minutes BIGINT NOT NULL,
  on_call_limit BIGINT NOT NULL,
  needling_counts_as_on_call BOOLEAN NOT NULL
)
--sqlite STRICT, WITHOUT ROWID
;

CREATE TABLE site (
  clinic_id TEXT NOT NULL REFERENCES clinic,
  site_id TEXT NOT NULL,
  name TEXT NOT NULL,
  zone TEXT NOT NULL,
  address TEXT NOT NULL,
  phone TEXT,
  PRIMARY KEY (clinic_id, site_id)
)
--sqlite STRICT, WITHOUT ROWID
;

CREATE TABLE resource (
  clinic_id TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  site_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  skills TEXT NOT NULL,
  seats BIGINT NOT NULL CHECK (seats >= 1),
  gap_minutes BIGINT NOT NULL,
  daily_cap BIGINT,
  active BOOLEAN NOT NULL,
  position BIGINT NOT NULL,
  PRIMARY KEY (clinic_id, resource_id),
  FOREIGN KEY (clinic_id, site_id) REFERENCES site
)
--sqlite STRICT, WITHOUT ROWID
;

CREATE TABLE weekly_rule (
  clinic_id TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  weekday BIGINT NOT NULL CHECK (weekday BETWEEN 1 AND 7),
  kind TEXT NOT NULL,
  from_local BIGINT NOT NULL CHECK (from_local >= 0),
  to_local BIGINT NOT NULL CHECK (to_local > from_local AND to_local <= 1440),
  PRIMARY KEY (clinic_id, resource_id, weekday, kind, from_local),
  FOREIGN KEY (clinic_id, resource_id) REFERENCES resource
)
--sqlite STRICT, WITHOUT ROWID
;

CREATE TABLE special_day (
  clinic_id TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  special_on TEXT NOT NULL,
  hours TEXT NOT NULL,
  PRIMARY KEY (clinic_id, resource_id, special_on),
  FOREIGN KEY (clinic_id, resource_id) REFERENCES resource
)
--sqlite STRICT, WITHOUT ROWID
;

CREATE TABLE absence (
  clinic_id TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  from_local TEXT NOT NULL,
  to_local TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (clinic_id, resource_id, from_local),
  FOREIGN KEY (clinic_id, resource_id) REFERENCES resource
)
--sqlite STRICT, WITHOUT ROWID
;

CREATE TABLE closure (
  clinic_id TEXT NOT NULL,
  site_id TEXT NOT NULL,
  from_local TEXT NOT NULL,
  to_local TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (clinic_id, site_id, from_local),
  FOREIGN KEY (clinic_id, site_id) REFERENCES site
)
--sqlite STRICT, WITHOUT ROWID
;

CREATE TABLE staff (
  clinic_id TEXT NOT NULL REFERENCES clinic,
  staff_id TEXT NOT NULL,
  sign_in_name TEXT NOT NULL,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  state TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  resource_id TEXT,
  PRIMARY KEY (clinic_id, staff_id),
  UNIQUE (clinic_id, sign_in_name),
  FOREIGN KEY (clinic_id, resource_id) REFERENCES resource
)
--sqlite STRICT, WITHOUT ROWID
;

CREATE TABLE session (
  clinic_id TEXT NOT NULL,
  session_id TEXT NOT NULL,
  token_hash BYTEA NOT NULL,
  staff_id TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (clinic_id, session_id),
  UNIQUE (clinic_id, token_hash),
  FOREIGN KEY (clinic_id, staff_id) REFERENCES staff
)
--sqlite STRICT, WITHOUT ROWID
;
CREATE INDEX session_by_staff ON session (clinic_id, staff_id);
CREATE INDEX session_by_expiry ON session (clinic_id, expires_at);

CREATE TABLE patient (
  clinic_id TEXT NOT NULL REFERENCES clinic,
  patient_id TEXT NOT NULL,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  phone TEXT NOT NULL,
  birth_on TEXT,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (clinic_id, patient_id)
)
--sqlite STRICT, WITHOUT ROWID
;

CREATE TABLE patient_key (
  clinic_id TEXT NOT NULL,
--sqlite   search_key TEXT NOT NULL,
--postgres   search_key TEXT COLLATE "C" NOT NULL,
  patient_id TEXT NOT NULL,
  PRIMARY KEY (clinic_id, search_key, patient_id)
)
--sqlite STRICT, WITHOUT ROWID
;

CREATE TABLE questionnaire_response (
  clinic_id TEXT NOT NULL REFERENCES clinic,
  response_id TEXT NOT NULL,
  token_hash BYTEA NOT NULL,
  protocol_sha256 TEXT NOT NULL,
  state TEXT NOT NULL,
  concern TEXT,
  zones TEXT NOT NULL,
  birth_on TEXT,
  answers TEXT NOT NULL,
  outcome TEXT,
  until_on TEXT,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (clinic_id, response_id),
  UNIQUE (clinic_id, token_hash)
)
--sqlite STRICT
;
CREATE INDEX questionnaire_response_by_expiry ON questionnaire_response (clinic_id, expires_at);

CREATE TABLE hold (
  clinic_id TEXT NOT NULL REFERENCES clinic,
  hold_id TEXT NOT NULL,
  visitor_hash BYTEA NOT NULL,
  site_id TEXT NOT NULL,
  visit_type TEXT NOT NULL,
  lead_id TEXT NOT NULL,
  start_at BIGINT NOT NULL,
  end_at BIGINT NOT NULL CHECK (end_at > start_at),
  expires_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (clinic_id, hold_id)
)
--sqlite STRICT, WITHOUT ROWID
;
CREATE INDEX hold_by_expiry ON hold (clinic_id, expires_at);
CREATE INDEX hold_by_visitor ON hold (clinic_id, visitor_hash);

CREATE TABLE appointment (
  clinic_id TEXT NOT NULL,
  appointment_id TEXT NOT NULL,
  site_id TEXT NOT NULL,
  patient_id TEXT NOT NULL,
  visit_type TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN
    ('pending', 'booked', 'arrived', 'fulfilled', 'cancelled', 'noshow', 'entered-in-error')),
  concern TEXT,
  zones TEXT NOT NULL,
  start_at BIGINT NOT NULL,
  end_at BIGINT NOT NULL CHECK (end_at > start_at),
  lead_id TEXT NOT NULL,
  sequence BIGINT NOT NULL,
  idempotency_key TEXT NOT NULL,
  link_hash BYTEA NOT NULL,
  link_expires_at BIGINT NOT NULL,
  confirm_by_at BIGINT,
  told_local TEXT NOT NULL,
  phases TEXT NOT NULL,
  note TEXT NOT NULL,
  response_id TEXT,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (clinic_id, appointment_id),
  UNIQUE (clinic_id, idempotency_key),
  UNIQUE (clinic_id, link_hash),
  CHECK (confirm_by_at IS NOT NULL OR status <> 'pending'),
  FOREIGN KEY (clinic_id, site_id) REFERENCES site,
  FOREIGN KEY (clinic_id, patient_id) REFERENCES patient,
  FOREIGN KEY (clinic_id, lead_id) REFERENCES resource
)
--sqlite STRICT
;
CREATE INDEX appointment_by_start ON appointment (clinic_id, start_at);
CREATE INDEX appointment_by_patient ON appointment (clinic_id, patient_id);
CREATE INDEX appointment_by_response ON appointment (clinic_id, response_id) WHERE response_id IS NOT NULL;
CREATE INDEX appointment_unconfirmed ON appointment (clinic_id, confirm_by_at) WHERE status = 'pending';

-- At most a day long, so that a search for what reaches into a window looks back a day and no further.
CREATE TABLE occupation (
  clinic_id TEXT NOT NULL,
  from_at BIGINT NOT NULL CHECK (from_at % 300000000 = 0),
  resource_id TEXT NOT NULL,
  seat BIGINT NOT NULL CHECK (seat >= 0),
  to_at BIGINT NOT NULL CHECK (to_at > from_at AND to_at - from_at <= 86400000000 AND to_at % 300000000 = 0),
  owner_kind TEXT NOT NULL CHECK (owner_kind IN ('hold', 'appointment')),
  owner_id TEXT NOT NULL,
  phase BIGINT NOT NULL,
  phase_name TEXT NOT NULL,
  PRIMARY KEY (clinic_id, from_at, resource_id, seat),
  FOREIGN KEY (clinic_id, resource_id) REFERENCES resource
)
--sqlite STRICT, WITHOUT ROWID
;
CREATE INDEX occupation_by_owner ON occupation (clinic_id, owner_id);

-- The guard: the primary key is what makes a double booking impossible. A quantum is five minutes of UTC.
-- Whose it is says the occupation: a row here is the key and nothing else, which keeps the dozens a visit needs small.
CREATE TABLE claim (
  clinic_id TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  seat BIGINT NOT NULL,
  quantum BIGINT NOT NULL,
  PRIMARY KEY (clinic_id, resource_id, seat, quantum)
)
--sqlite STRICT, WITHOUT ROWID
;

-- The numbers from 0 on, one for each quantum an occupation can have: joined with it they make its claims.
CREATE TABLE numeral (
  n BIGINT PRIMARY KEY
)
--sqlite STRICT
;
INSERT INTO numeral (n)
WITH RECURSIVE each(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM each WHERE n < 287)
SELECT n FROM each;

CREATE TABLE diary_version (
  clinic_id TEXT PRIMARY KEY REFERENCES clinic,
  version BIGINT NOT NULL
)
--sqlite STRICT, WITHOUT ROWID
;

-- Which part of the diary each version changed; no window: the rules (hours, resources), so everything.
CREATE TABLE diary_change (
  clinic_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  from_at BIGINT,
  to_at BIGINT,
  PRIMARY KEY (clinic_id, version)
)
--sqlite STRICT, WITHOUT ROWID
;

CREATE TABLE enquiry (
  clinic_id TEXT NOT NULL REFERENCES clinic,
  enquiry_id TEXT NOT NULL,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  phone TEXT NOT NULL,
  body TEXT NOT NULL,
  state TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (clinic_id, enquiry_id)
)
--sqlite STRICT
;
CREATE INDEX enquiry_by_age ON enquiry (clinic_id, created_at);

CREATE TABLE audit_head (
  clinic_id TEXT PRIMARY KEY REFERENCES clinic,
  seq BIGINT NOT NULL,
  hash BYTEA NOT NULL
)
--sqlite STRICT, WITHOUT ROWID
;

CREATE TABLE audit_event (
  clinic_id TEXT NOT NULL,
  seq BIGINT NOT NULL,
  at BIGINT NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  operation_id TEXT NOT NULL,
  action TEXT NOT NULL,
  object_kind TEXT NOT NULL,
  object_id TEXT NOT NULL,
  detail TEXT NOT NULL,
  reason TEXT NOT NULL,
  hash BYTEA NOT NULL,
  PRIMARY KEY (clinic_id, seq)
)
--sqlite STRICT, WITHOUT ROWID
;
CREATE INDEX audit_event_by_object ON audit_event (clinic_id, object_id);

CREATE TABLE access_log (
  clinic_id TEXT NOT NULL,
  patient_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  operation_id TEXT NOT NULL,
  page TEXT NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  PRIMARY KEY (clinic_id, patient_id, at, operation_id, page)
)
--sqlite STRICT, WITHOUT ROWID
;

CREATE TABLE job (
  clinic_id TEXT NOT NULL REFERENCES clinic,
  kind TEXT NOT NULL,
  subject_id TEXT NOT NULL,
  run_at BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  leased_until BIGINT NOT NULL,
  last_error TEXT NOT NULL,
  set_aside BOOLEAN NOT NULL,
  PRIMARY KEY (clinic_id, kind, subject_id)
)
--sqlite STRICT, WITHOUT ROWID
;
CREATE INDEX job_due ON job (clinic_id, run_at) WHERE NOT set_aside;

CREATE TABLE message (
  clinic_id TEXT NOT NULL REFERENCES clinic,
  message_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  event_key TEXT NOT NULL,
  recipient TEXT NOT NULL,
  subject TEXT NOT NULL,
  body_text TEXT NOT NULL,
  body_html TEXT,
  calendar TEXT,
  state TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'failed')),
  attempts BIGINT NOT NULL,
  next_attempt_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  sent_at BIGINT,
  last_error TEXT NOT NULL,
  PRIMARY KEY (clinic_id, message_id),
  UNIQUE (clinic_id, event_key)
)
--sqlite STRICT
;
CREATE INDEX message_due ON message (clinic_id, next_attempt_at) WHERE state = 'queued';
CREATE INDEX message_by_age ON message (clinic_id, created_at);

CREATE TABLE protocol_text (
  clinic_id TEXT NOT NULL REFERENCES clinic,
  protocol_sha256 TEXT NOT NULL,
  content BYTEA NOT NULL,
  PRIMARY KEY (clinic_id, protocol_sha256)
)
--sqlite STRICT
;

CREATE TABLE protocol_sign_off (
  clinic_id TEXT NOT NULL,
  protocol_sha256 TEXT NOT NULL,
  staff_id TEXT NOT NULL,
  signed_name TEXT NOT NULL,
  signed_at BIGINT NOT NULL,
  PRIMARY KEY (clinic_id, protocol_sha256, staff_id),
  FOREIGN KEY (clinic_id, protocol_sha256) REFERENCES protocol_text,
  FOREIGN KEY (clinic_id, staff_id) REFERENCES staff
)
--sqlite STRICT, WITHOUT ROWID
;

-- The audit trail, the access log and sign-offs only grow, whoever asks.
--sqlite CREATE TRIGGER audit_event_keep BEFORE DELETE ON audit_event BEGIN SELECT RAISE(ABORT, 'append-only'); END;
--sqlite CREATE TRIGGER audit_event_stay BEFORE UPDATE ON audit_event BEGIN SELECT RAISE(ABORT, 'append-only'); END;
--sqlite CREATE TRIGGER access_log_keep BEFORE DELETE ON access_log BEGIN SELECT RAISE(ABORT, 'append-only'); END;
--sqlite CREATE TRIGGER access_log_stay BEFORE UPDATE ON access_log BEGIN SELECT RAISE(ABORT, 'append-only'); END;
--sqlite CREATE TRIGGER sign_off_keep BEFORE DELETE ON protocol_sign_off BEGIN SELECT RAISE(ABORT, 'append-only'); END;
--sqlite CREATE TRIGGER sign_off_stay BEFORE UPDATE ON protocol_sign_off BEGIN SELECT RAISE(ABORT, 'append-only'); END;
--sqlite CREATE TRIGGER audit_head_keep BEFORE DELETE ON audit_head BEGIN SELECT RAISE(ABORT, 'append-only'); END;
--sqlite CREATE TRIGGER audit_head_grow BEFORE UPDATE ON audit_head WHEN NEW.seq < OLD.seq BEGIN SELECT RAISE(ABORT, 'append-only'); END;
--postgres CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append-only'; END $$;
--postgres CREATE TRIGGER audit_event_keep BEFORE UPDATE OR DELETE ON audit_event FOR EACH ROW EXECUTE FUNCTION refuse_change();
--postgres CREATE TRIGGER audit_event_whole BEFORE TRUNCATE ON audit_event EXECUTE FUNCTION refuse_change();
--postgres CREATE TRIGGER access_log_keep BEFORE UPDATE OR DELETE ON access_log FOR EACH ROW EXECUTE FUNCTION refuse_change();
--postgres CREATE TRIGGER access_log_whole BEFORE TRUNCATE ON access_log EXECUTE FUNCTION refuse_change();
--postgres CREATE TRIGGER sign_off_keep BEFORE UPDATE OR DELETE ON protocol_sign_off FOR EACH ROW EXECUTE FUNCTION refuse_change();
--postgres CREATE TRIGGER sign_off_whole BEFORE TRUNCATE ON protocol_sign_off EXECUTE FUNCTION refuse_change();
--postgres CREATE TRIGGER audit_head_keep BEFORE DELETE ON audit_head FOR EACH ROW EXECUTE FUNCTION refuse_change();
--postgres CREATE TRIGGER audit_head_grow BEFORE UPDATE ON audit_head FOR EACH ROW WHEN (NEW.seq < OLD.seq) EXECUTE FUNCTION refuse_change();
--postgres CREATE TRIGGER audit_head_whole BEFORE TRUNCATE ON audit_head EXECUTE FUNCTION refuse_change();
