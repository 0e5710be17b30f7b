//! Patients, and finding them by the beginnings of words.

use crate::{Row, StoreError, Tx, Value};
use jiff::civil::Date;
use record::Patient;
use std::collections::{BTreeSet, HashSet};
use vocab::{ClinicId, PatientId};

/// Longest key that is kept, in bytes: longer words are found by their beginnings.
const KEY_LENGTH_MAX: usize = 64;

/// So many last digits tell telephone numbers apart: what comes before is a country's code, or the 0 in its place.
const COMPARED_DIGITS: usize = 9;

/// Most rows looked at for one search.
const CANDIDATES_MAX: i64 = 500;

/// Most new patients whose keys are not written yet that a search looks at.
const DUE_MAX: i64 = 10_000;

/// Writes a new patient. Of the keys they are found by only the mail address is written at once, for whoever books has
/// to be known again; the others are for the next [`write_due_keys`], so that a booking touches few places on the disk.
/// [`search`] finds the patient all the same.
pub fn add(tx: &mut Tx<'_>, clinic: ClinicId, patient: &Patient) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO patient (clinic_id, patient_id, name, email, phone, birth_on, created_at, keys_due)
         VALUES ($1, $2, $3, $4, $5, $6, $7, TRUE)",
        &values(clinic, patient),
    )?;
    match normalise(patient.email.trim()).as_str() {
        "" => Ok(()),
        key => insert_key(tx, clinic, key, patient.id),
    }
}

/// Writes a patient, or everything about them anew, and the keys they are found by.
pub fn save(tx: &mut Tx<'_>, clinic: ClinicId, patient: &Patient) -> Result<(), StoreError> {
    let old_keys = load(tx, clinic, patient.id)?.map_or_else(BTreeSet::new, |old| search_keys(&old));
    tx.execute(
        "INSERT INTO patient (clinic_id, patient_id, name, email, phone, birth_on, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (clinic_id, patient_id) DO UPDATE SET name = excluded.name, email = excluded.email,
           phone = excluded.phone, birth_on = excluded.birth_on, keys_due = FALSE",
        &values(clinic, patient),
    )?;
    let keys = search_keys(patient);
    for key in old_keys.difference(&keys) {
        tx.execute(
            "DELETE FROM patient_key WHERE clinic_id = $1 AND search_key = $2 AND patient_id = $3",
            &[clinic.into(), key.into(), patient.id.into()],
        )?;
    }
    // All of them: those of a new patient may not have been written yet.
    keys.iter().try_for_each(|key| insert_key(tx, clinic, key, patient.id))
}

fn values(clinic: ClinicId, patient: &Patient) -> [Value<'_>; 7] {
    [
        clinic.into(),
        patient.id.into(),
        (&patient.name).into(),
        (&patient.email).into(),
        (&patient.phone).into(),
        patient.birth_on.into(),
        patient.created_at.into(),
    ]
}

fn insert_key(tx: &mut Tx<'_>, clinic: ClinicId, key: &str, patient: PatientId) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO patient_key (clinic_id, search_key, patient_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        &[clinic.into(), key.into(), patient.into()],
    )?;
    Ok(())
}

