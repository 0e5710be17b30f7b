//! The protocols that ship with the program.

use app::protocols::ProtocolInForce;

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
}
