-- Pens as the clinic entered them from their manuals, and needling plans of appointments.

CREATE TABLE pen (
  clinic_id TEXT NOT NULL,
  pen_id TEXT NOT NULL,
  name TEXT NOT NULL,
  needles_um TEXT NOT NULL,
  strokes_per_min BIGINT NOT NULL CHECK (strokes_per_min > 0),
  depth_um_max BIGINT NOT NULL CHECK (depth_um_max > 0),
  source TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (clinic_id, pen_id),
  FOREIGN KEY (clinic_id, created_by) REFERENCES staff
)
--sqlite STRICT, WITHOUT ROWID
;

CREATE TABLE needling_plan (
  clinic_id TEXT NOT NULL,
  needling_plan_id TEXT NOT NULL,
  appointment_id TEXT NOT NULL,
  zone TEXT NOT NULL,
  zone_label TEXT NOT NULL,
  pen_name TEXT NOT NULL,
  course TEXT NOT NULL,
  figures TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (clinic_id, needling_plan_id),
  FOREIGN KEY (clinic_id, appointment_id) REFERENCES appointment,
  FOREIGN KEY (clinic_id, created_by) REFERENCES staff
)
--sqlite STRICT
;
CREATE INDEX needling_plan_by_appointment ON needling_plan (clinic_id, appointment_id, created_at);
