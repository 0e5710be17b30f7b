//! The command line of the measuring programs.

use std::path::PathBuf;

use crate::Outcome;

/// What can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// A PostgreSQL server on which a database of our own may be made: `postgres://user@host:port/database`.
    pub database: Option<String>,
    /// The folder for the server's data: on the disk that is to be measured.
    pub data: PathBuf,
    /// How often, for programs that repeat.
    pub rounds: usize,
}

impl Options {
    /// Reads the arguments after the program's name; `name` is for the data folder.
    pub fn parse(name: &str, rounds: usize, args: impl Iterator<Item = String>) -> Outcome<Self> {
        let mut options = Self { database: None, data: PathBuf::from(format!("data/bench-{name}")), rounds };
        let mut args = args;
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or(format!("{arg} needs a value"));
            match arg.as_str() {
                "--database" => options.database = Some(value()?),
                "--data" => options.data = PathBuf::from(value()?),
                "--rounds" => {
                    options.rounds = value()?.parse().map_err(|_| "--rounds needs a number".to_owned())?;
                }
                _ => {
                    return Err(format!(
                        "{name} knows --data FOLDER, --database URL and --rounds N, not {arg:?}"
                    ));
                }
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::Options;

    #[test]
    fn arguments_are_read_or_refused() {
        let parse = |line: &str| Options::parse("x", 3, line.split_whitespace().map(str::to_owned));
        let usual = parse("").unwrap();
        assert_eq!((usual.rounds, usual.data.to_str(), &usual.database), (3, Some("data/bench-x"), &None));
        let chosen = parse("--rounds 5 --data d --database u").unwrap();
        let url = chosen.database.as_deref();
        assert_eq!((chosen.rounds, chosen.data.to_str(), url), (5, Some("d"), Some("u")));
        for (line, told) in [("--rounds", "value"), ("--rounds x", "number"), ("--fast", "--rounds N")] {
            assert!(parse(line).unwrap_err().contains(told), "{line}");
        }
    }
}
