//! A clinic's own file: who it is, what can be booked, who works there, its words, and how its mail leaves.
//!
//! `stipple init` writes it into an empty database once; `stipple serve` reads the words, the mail server, what visitors may
//! book and the closures at each start. An example with every key: `docs/operating/clinic.toml`.

mod booking;
mod check;

use std::{
    fs,
    ops::Range,
    path::{Path, PathBuf},
    time::Duration,
};

use app::Env;
use jiff::{civil::Time, tz::TimeZone};
use notify::{Credentials, Security, SmtpConfig};
use protocol::Protocol;
use record::{
    Clinic, ClinicSettings, Closure, MinuteOfDay, Resource, ResourceKind, Role, Site, WeeklyKind, WeeklyRule,
};
use serde::Deserialize;
use vocab::{Currency, Jurisdiction, SiteId, Skill};
use web::site::ClinicWords;

use booking::{BookingEntry, ClosureEntry};

/// The file, as written. Unknown keys are refused, so that a misspelt one does not vanish.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClinicFile {
    name: String,
    jurisdiction: String,
    currency: String,
    contact_email: String,
    contact_phone: String,
    /// The folder of a protocol of the clinic's own, from where the file lies; without it, the one that ships.
    protocol: Option<PathBuf>,
    site: SiteEntry,
    /// What visitors may book.
    booking: Option<BookingEntry>,
    /// When the clinic is closed.
    closures: Option<Vec<ClosureEntry>>,
    resources: Vec<ResourceEntry>,
    /// Who can sign in.
    pub staff: Vec<StaffEntry>,
    /// What the public pages say beside the protocol.
    pub words: ClinicWords,
    /// How mail leaves; without it letters wait in the outbox.
    pub mail: Option<MailEntry>,
    /// The file itself, to say in which line something is wrong.
    #[serde(skip)]
    text: String,
}

/// What is wrong with a file, a line each.
struct Problems<'a> {
    text: &'a str,
    found: Vec<String>,
}

