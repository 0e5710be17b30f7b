//! A small clinic with invented people: one practitioner, an assistant, two rooms, a pen and one patient.

use jiff::Timestamp;
use record::{
    Appointment, AppointmentStatus, Clinic, ClinicSettings, Hold, Occupation, Patient, Resource,
    ResourceKind, Site,
};
use store::{Store, StoreError, clinics, patients, resources};
use vocab::{ClinicId, Currency, Id, Jurisdiction, PatientId, ResourceId, SiteId, Skill, VisitTypeId};

/// The id made of a small number.
pub const fn id<K>(number: u128) -> Id<K> {
    Id::from_bits(number)
}

/// A moment by its minutes since 2026-11-23 08:00 UTC, a Monday.
pub fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_795_420_800 + minutes * 60).expect("a minute of our century is an instant")
}

/// The seat of a resource is occupied from this to that minute, as [`at`] counts them.
pub fn occupation(resource: ResourceId, seat: u16, from: i64, to: i64) -> Occupation {
    Occupation {
        resource_id: resource,
        seat,
        from_at: at(from),
        to_at: at(to),
        phase: 0,
        phase_name: "needling".into(),
    }
}

/// The ids of what was written.
#[derive(Debug, Clone, Copy)]
pub struct SmallClinic {
    /// The clinic.
    pub clinic: ClinicId,
    /// Its only site, in Europe/Berlin.
    pub site: SiteId,
    /// Its only practitioner: `needling`, two seats' worth of needling never at once.
    pub practitioner: ResourceId,
    /// Its only assistant.
    pub assistant: ResourceId,
    /// A treatment room.
    pub room: ResourceId,
    /// Another.
    pub other_room: ResourceId,
    /// A pen.
    pub pen: ResourceId,
    /// Its only patient.
    pub patient: PatientId,
}

impl SmallClinic {
    /// Ids of the clinic that [`SmallClinic::write`] writes for this number.
    pub fn numbered(number: u128) -> Self {
        let base = number * 100;
        Self {
            clinic: id(base),
            site: id(base + 1),
            practitioner: id(base + 2),
            assistant: id(base + 3),
            room: id(base + 4),
            other_room: id(base + 5),
            pen: id(base + 6),
            patient: id(base + 7),
        }
    }

    /// Writes clinic number 1.
    pub fn write(store: &Store) -> Self {
        Self::write_numbered(store, 1)
    }

    /// Writes the clinic of this number.
    pub fn write_numbered(store: &Store, number: u128) -> Self {
        let small = Self::numbered(number);
        let written: Result<(), StoreError> = store.write(move |tx| {
            clinics::insert(tx, &small.clinic_record())?;
            let site = Site {
                id: small.site,
                name: "Old Mill".into(),
                zone: "Europe/Berlin".into(),
                address: "1 Mill Lane\nExampletown".into(),
                phone: None,
            };
            clinics::save_site(tx, small.clinic, &site)?;
            for (resource_id, kind, name) in [
                (small.practitioner, ResourceKind::Practitioner, "Practitioner One"),
                (small.assistant, ResourceKind::Assistant, "Assistant One"),
                (small.room, ResourceKind::Room, "Room 1"),
                (small.other_room, ResourceKind::Room, "Room 2"),
                (small.pen, ResourceKind::Device, "Pen 1"),
            ] {
                resources::save(tx, small.clinic, &small.resource_record(resource_id, kind, name))?;
            }
            patients::save(tx, small.clinic, &small.patient_record())
        });
        written.expect("a small clinic can be written");
        small
    }

    /// The clinic as it is written.
    pub fn clinic_record(&self) -> Clinic {
        Clinic {
            id: self.clinic,
            name: "Example Clinic".into(),
            jurisdiction: Jurisdiction::new("DE").expect("DE is a name"),
            currency: Currency::new("EUR").expect("EUR is a currency"),
            is_demo: true,
            settings: ClinicSettings::default(),
        }
    }

    fn resource_record(&self, resource_id: ResourceId, kind: ResourceKind, name: &str) -> Resource {
        let skills = match kind {
            ResourceKind::Practitioner => &["needling", "numbing"][..],
            ResourceKind::Assistant => &["numbing"],
            _ => &[],
        };
        Resource {
            id: resource_id,
            site_id: self.site,
            kind,
            name: name.into(),
            skills: skills.iter().map(|skill| Skill::new(skill).expect("a skill is a name")).collect(),
            seats: 1,
            gap_minutes: 0,
            daily_cap: None,
            active: true,
            position: 0,
        }
    }

    /// The patient as it is written.
    pub fn patient_record(&self) -> Patient {
        Patient {
            id: self.patient,
            name: "Testa Möller-Example".into(),
            email: "testa@example.org".into(),
            phone: "+49 30 555 0101".into(),
            birth_on: Some(jiff::civil::date(1990, 4, 5)),
            created_at: at(0),
        }
    }

    /// An appointment of two hours from this minute on, as [`at`] counts them; it is not written.
    pub fn appointment(&self, number: u128, from: i64) -> Appointment {
        let mut link_hash = [0; 32];
        link_hash[..16].copy_from_slice(&number.to_be_bytes());
        Appointment {
            id: id(number),
            site_id: self.site,
            patient_id: self.patient,
            visit_type: VisitTypeId::new("treatment").expect("treatment is a name"),
            status: AppointmentStatus::Booked,
            concern: None,
            zones: Vec::new(),
            start_at: at(from),
            end_at: at(from + 120),
            lead_id: self.practitioner,
            sequence: 0,
            idempotency_key: format!("key-{number}"),
            link_hash,
            link_expires_at: at(from + 100_000),
            confirm_by_at: None,
            told_local: "2026-11-23T09:00".into(),
            phases: Vec::new(),
            note: String::new(),
            response_id: None,
            created_at: at(0),
        }
    }

    /// A hold of two hours from this minute on that runs out at that minute; it is not written.
    pub fn hold(&self, number: u128, from: i64, expires: i64) -> Hold {
        Hold {
            id: id(number),
            visitor_hash: [7; 32],
            site_id: self.site,
            visit_type: VisitTypeId::new("treatment").expect("treatment is a name"),
            lead_id: self.practitioner,
            start_at: at(from),
            end_at: at(from + 120),
            expires_at: at(expires),
            created_at: at(0),
        }
    }

    /// What a visit from this minute on occupies: six pieces of practitioner, assistant, room and pen, 66 claims.
    pub fn visit(&self, from: i64) -> Vec<Occupation> {
        let piece = |resource, start: i64, end: i64, phase: u16, name: &str| Occupation {
            phase,
            phase_name: name.into(),
            ..occupation(resource, 0, from + start, from + end)
        };
        vec![
            piece(self.practitioner, 0, 25, 0, "consult"),
            piece(self.assistant, 25, 85, 1, "numbing"),
            piece(self.practitioner, 85, 130, 2, "needling"),
            piece(self.pen, 85, 115, 2, "needling"),
            piece(self.room, 0, 130, 0, "visit"),
            piece(self.other_room, 90, 130, 3, "calming"),
        ]
    }
}