/// Whether [`write_due_keys`] has anything to do: a look that writes nothing.
pub fn has_due_keys(tx: &mut Tx<'_>, clinic: ClinicId) -> Result<bool, StoreError> {
    let found = tx.query_one(
        "SELECT 1 FROM patient WHERE clinic_id = $1 AND keys_due LIMIT 1",
        &[clinic.into()],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

/// Writes the keys of new patients, `limit` patients at most; of how many.
pub fn write_due_keys(tx: &mut Tx<'_>, clinic: ClinicId, limit: usize) -> Result<usize, StoreError> {
    let patients = due(tx, clinic, i64::try_from(limit).unwrap_or(i64::MAX))?;
    // In the keys' own order, so that neighbours are written together.
    let keys: BTreeSet<(String, PatientId)> = patients
        .iter()
        .flat_map(|patient| search_keys(patient).into_iter().map(|key| (key, patient.id)))
        .collect();
    for (key, patient) in &keys {
        insert_key(tx, clinic, key, *patient)?;
    }
    for patient in &patients {
        tx.execute(
            "UPDATE patient SET keys_due = FALSE WHERE clinic_id = $1 AND patient_id = $2",
            &[clinic.into(), patient.id.into()],
        )?;
    }
    Ok(patients.len())
}

/// New patients whose keys are not written yet.
fn due(tx: &mut Tx<'_>, clinic: ClinicId, limit: i64) -> Result<Vec<Patient>, StoreError> {
    tx.query(
        "SELECT patient_id, name, email, phone, birth_on, created_at FROM patient
         WHERE clinic_id = $1 AND keys_due ORDER BY patient_id LIMIT $2",
        &[clinic.into(), limit.into()],
        read,
    )
}

/// One patient.
pub fn load(tx: &mut Tx<'_>, clinic: ClinicId, id: PatientId) -> Result<Option<Patient>, StoreError> {
    tx.query_one(
        "SELECT patient_id, name, email, phone, birth_on, created_at FROM patient
         WHERE clinic_id = $1 AND patient_id = $2",
        &[clinic.into(), id.into()],
        read,
    )
}

/// The record with this mail address (letter case aside) and name (letter case, marks and blanks aside): whom a returning
/// visitor is. Of several the one with the same birth date, or, if none was given, the one without; of two who may be meant
/// neither is. Whose birth date differs is somebody else, and an empty address is nobody's.
pub fn by_email(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    email: &str,
    name: &str,
    birth_on: Option<Date>,
) -> Result<Option<Patient>, StoreError> {
    let email = folded(email);
    if email.is_empty() {
        return Ok(None);
    }
    let found = with_key(tx, clinic, &normalise(&email))?;
    let mut named: Vec<Patient> = found
        .into_iter()
        .filter(|patient| folded(&patient.email) == email && is_named(patient, name))
        .collect();
    let same = named.iter().position(|patient| patient.birth_on == birth_on);
    let may_be = named.iter().all(|patient| patient.birth_on.is_none() || birth_on.is_none());
    Ok(match (same, named.len()) {
        (Some(same), _) => Some(named.swap_remove(same)),
        (None, 1) if may_be => named.pop(),
        _ => None,
    })
}

/// Whether this is the patient's name: letter case, marks and blanks aside.
pub fn is_named(patient: &Patient, name: &str) -> bool {
    folded(&patient.name) == folded(name)
}

/// The one patient with this telephone number ([`is_same_number`]) and name (letter case and marks aside): whom somebody who
/// rings is. A number without digits is nobody's, and of two who fit neither is found.
pub fn by_phone(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    phone: &str,
    name: &str,
) -> Result<Option<Patient>, StoreError> {
    let key = digits(phone);
    if key.is_empty() {
        return Ok(None);
    }
    let mut found = with_key(tx, clinic, &key)?;
    // A number written in another way has another key, and the name has the same ones.
    found.extend(with_words(tx, clinic, name)?);
    found.extend(due(tx, clinic, DUE_MAX)?);
    let mut known = HashSet::new();
    found.retain(|patient| {
        is_same_number(&patient.phone, phone) && is_named(patient, name) && known.insert(patient.id)
    });
    Ok(if found.len() == 1 { found.pop() } else { None })
}

/// Whether two telephone numbers are one, with a country's code or without: their last nine digits are the same, or all of
/// them if one has fewer. What has no digits is no number.
pub fn is_same_number(one: &str, other: &str) -> bool {
    let last = |text: &str| {
        let digits = digits(text);
        digits[digits.len().saturating_sub(COMPARED_DIGITS)..].to_owned()
    };
    let one = last(one);
    !one.is_empty() && one == last(other)
}

/// Patients with the two longest words of this name among their own, the oldest record first.
fn with_words(tx: &mut Tx<'_>, clinic: ClinicId, name: &str) -> Result<Vec<Patient>, StoreError> {
    let mut words: Vec<String> = name_words(name).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let Some(longest) = words.first() else { return Ok(Vec::new()) };
    let next = words.get(1).unwrap_or(longest);
    tx.query(
        "SELECT patient.patient_id, name, email, phone, birth_on, created_at FROM patient
         JOIN patient_key one ON one.clinic_id = patient.clinic_id AND one.patient_id = patient.patient_id
         JOIN patient_key other ON other.clinic_id = patient.clinic_id AND other.patient_id = patient.patient_id
         WHERE one.clinic_id = $1 AND one.search_key = $2 AND other.search_key = $3
         ORDER BY created_at, patient.patient_id LIMIT $4",
        &[clinic.into(), longest.into(), next.into(), CANDIDATES_MAX.into()],
        read,
    )
}

/// Patients who are found by this key, the oldest record first.
fn with_key(tx: &mut Tx<'_>, clinic: ClinicId, key: &str) -> Result<Vec<Patient>, StoreError> {
    tx.query(
        "SELECT patient.patient_id, name, email, phone, birth_on, created_at FROM patient
         JOIN patient_key ON patient_key.clinic_id = patient.clinic_id
           AND patient_key.patient_id = patient.patient_id
         WHERE patient_key.clinic_id = $1 AND patient_key.search_key = $2
         ORDER BY created_at, patient.patient_id LIMIT $3",
        &[clinic.into(), key.into(), CANDIDATES_MAX.into()],
        read,
    )
}

/// Patients who have, for each word of `text`, a word of their name, their mail address or their telephone number
/// (digits only) that begins with it; `limit` at most, by name. Empty text finds nobody.
pub fn search(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    text: &str,
    limit: usize,
) -> Result<Vec<Patient>, StoreError> {
    let words = search_words(text);
    // The longest word leaves the fewest candidates; the others are checked in memory.
    let Some(longest) = words.iter().max_by_key(|word| word.len()) else { return Ok(Vec::new()) };
    let end = format!("{longest}\u{10FFFF}");
    let mut found = tx.query(
        "SELECT patient_id, name, email, phone, birth_on, created_at FROM patient
         WHERE clinic_id = $1 AND patient_id IN (
           SELECT patient_id FROM patient_key
           WHERE clinic_id = $1 AND search_key >= $2 AND search_key < $3
           ORDER BY search_key LIMIT $4)",
        &[clinic.into(), longest.as_str().into(), end.into(), CANDIDATES_MAX.into()],
        read,
    )?;
    let mut known: HashSet<PatientId> = found.iter().map(|patient| patient.id).collect();
    found.extend(due(tx, clinic, DUE_MAX)?.into_iter().filter(|patient| known.insert(patient.id)));
    found.retain(|patient| {
        let keys = search_keys(patient);
        words.iter().all(|word| keys.iter().any(|key| key.starts_with(word)))
    });
    found.sort_by_cached_key(|patient| (normalise(&patient.name), patient.id));
    found.truncate(limit);
    Ok(found)
}

fn read(row: &Row<'_>) -> Result<Patient, StoreError> {
    Ok(Patient {
        id: row.read(0, "patient.patient_id")?,
        name: row.text(1)?,
        email: row.text(2)?,
        phone: row.text(3)?,
        birth_on: row.read_or_null(4, "patient.birth_on")?,
        created_at: row.instant(5, "patient.created_at")?,
    })
}

/// The words a patient is found by.
fn search_keys(patient: &Patient) -> BTreeSet<String> {
    let mut keys: BTreeSet<String> = name_words(&patient.name).collect();
    keys.insert(normalise(patient.email.trim()));
    keys.insert(digits(&patient.phone));
    keys.remove("");
    keys
}

/// The words of what somebody types into the search box. A telephone number may be typed with blanks.
fn search_words(text: &str) -> Vec<String> {
    let is_phone = text.chars().all(|c| c.is_ascii_digit() || " +-/().".contains(c));
    if is_phone {
        return Some(digits(text)).filter(|number| !number.is_empty()).into_iter().collect();
    }
    if text.contains('@') {
        return vec![normalise(text.trim())];
    }
    name_words(text).collect()
}

/// The words of a name as keys.
fn name_words(name: &str) -> impl Iterator<Item = String> {
    let words = name.split(|c: char| !c.is_alphanumeric()).map(normalise);
    words.filter(|word| !word.is_empty())
}

/// The digits of a number as it was written, as a key that is found by its beginning: blanks and signs do not count.
fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).take(KEY_LENGTH_MAX).collect()
}

