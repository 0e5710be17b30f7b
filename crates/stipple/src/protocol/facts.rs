//! The facts of one person out of JSON: every error at once, each with its path. Messages name keys and ids, never
//! the value of a birth date.

use std::collections::{BTreeMap, BTreeSet};

use ::protocol::{Answer, FactPlace, Protocol, ScreeningFacts, screen};
use jiff::civil::{Date, date};
use vocab::{Jurisdiction, RuleId, ZoneId};

use crate::json::Json;

const KEYS: [&str; 5] = ["today", "birth_date", "jurisdiction", "zones", "answers"];
const ANSWER_FORMS: &str =
    "write \"yes\", \"no\", \"unsure\", \"unanswered\", {\"days_ago\": 3} or {\"zones\": [\"cheek\"]}";
/// Stand in for a date that could not be read, so that the other facts are still looked at.
const STAND_IN: (Date, Date) = (date(2100, 1, 1), date(1981, 1, 1));

/// How the zones were spelled, so that an answer can name them as they were asked for.
#[derive(Debug, Default)]
pub(super) struct Spelling {
    words: BTreeMap<ZoneId, BTreeSet<String>>,
}

impl Spelling {
    /// The zones in the words they were asked for, in alphabetical order.
    pub(super) fn as_asked(&self, zones: &BTreeSet<ZoneId>) -> Vec<String> {
        let words = |zone: &ZoneId| match self.words.get(zone) {
            Some(words) => words.clone(),
            None => BTreeSet::from([zone.to_string()]),
        };
        zones.iter().flat_map(words).collect::<BTreeSet<_>>().into_iter().collect()
    }
}

/// Gathers the errors of one reading.
struct Reading<'a> {
    protocol: &'a Protocol,
    errors: Vec<String>,
    /// Places already complained about, so that a stand-in is not complained about again.
    wrong: BTreeSet<FactPlace>,
    spelling: Spelling,
}

/// Reads and checks the facts.
///
/// # Errors
///
/// Every error, each with its JSON path, in the order of the keys.
pub(super) fn parse_facts(
    protocol: &Protocol,
    text: &str,
) -> Result<(ScreeningFacts, Spelling), Vec<String>> {
    let json: Json = serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        vec![format!("$: this is not JSON (line {line}, column {column}): check commas, quotes and brackets")]
    })?;
    let Json::Table(table) = &json else {
        return Err(vec![format!("$: expected an object with {}, found {}", KEYS.join(", "), json.kind())]);
    };
    let mut reading =
        Reading { protocol, errors: Vec::new(), wrong: BTreeSet::new(), spelling: Spelling::default() };
    reading.check_keys("$", table, &KEYS);
    let mut today = reading.date(table, "today", FactPlace::Today);
    let mut birth_date = reading.date(table, "birth_date", FactPlace::BirthDate);
    let jurisdiction = reading.jurisdiction(table);
    let zones = reading.asked_zones(table);
    let answers = reading.answers(table);
    let Some(jurisdiction) = jurisdiction else { return Err(reading.errors) };
    let dates = [FactPlace::Today, FactPlace::BirthDate];
    if dates.iter().any(|place| reading.wrong.contains(place)) {
        (today, birth_date) = STAND_IN;
        reading.wrong.extend(dates);
    }
    let anaesthetic = BTreeSet::new();
    let facts =
        ScreeningFacts { today, answered_days_ago: 0, birth_date, jurisdiction, zones, answers, anaesthetic };
    if let Err(refusal) = screen(protocol, &facts) {
        for problem in refusal.problems {
            if !reading.wrong.contains(&problem.place) {
                reading.errors.push(format!("{}: {}", path_of(&problem.place), problem.message));
            }
        }
    }
    if reading.errors.is_empty() { Ok((facts, reading.spelling)) } else { Err(reading.errors) }
}

fn path_of(place: &FactPlace) -> String {
    match place {
        FactPlace::Today => "$.today".to_owned(),
        FactPlace::BirthDate => "$.birth_date".to_owned(),
        FactPlace::Jurisdiction => "$.jurisdiction".to_owned(),
        FactPlace::Zones => "$.zones".to_owned(),
        FactPlace::Answer(rule) => answer_path(rule.as_str()),
        FactPlace::Anaesthetic => "$.anaesthetic".to_owned(),
    }
}

fn answer_path(rule: &str) -> String {
    format!("$.answers[\"{}\"]", shorten(rule))
}

fn shorten(text: &str) -> String {
    let plain = text.chars().filter(|letter| !letter.is_control());
    if text.chars().count() <= 40 { plain.collect() } else { plain.take(40).chain(['…']).collect() }
}

