//! The protocol a clinic works by: the one that ships with the program, or a folder of the clinic's own.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::Path,
};

use app::{Env, protocols::ProtocolInForce};

macro_rules! files {
    ($folder:literal: $($name:literal)*) => {
        &[$(($name, include_str!(concat!("../../../protocols/", $folder, "/", $name))),)*]
    };
}

/// The files of `protocols/micro-needling`, by name.
const MICRO_NEEDLING: &[(&str, &str)] = files!("micro-needling":
    "about.md" "acne-scars.md" "cases.toml" "concerns.toml" "hair-loss.md" "jurisdictions.toml" "pen-or-roller.md"
    "phases.toml" "pigmentation.md" "preparation.toml" "protocol.toml" "rejuvenation.md" "scars.md" "screening.toml"
    "screens.toml" "sources.toml" "stretch-marks.md" "wrinkles.md" "zones.toml");

/// The protocol that ships.
pub fn shipped() -> Result<ProtocolInForce, String> {
    ProtocolInForce::parse(MICRO_NEEDLING).map_err(|problems| {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        format!("the protocol that ships is broken: {}", problems.join("; "))
    })
}

/// The protocol in a folder, or the one that ships. Every file is read once; a folder with a mistake, with a case that comes
/// out otherwise than written, or with something that pages cannot show, is refused with all of it at once.
pub fn load(folder: Option<&Path>) -> Result<ProtocolInForce, String> {
    let Some(folder) = folder else { return shipped() };
    let refused = |why: String| format!("the protocol in {} cannot be used:\n{why}", folder.display());
    let lines = |problems: Vec<String>| refused(problems.join("\n"));
    let files = protocol::read_dir(folder).map_err(|error| refused(error.to_string()))?;
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let loaded = ProtocolInForce::parse(&files)
        .map_err(|problems| lines(problems.iter().map(ToString::to_string).collect()))?;
    let failures = protocol::run_cases(&loaded.protocol);
    if !failures.is_empty() {
        return Err(lines(failures.iter().map(ToString::to_string).collect()));
    }
    web::site::shown::check(&loaded.protocol).map_err(refused)?;
    Ok(loaded)
}

/// Refuses a protocol without the rules of the place where the clinic is.
pub fn covers(env: &Env) -> Result<(), String> {
    let clinic = env.store.read(|tx| store::clinics::load(tx, env.clinic_id));
    let clinic = clinic.map_err(|error| error.to_string())?.ok_or("there is no clinic in this database")?;
    match env.protocol.protocol.jurisdiction(&clinic.jurisdiction) {
        Some(_) => Ok(()),
        None => Err(format!(
            "the protocol has no rules for {}, where the clinic is: add them to jurisdictions.toml",
            clinic.jurisdiction
        )),
    }
}

/// What people call where a protocol comes from.
pub fn place(folder: Option<&Path>) -> String {
    folder
        .map_or_else(|| "the one that ships with this program".into(), |folder| folder.display().to_string())
}

/// Writes the files of the protocol that ships into a new or empty folder, for a clinician to change; how many.
pub fn export(folder: &Path) -> io::Result<usize> {
    fs::create_dir_all(folder)?;
    if fs::read_dir(folder)?.next().is_some() {
        return Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "it is not empty, and nothing is written over: name a new folder",
        ));
    }
    for (name, text) in MICRO_NEEDLING {
        let mut file = OpenOptions::new().write(true).create_new(true).open(folder.join(name))?;
        file.write_all(text.as_bytes())?;
    }
    Ok(MICRO_NEEDLING.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_ships() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../protocols/micro-needling");
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, MICRO_NEEDLING.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        assert!(shipped().is_ok());
    }

    #[test]
    fn what_is_exported_is_what_ships_and_nothing_is_written_over() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("a/protocol");
        assert_eq!(export(&folder).unwrap(), MICRO_NEEDLING.len());
        assert_eq!(load(Some(&folder)).unwrap().sha256, shipped().unwrap().sha256);
        fs::write(folder.join("protocol.toml"), "mine").unwrap();
        let told = export(&folder).unwrap_err().to_string();
        assert!(told.contains("it is not empty"), "{told}");
        assert_eq!(fs::read_to_string(folder.join("protocol.toml")).unwrap(), "mine");
    }

    #[test]
    fn a_folder_with_mistakes_is_refused_with_all_of_them() {
        let place = tempfile::tempdir().unwrap();
        let spoilt = |name: &str, changes: &[(&str, &str, &str)]| {
            let folder = place.path().join(name);
            export(&folder).unwrap();
            for (file, from, to) in changes {
                let text = fs::read_to_string(folder.join(file)).unwrap();
                assert!(text.contains(from), "{from}");
                fs::write(folder.join(file), text.replace(from, to)).unwrap();
            }
            load(Some(&folder)).unwrap_err()
        };
        let told = spoilt(
            "mistyped",
            &[
                ("screening.toml", "list = \"sun\"", "list = \"moon\""),
                ("zones.toml", "region = \"back\"", "regoin = \"back\""),
            ],
        );
        assert!(told.contains("the list `moon` does not exist") && told.contains("zones.toml:"), "{told}");
        assert!(told.contains("hint: ") && told.contains("mistyped cannot be used"), "{told}");
        let told = spoilt(
            "case",
            &[(
                "screening.toml",
                "answer = \"no\", outcome = \"proceed\"",
                "answer = \"no\", outcome = \"wait\"",
            )],
        );
        assert!(told.contains("SCR-"), "{told}");
        let told = spoilt("visits", &[("phases.toml", "id = \"treatment\"", "id = \"course\"")]);
        assert!(told.contains("there is no visit `treatment`"), "{told}");
        let told = load(Some(&place.path().join("nowhere"))).unwrap_err();
        assert!(told.contains("nowhere: cannot be read"), "{told}");
    }
}