impl Problems<'_> {
    /// Notes what is wrong at this place of the file and what to do.
    fn at(&mut self, span: &Range<usize>, problem: String) {
        let before = self.text.get(..span.start).unwrap_or_default();
        self.found.push(format!("line {}: {problem}", before.matches('\n').count() + 1));
    }

    fn push(&mut self, problem: String) {
        self.found.push(problem);
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SiteEntry {
    name: String,
    zone: String,
    address: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ResourceEntry {
    name: String,
    kind: String,
    #[serde(default)]
    skills: Vec<String>,
    hours: Vec<HoursEntry>,
    #[serde(default)]
    breaks: Vec<HoursEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HoursEntry {
    days: Vec<String>,
    from: String,
    to: String,
}

/// A member of staff.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StaffEntry {
    /// What they type to sign in.
    pub sign_in_name: String,
    /// As colleagues know them.
    pub name: String,
    role: String,
    /// The name of the resource they are when they treat.
    pub resource: Option<String>,
}

/// A mail server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailEntry {
    host: String,
    port: u16,
    /// `starttls`, `tls`, or `none` for a server on this machine.
    security: String,
    from: String,
    user: Option<String>,
    /// A file with the password in its first line, readable by the server only.
    password_file: Option<String>,
}

/// A clinic made of records, ready to be written.
#[derive(Debug, Clone)]
pub struct ClinicRecords {
    /// The clinic.
    pub clinic: Clinic,
    /// Its site.
    pub site: Site,
    /// What can be booked, with the week's hours of each.
    pub resources: Vec<(Resource, Vec<WeeklyRule>)>,
    /// When it is closed, by beginning.
    pub closures: Vec<Closure>,
}

/// What the program follows in the file at each start; `None` where the file says nothing.
#[derive(Debug, Clone)]
pub struct Followed {
    /// What visitors may book; the rest of the settings is not the file's.
    pub settings: Option<ClinicSettings>,
    /// When the clinic is closed, by beginning.
    pub closures: Option<Vec<Closure>>,
}

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl ClinicFile {
    /// Reads the file; the error says where and what.
    pub fn load(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path).map_err(|error| {
            format!("{} cannot be read: {error}. Start from docs/operating/clinic.toml", path.display())
        })?;
        let file = Self::parse(text).map_err(|error| format!("{}: {error}", path.display()))?;
        let here = path.parent().unwrap_or(Path::new(""));
        Ok(Self { protocol: file.protocol.map(|folder| here.join(folder)), ..file })
    }

    /// The folder of the clinic's own protocol, if it has one.
    pub fn protocol(&self) -> Option<&Path> {
        self.protocol.as_deref()
    }

    /// Reads the text of a file; the error says where and what.
    pub fn parse(text: String) -> Result<Self, String> {
        let file: Self = toml::from_str(&text).map_err(|error| error.to_string())?;
        Ok(Self { text, ..file })
    }

    /// What is followed at each start, for this site, or everything that is wrong with the file, a line each.
    pub fn followed(&self, site_id: SiteId, protocol: &Protocol) -> Result<Followed, String> {
        let mut problems = Problems { text: &self.text, found: Vec::new() };
        self.check(protocol, &mut problems);
        let followed = self.follow(site_id, &mut problems);
        if problems.found.is_empty() { Ok(followed) } else { Err(problems.found.join("\n")) }
    }

    fn follow(&self, site_id: SiteId, problems: &mut Problems<'_>) -> Followed {
        let settings = self.booking.as_ref().map(|booking| {
            let mut settings = ClinicSettings::default();
            booking.apply(&mut settings, problems);
            settings
        });
        let closures = self.closures.as_ref().map(|entries| {
            let read = |(place, entry): (usize, &ClosureEntry)| entry.read(place, site_id, problems);
            let mut closures: Vec<Closure> = entries.iter().enumerate().filter_map(read).collect();
            closures.sort_by_key(|closure| closure.from_local);
            closures
        });
        if let Some(twice) = closures
            .iter()
            .flatten()
            .zip(closures.iter().flatten().skip(1))
            .find(|(one, next)| next.from_local < one.to_local)
        {
            let day = twice.1.from_local.date();
            problems.push(format!("closures: two of them cover {day}; make them one"));
        }
        Followed { settings, closures }
    }

    /// The records it stands for, or everything that is wrong with it, a line each.
    pub fn records(&self, env: &Env) -> Result<ClinicRecords, String> {
        let mut problems = Problems { text: &self.text, found: Vec::new() };
        self.check(&env.protocol.protocol, &mut problems);
        let jurisdiction = Jurisdiction::new(&self.jurisdiction).ok();
        let known = jurisdiction.as_ref().filter(|one| env.protocol.protocol.jurisdiction(one).is_some());
        if known.is_none() {
            problems.push(format!("jurisdiction: the protocol has no rules for {:?}", self.jurisdiction));
        }
        let currency = Currency::new(&self.currency);
        if currency.is_none() {
            problems.push("currency: write three capital letters, such as EUR".to_owned());
        }
        if self.contact_email.parse::<notify::EmailAddress>().is_err() {
            problems.push("contact_email: write an address such as hello@clinic.example".to_owned());
        }
        if TimeZone::get(&self.site.zone).is_err() {
            problems.push(format!(
                "site.zone: {:?} is no IANA time zone; write one such as Europe/London",
                self.site.zone
            ));
        }
        let site_id = env.new_id();
        let Followed { settings, closures } = self.follow(site_id, &mut problems);
        let mut resources = Vec::new();
        for (place, entry) in self.resources.iter().enumerate() {
            match resource(entry, place, site_id, env) {
                Ok(made) => resources.push(made),
                Err(problem) => problems.push(format!("resources[{place}] {problem}")),
            }
        }
        for (place, staff) in self.staff.iter().enumerate() {
            if staff.role().is_none() {
                let roles: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
                problems.push(format!("staff[{place}].role: choose one of {}", roles.join(", ")));
            }
            if let Some(name) = &staff.resource
                && !self.resources.iter().any(|resource| resource.name == *name)
            {
                problems.push(format!("staff[{place}].resource: no resource is called {name:?}"));
            }
        }
        let (Some(jurisdiction), Some(currency), true) = (jurisdiction, currency, problems.found.is_empty())
        else {
            return Err(problems.found.join("\n"));
        };
        let settings = ClinicSettings {
            contact_email: self.contact_email.clone(),
            contact_phone: self.contact_phone.clone(),
            ..settings.unwrap_or_default()
        };
        let clinic = Clinic {
            id: env.clinic_id,
            name: self.name.clone(),
            jurisdiction,
            currency,
            is_demo: false,
            settings,
        };
        let site = Site {
            id: site_id,
            name: self.site.name.clone(),
            zone: self.site.zone.clone(),
            address: self.site.address.clone(),
            phone: None,
        };
        Ok(ClinicRecords { clinic, site, resources, closures: closures.unwrap_or_default() })
    }
}

