//! What the workspace holds, as `cargo metadata` tells it: packages, their edges, where builds land.

use crate::run::{Outcome, quietly};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One package of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Package {
    /// Its name, which is also its folder's name.
    pub(crate) name: String,
    /// Its folder, absolute.
    pub(crate) folder: PathBuf,
    /// Crates it needs to be built, sorted.
    pub(crate) needs: Vec<String>,
    /// Crates that only its tests need, sorted.
    pub(crate) needs_for_tests: Vec<String>,
    /// Its programs and examples as (kind, name), kind being `bin` or `example`.
    pub(crate) programs: Vec<(String, String)>,
}

/// The workspace: its root, where builds land, its packages by name.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    /// The folder of the root `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Cargo's target folder.
    pub(crate) target: PathBuf,
    /// Sorted by name.
    pub(crate) packages: Vec<Package>,
}

/// The cargo that started us, so that a chosen toolchain stays chosen.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// The root folder of the repository: the one above this package.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

impl Workspace {
    /// Asks cargo, without the network.
    pub(crate) fn load() -> Outcome<Self> {
        let text = quietly(cargo().args(["metadata", "--format-version", "1", "--no-deps", "--offline"]))?;
        Self::parse(&text)
    }

    /// Reads the answer of `cargo metadata --no-deps`.
    fn parse(text: &str) -> Outcome<Self> {
        let all: Value = serde_json::from_str(text).map_err(|error| format!("cargo metadata: {error}"))?;
        let path = |field: &str| match all[field].as_str() {
            Some(path) => Ok(PathBuf::from(path)),
            None => Err(format!("cargo metadata answered without {field:?}")),
        };
        let mut packages: Vec<Package> =
            all["packages"].as_array().into_iter().flatten().map(parse_package).collect();
        packages.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self { root: path("workspace_root")?, target: path("target_directory")?, packages })
    }

    /// Where cargo puts the program `name` in the profile folder `profile` (`debug`, `release`).
    pub(crate) fn program(&self, profile: &str, name: &str) -> PathBuf {
        self.target.join(profile).join(name)
    }
}

fn parse_package(package: &Value) -> Package {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let needs = |for_tests: bool| {
        let all = package["dependencies"].as_array().into_iter().flatten();
        let wanted = all.filter(|need| (need["kind"] == "dev") == for_tests);
        let mut names: Vec<String> = wanted.map(|need| text(&need["name"])).collect();
        names.sort();
        names.dedup();
        names
    };
    let programs = package["targets"].as_array().into_iter().flatten().filter_map(|target| {
        let kind = target["kind"].as_array()?.iter().find(|kind| **kind == "bin" || **kind == "example")?;
        Some((text(kind), text(&target["name"])))
    });
    let manifest = PathBuf::from(text(&package["manifest_path"]));
    Package {
        name: text(&package["name"]),
        folder: manifest.parent().unwrap_or(&manifest).to_owned(),
        needs: needs(false),
        needs_for_tests: needs(true),
        programs: programs.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_read_as_edges_and_programs() {
        let text = r#"{"workspace_root": "/w", "target_directory": "/w/target", "packages": [
            {"name": "store", "manifest_path": "/w/crates/store/Cargo.toml", "targets": [
                {"kind": ["lib"], "name": "store"}, {"kind": ["example"], "name": "bench-store"}],
             "dependencies": [{"name": "record", "kind": null}, {"name": "tempfile", "kind": "dev"},
                {"name": "cc", "kind": "build"}, {"name": "record", "kind": null}]},
            {"name": "app", "manifest_path": "/w/crates/app/Cargo.toml", "targets": [], "dependencies": []}]}"#;
        let workspace = Workspace::parse(text).unwrap();
        assert_eq!(workspace.program("release", "stipple"), Path::new("/w/target/release/stipple"));
        let [app, store] = &workspace.packages[..] else { panic!("two packages, sorted") };
        assert_eq!(app.name, "app");
        assert_eq!(store.folder, Path::new("/w/crates/store"));
        assert_eq!(store.needs, ["cc", "record"]);
        assert_eq!(store.needs_for_tests, ["tempfile"]);
        assert_eq!(store.programs, [("example".to_owned(), "bench-store".to_owned())]);
    }

    #[test]
    fn an_answer_without_a_root_is_refused() {
        assert!(Workspace::parse("{}").unwrap_err().contains("workspace_root"));
    }
}