/// As a key: [`folded`], cut to the longest key.
fn normalise(text: &str) -> String {
    let mut key = folded(text);
    let end = key.floor_char_boundary(KEY_LENGTH_MAX);
    key.truncate(end);
    key
}

/// Lower case, one blank between words and none around them, the Latin letters with marks as they are written without them.
fn folded(text: &str) -> String {
    let mut all = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !all.is_empty() {
            all.push(' ');
        }
        for letter in word.chars().flat_map(char::to_lowercase) {
            match unmarked(letter) {
                Some(plain) => all.push_str(plain),
                // A combining mark of a letter written in two parts.
                None if ('\u{300}'..='\u{36F}').contains(&letter) => {}
                None => all.push(letter),
            }
        }
    }
    all
}

fn unmarked(letter: char) -> Option<&'static str> {
    Some(match letter {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'č' | 'ĉ' | 'ċ' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => "e",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'į' | 'ı' => "i",
        'ķ' => "k",
        'ĺ' | 'ļ' | 'ľ' | 'ł' => "l",
        'ñ' | 'ń' | 'ņ' | 'ň' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' | 'ő' => "o",
        'œ' => "oe",
        'ŕ' | 'ř' => "r",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
        'ß' => "ss",
        'ţ' | 'ť' | 'ț' => "t",
        'þ' => "th",
        'ù' | 'ú' | 'û' | 'ü' | 'ū' | 'ů' | 'ű' | 'ų' => "u",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_plain() {
        for (text, key) in [
            ("Müller", "muller"),
            ("ŁÓDŹ", "lodz"),
            ("Straße", "strasse"),
            ("e\u{301}", "e"),
            ("Ωmega", "ωmega"),
        ] {
            assert_eq!(normalise(text), key);
        }
        assert!(normalise(&"ä".repeat(500)).len() <= KEY_LENGTH_MAX);
    }

    #[test]
    fn a_number_is_the_same_with_a_countrys_code() {
        for (one, other, same) in [
            ("020 7946 0999", "+44 20 7946 0999", true),
            ("020 7946 0999", "0044 (0)20-79460999", true),
            ("030 1234567", "+49 30 1234567", true),
            ("020 7946 0999", "020 7946 0998", false),
            ("030 123456", "+49 30 123456", false),
            ("030 12345", "030/12345", true),
            ("030 12345", "+49 30 12345", false),
            ("12345", "0012345", false),
            ("", "", false),
            ("none", "020 7946 0999", false),
        ] {
            assert_eq!(is_same_number(one, other), same, "{one} {other}");
            assert_eq!(is_same_number(other, one), same, "{other} {one}");
        }
    }

    #[test]
    fn words_of_the_search_box() {
        for (text, words) in [
            ("", vec![]),
            ("  -", vec![]),
            ("Anna-Lena O'Hara", vec!["anna", "lena", "o", "hara"]),
            ("030 / 12 34", vec!["0301234"]),
            (" A@Example.org ", vec!["a@example.org"]),
        ] {
            assert_eq!(search_words(text), words, "{text}");
        }
    }
}