impl StaffEntry {
    /// What they may do.
    pub fn role(&self) -> Option<Role> {
        self.role.parse().ok()
    }
}

fn resource(
    entry: &ResourceEntry,
    place: usize,
    site_id: vocab::SiteId,
    env: &Env,
) -> Result<(Resource, Vec<WeeklyRule>), String> {
    let kind: ResourceKind = entry.kind.parse().map_err(|_| {
        let kinds: Vec<&str> = ResourceKind::ALL.iter().map(|kind| kind.as_str()).collect();
        format!(".kind: choose one of {}", kinds.join(", "))
    })?;
    let skills = entry.skills.iter().map(|skill| Skill::new(skill)).collect::<Result<Vec<_>, _>>();
    let mut skills = skills.map_err(|error| format!(".skills: {error}"))?;
    skills.sort();
    let resource = Resource {
        id: env.new_id(),
        site_id,
        kind,
        name: entry.name.clone(),
        skills,
        seats: 1,
        gap_minutes: 0,
        daily_cap: None,
        active: true,
        position: u16::try_from(place).unwrap_or(u16::MAX),
    };
    let mut rules = Vec::new();
    for (kind, name, entries) in
        [(WeeklyKind::Hours, "hours", &entry.hours), (WeeklyKind::Break, "breaks", &entry.breaks)]
    {
        for hours in entries {
            let (from_local, to_local) = minutes(hours).ok_or_else(|| {
                format!(
                    ".{name}: write from and to as 09:00, the end (24:00 at the latest) after the beginning"
                )
            })?;
            for day in &hours.days {
                let weekday = DAYS.iter().position(|known| known == day);
                let weekday =
                    weekday.ok_or_else(|| format!(".{name}.days: choose from {}", DAYS.join(", ")))?;
                let weekday = u8::try_from(weekday + 1).unwrap_or(7);
                rules.push(WeeklyRule { resource_id: resource.id, kind, weekday, from_local, to_local });
            }
        }
    }
    Ok((resource, rules))
}

fn minutes(hours: &HoursEntry) -> Option<(MinuteOfDay, MinuteOfDay)> {
    let minute = |text: &str| {
        if text == "24:00" {
            return Some(1440);
        }
        let time: Time = text.parse().ok()?;
        MinuteOfDay::try_from(i32::from(time.hour()) * 60 + i32::from(time.minute())).ok()
    };
    let (from, to) = (minute(&hours.from)?, minute(&hours.to)?);
    (from < to).then_some((from, to))
}

impl MailEntry {
    /// The mail server's settings; the password is read from its file.
    pub fn config(&self, from_name: &str) -> Result<SmtpConfig, String> {
        let security = match self.security.as_str() {
            "starttls" => Security::StartTls,
            "tls" => Security::Tls,
            "none" => Security::None,
            _ => return Err("mail.security: choose starttls, tls or none".into()),
        };
        let credentials = match (&self.user, &self.password_file) {
            (Some(user), Some(file)) => {
                let text =
                    fs::read_to_string(file).map_err(|error| format!("mail.password_file: {error}"))?;
                let password = text.lines().next().unwrap_or_default().to_owned();
                Some(Credentials { user: user.clone(), password })
            }
            (None, None) => None,
            _ => return Err("mail: give user and password_file together, or neither".into()),
        };
        let from =
            self.from.parse().map_err(|_| "mail.from: write an address such as hello@clinic.example")?;
        Ok(SmtpConfig {
            host: self.host.clone(),
            port: self.port,
            security,
            credentials,
            from,
            from_name: from_name.to_owned(),
            timeout: Duration::from_secs(20),
        })
    }
}