impl Reading<'_> {
    fn add(&mut self, path: &str, message: impl AsRef<str>) {
        self.errors.push(format!("{path}: {}", message.as_ref()));
    }

    fn check_keys(&mut self, path: &str, table: &[(String, Json)], known: &[&str]) {
        let mut seen = BTreeSet::new();
        for (key, _) in table {
            if !known.is_empty() && !known.contains(&key.as_str()) {
                let message = format!("the key `{}` is not known; known: {}", shorten(key), known.join(", "));
                self.add(path, message);
            } else if !seen.insert(key) {
                self.add(path, format!("the key `{}` stands twice: keep one", shorten(key)));
            }
        }
    }

    fn required<'j>(&mut self, table: &'j [(String, Json)], key: &str, place: FactPlace) -> Option<&'j Json> {
        let value = table.iter().find(|(name, _)| name == key).map(|(_, value)| value);
        if value.is_none() {
            self.add(&format!("$.{key}"), "this is missing: add it");
            self.wrong.insert(place);
        }
        value
    }

    fn date(&mut self, table: &[(String, Json)], key: &str, place: FactPlace) -> Date {
        let Some(value) = self.required(table, key, place.clone()) else { return STAND_IN.0 };
        let read = match value {
            // Only the plain form: a time of day or a zone in it would be guessed away.
            Json::Text(text) => text.parse::<Date>().ok().filter(|day| day.to_string() == *text),
            _ => None,
        };
        read.unwrap_or_else(|| {
            self.add(&format!("$.{key}"), "expected a date that exists: write it as \"2026-11-23\"");
            self.wrong.insert(place);
            STAND_IN.0
        })
    }

    /// The place, or for a wrong one any the protocol knows, so that the other facts are still looked at.
    fn jurisdiction(&mut self, table: &[(String, Json)]) -> Option<Jurisdiction> {
        let value = self.required(table, "jurisdiction", FactPlace::Jurisdiction);
        if let Some(Json::Text(text)) = value
            && let Ok(name) = Jurisdiction::new(text)
        {
            return Some(name);
        }
        if value.is_some() {
            let known: Vec<&str> =
                self.protocol.jurisdictions.iter().map(|place| place.id.as_str()).collect();
            self.add("$.jurisdiction", format!("expected one of the places {}", known.join(", ")));
            self.wrong.insert(FactPlace::Jurisdiction);
        }
        self.protocol.jurisdictions.first().map(|place| place.id.clone())
    }

    fn asked_zones(&mut self, table: &[(String, Json)]) -> BTreeSet<ZoneId> {
        let Some(value) = self.required(table, "zones", FactPlace::Zones) else { return BTreeSet::new() };
        let zones = self.zones("$.zones", value, true);
        if zones.is_none() {
            self.wrong.insert(FactPlace::Zones);
        }
        zones.unwrap_or_default()
    }

    /// Zones out of a list; `None` if anything in it was wrong. Only zones asked for are remembered as spelled.
    fn zones(&mut self, path: &str, value: &Json, asked: bool) -> Option<BTreeSet<ZoneId>> {
        let Json::List(list) = value else {
            self.add(path, format!("expected a list of zones, found {}", value.kind()));
            return None;
        };
        let mut zones = BTreeSet::new();
        let mut all_right = true;
        for (index, entry) in list.iter().enumerate() {
            let found = if let Json::Text(word) = entry { self.zones_meant(word, asked) } else { Vec::new() };
            if found.is_empty() {
                let known: Vec<&str> = self.protocol.zones.iter().map(|zone| zone.id.as_str()).collect();
                let message = format!("this zone is not in the protocol; known: {}", known.join(", "));
                self.add(&format!("{path}[{index}]"), message);
                all_right = false;
            }
            zones.extend(found);
        }
        all_right.then_some(zones)
    }

    /// The zone a word means, or all zones of the region it names.
    fn zones_meant(&mut self, word: &str, asked: bool) -> Vec<ZoneId> {
        if let Some(zone) = self.protocol.zone_meant(word) {
            if asked {
                self.spelling.words.entry(zone.id.clone()).or_default().insert(word.to_owned());
            }
            return vec![zone.id.clone()];
        }
        let in_region = self.protocol.treatable_zones().filter(|zone| zone.region.as_str() == word);
        in_region.map(|zone| zone.id.clone()).collect()
    }

    fn answers(&mut self, table: &[(String, Json)]) -> BTreeMap<RuleId, Answer> {
        let mut answers = BTreeMap::new();
        let Some((_, value)) = table.iter().find(|(name, _)| name == "answers") else {
            self.add("$.answers", "this is missing: add it, as {} when everything was answered no");
            return answers;
        };
        let Json::Table(entries) = value else {
            self.add("$.answers", format!("expected an object of answers by rule, found {}", value.kind()));
            return answers;
        };
        self.check_keys("$.answers", entries, &[]);
        for (key, value) in entries {
            let path = answer_path(key);
            let answer = self.answer(&path, value);
            match RuleId::new(key) {
                Ok(rule) => {
                    // A wrong answer still has its rule looked up; "no" can add no complaint of its own.
                    answers.insert(rule, answer.unwrap_or(Answer::No));
                }
                Err(problem) => self.add(&path, format!("this is not a rule's id: {problem}")),
            }
        }
        answers
    }

    fn answer(&mut self, path: &str, value: &Json) -> Option<Answer> {
        match value {
            Json::Text(word) => match word.as_str() {
                "yes" => Some(Answer::Yes),
                "no" => Some(Answer::No),
                "unsure" => Some(Answer::Unsure),
                "unanswered" => Some(Answer::Unanswered),
                _ => {
                    self.add(path, format!("this answer is not known: {ANSWER_FORMS}"));
                    None
                }
            },
            Json::Table(entries) => self.answer_object(path, entries),
            _ => {
                self.add(path, format!("an answer cannot be {}: {ANSWER_FORMS}", value.kind()));
                None
            }
        }
    }

    fn answer_object(&mut self, path: &str, entries: &[(String, Json)]) -> Option<Answer> {
        match entries {
            [(key, Json::Whole(days))] if key == "days_ago" => match u32::try_from(*days) {
                Ok(days) => Some(Answer::DaysAgo(days)),
                Err(_) => {
                    self.add(&format!("{path}.days_ago"), "this number of days is too large: check it");
                    None
                }
            },
            [(key, _)] if key == "days_ago" => {
                let message = "expected a whole number of days, 0 for today and never below";
                self.add(&format!("{path}.days_ago"), message);
                None
            }
            [(key, zones)] if key == "zones" => {
                let zones = self.zones(&format!("{path}.zones"), zones, false)?;
                Some(Answer::In(zones))
            }
            _ => {
                self.add(path, format!("expected exactly one key, `days_ago` or `zones`: {ANSWER_FORMS}"));
                None
            }
        }
    }
}
