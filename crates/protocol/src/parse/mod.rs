//! Reads the files of a protocol and checks that everything they point to exists.

mod cases;
mod content;
mod rules;
mod screens;

use std::collections::BTreeMap;

use toml::de::DeTable;
use vocab::{NotAName, ZoneId};

use crate::{
    load::{FILE_SIZE_MAX, FILES_MAX},
    model::{Evidence, Protocol, Range, Reference},
    outcome::{Outcome, Tag},
    parse::cases::CaseDefaults,
    problem::{Place, Problem, Problems, Source},
    tree::{Fields, Node, check_wording, shorten},
};

/// What a name points to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Zone,
    ZoneOrRegion,
    Source,
    List,
    PriorTreatment,
    Jurisdiction,
    Substance,
    Rule,
    Concern,
    Preparation,
    Visit,
    Prose,
    LegalRule,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Zone => "zone",
            Self::ZoneOrRegion => "zone or region",
            Self::Source => "source",
            Self::List => "list",
            Self::PriorTreatment => "prior treatment",
            Self::Jurisdiction => "jurisdiction",
            Self::Substance => "substance",
            Self::Rule => "rule",
            Self::Concern => "concern",
            Self::Preparation => "preparation item",
            Self::Visit => "visit",
            Self::Prose => "Markdown file",
            Self::LegalRule => "legal rule",
        }
    }
}

/// What is gathered while reading: problems, names defined, names pointed to.
#[derive(Debug, Default)]
struct Reading<'a> {
    problems: Problems,
    defined: BTreeMap<(Kind, String), Place<'a>>,
    pointed: Vec<(Kind, String, Place<'a>)>,
    case_defaults: Option<CaseDefaults>,
}

impl<'a> Reading<'a> {
    /// Notes that a name is defined here, and refuses the second definition.
    fn define(&mut self, kind: Kind, name: &str, place: &Place<'a>) {
        if let Some(first) = self.defined.get(&(kind, name.to_owned())) {
            let (line, _) = first.line_and_column();
            let hint = format!("the first stands in {}:{line}; give this one another id", first.source.name);
            self.problems.add(place, format!("the {} `{name}` is defined twice", kind.word()), hint);
        } else {
            self.defined.insert((kind, name.to_owned()), place.clone());
        }
    }

    /// Notes that a name is pointed to from here; checked once all files are read.
    fn point(&mut self, kind: Kind, name: &str, place: &Place<'a>) {
        if !name.is_empty() {
            self.pointed.push((kind, name.to_owned(), place.clone()));
        }
    }

    fn check_pointers(&mut self) {
        for (kind, name, place) in std::mem::take(&mut self.pointed) {
            if self.defined.contains_key(&(kind, name.clone())) {
                continue;
            }
            let known: Vec<&str> = self
                .defined
                .keys()
                .filter(|(other, _)| *other == kind)
                .map(|(_, name)| name.as_str())
                .collect();
            let message = format!("the {} `{}` does not exist", kind.word(), shorten(&name));
            self.problems.add(&place, message, nearest_hint(&name, &known, kind.word()));
        }
    }

    /// The id of an item, defined here.
    fn id<T: ToString>(
        &mut self,
        fields: &mut Fields<'a>,
        kind: Kind,
        new: fn(&str) -> Result<T, NotAName>,
    ) -> Option<T> {
        let node = fields.required(&mut self.problems, "id")?;
        let id = node.name(&mut self.problems, new)?;
        self.define(kind, &id.to_string(), &node.place);
        Some(id)
    }

    /// A name that points to something.
    fn pointer<T: ToString>(
        &mut self,
        node: &Node<'a>,
        kind: Kind,
        new: fn(&str) -> Result<T, NotAName>,
    ) -> Option<T> {
        let name = node.name(&mut self.problems, new)?;
        self.point(kind, &name.to_string(), &node.place);
        Some(name)
    }

    fn pointers<T: ToString>(
        &mut self,
        fields: &mut Fields<'a>,
        key: &str,
        kind: Kind,
        new: fn(&str) -> Result<T, NotAName>,
    ) -> Vec<T> {
        let nodes = fields.list(&mut self.problems, key);
        nodes.iter().filter_map(|node| self.pointer(node, kind, new)).collect()
    }

    /// `sources` and `tag`. Where they may be left out, `inherited` stands in.
    fn evidence(&mut self, fields: &mut Fields<'a>, inherited: Option<&Evidence>) -> Evidence {
        let tags = Tag::ALL.map(|tag| (tag.word(), tag));
        let sources = match (fields.optional("sources"), inherited) {
            (None, Some(inherited)) => inherited.sources.clone(),
            (None, None) => {
                fields.required(&mut self.problems, "sources").map(|_| Vec::new()).unwrap_or_default()
            }
            (Some(node), _) => {
                let nodes = node.list(&mut self.problems);
                if nodes.is_empty() {
                    let hint = "name at least one source; `PROPOSAL` for the authors' own";
                    self.problems.add(&node.place, "no source is named", hint);
                }
                let mut keys = Vec::new();
                for key in nodes {
                    let name = key.text(&mut self.problems);
                    self.point(Kind::Source, &name, &key.place);
                    keys.push(name);
                }
                keys
            }
        };
        let tag = match (fields.optional("tag"), inherited) {
            (Some(node), _) => node.choice(&mut self.problems, &tags),
            (None, Some(inherited)) => inherited.tag,
            (None, None) => fields.choice(&mut self.problems, "tag", &tags),
        };
        Evidence { sources, tag }
    }

    /// A table of `usual`, `least` and `most`.
    fn range(&mut self, node: &Node<'a>, most: u32) -> Range {
        let empty = Range { usual: 0, least: 0, most: 0 };
        let Some(mut fields) = node.fields(&mut self.problems) else { return empty };
        let mut integer = |key| fields.integer(&mut self.problems, key, 0..=most);
        let range = Range { usual: integer("usual"), least: integer("least"), most: integer("most") };
        fields.finish(&mut self.problems);
        if !(range.least <= range.usual && range.usual <= range.most) {
            let hint = "write least, usual and most in rising order";
            self.problems.add(&node.place, "the usual value lies outside its own limits", hint);
        }
        range
    }

    fn required_range(&mut self, fields: &mut Fields<'a>, key: &str, most: u32) -> Range {
        match fields.required(&mut self.problems, key) {
            Some(node) => self.range(&node, most),
            None => Range { usual: 0, least: 0, most: 0 },
        }
    }
}

/// The words of outcomes, for [`Fields::choice`].
fn outcome_words() -> [(&'static str, Outcome); 6] {
    Outcome::ALL.map(|outcome| (outcome.word(), outcome))
}

fn nearest_hint(name: &str, known: &[&str], kind: &str) -> String {
    let nearest = known.iter().map(|other| (distance(name, other), *other)).min();
    match nearest {
        Some((near, other)) if near <= 2.max(name.len() / 4) && near < name.len() => {
            format!("did you mean `{other}`?")
        }
        _ => format!("add the {kind}, or correct the name"),
    }
}

/// Edit distance, for hints only.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, letter) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, wanted) in other.iter().enumerate() {
            let step = (diagonal + usize::from(letter != *wanted)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = row[j + 1];
            row[j + 1] = step;
        }
    }
    row[other.len()]
}

impl Protocol {
    /// Reads a protocol from its files, each a name and its text: TOML files, whose sections may be split over
    /// files in any way, and Markdown files.
    ///
    /// # Errors
    ///
    /// Every problem of every file, in the order of file, line and column.
    pub fn parse(files: &[(&str, &str)]) -> Result<Self, Vec<Problem>> {
        let sources: Vec<Source<'_>> = files.iter().map(|(name, text)| Source { name, text }).collect();
        let mut reading = Reading::default();
        check_sizes(&mut reading.problems, &sources);
        if let Some(problems) = std::mem::take(&mut reading.problems).into_sorted() {
            return Err(problems);
        }
        let (markdown, tomls): (Vec<_>, Vec<_>) =
            sources.iter().partition(|source| source.name.ends_with(".md"));
        let mut trees = Vec::new();
        for source in tomls {
            let (tree, errors) = DeTable::parse_recoverable(source.text);
            for error in errors {
                let place = Place { source, span: error.span().unwrap_or(0..0) };
                reading.problems.add(&place, error.message(), "correct the TOML here");
            }
            trees.push((source, tree));
        }
        let mut protocol = read_prose(&mut reading, &markdown);
        let mut roots: Vec<Fields<'_>> =
            trees.iter().map(|(source, tree)| Fields::root(source, tree)).collect();
        for root in &mut roots {
            cases::read_defaults(&mut reading, root);
        }
        let mut has_header = false;
        for mut root in roots {
            has_header |= read_header(&mut reading, &mut root, &mut protocol);
            content::read(&mut reading, &mut root, &mut protocol);
            screens::read(&mut reading, &mut root, &mut protocol);
            rules::read(&mut reading, &mut root, &mut protocol);
            protocol.cases.extend(cases::read(&mut reading, &mut root, "case", None));
            root.finish(&mut reading.problems);
        }
        check_whole(&mut reading, &protocol, has_header, sources.first());
        reading.check_pointers();
        match reading.problems.into_sorted() {
            Some(problems) => Err(problems),
            None => Ok(protocol),
        }
    }
}

fn check_sizes(problems: &mut Problems, sources: &[Source<'_>]) {
    for source in sources {
        if source.text.len() as u64 > FILE_SIZE_MAX {
            let hint = format!("a file has at most {FILE_SIZE_MAX} bytes: split it");
            problems.add(&Place { source, span: 0..0 }, "this file is too large", hint);
        }
    }
    if let Some(source) = sources.get(FILES_MAX) {
        let hint = format!("a protocol has at most {FILES_MAX} files: join some");
        problems.add(&Place { source, span: 0..0 }, "there are too many files", hint);
    }
}

fn read_prose<'a>(reading: &mut Reading<'a>, markdown: &[&'a Source<'a>]) -> Protocol {
    let mut prose = BTreeMap::new();
    for source in markdown {
        reading.define(Kind::Prose, source.name, &Place { source, span: 0..0 });
        let mut start = 0;
        for line in source.text.split_inclusive('\n') {
            check_wording(&mut reading.problems, &Place { source, span: start..start }, line);
            start += line.len();
        }
        prose.insert(source.name.to_owned(), source.text.to_owned());
    }
    Protocol {
        id: String::new(),
        version: String::new(),
        title: String::new(),
        unsure_reason: String::new(),
        concerns: Vec::new(),
        zones: Vec::new(),
        jurisdictions: Vec::new(),
        substances: Vec::new(),
        screens: Vec::new(),
        prior_treatments: Vec::new(),
        rules: Vec::new(),
        preparation: Vec::new(),
        visits: Vec::new(),
        sources: BTreeMap::new(),
        cases: Vec::new(),
        prose,
    }
}

/// Reads `[protocol]` and `[[source]]`; true if the file has the header.
fn read_header<'a>(reading: &mut Reading<'a>, root: &mut Fields<'a>, protocol: &mut Protocol) -> bool {
    for mut fields in root.tables(&mut reading.problems, "source") {
        let key = fields.required(&mut reading.problems, "key");
        let name = key.as_ref().map(|node| node.text(&mut reading.problems)).unwrap_or_default();
        if let Some(node) = &key {
            reading.define(Kind::Source, &name, &node.place);
        }
        let title = fields.text(&mut reading.problems, "title");
        let reference = fields.text(&mut reading.problems, "reference");
        fields.finish(&mut reading.problems);
        protocol.sources.insert(name, Reference { title, reference });
    }
    let Some(node) = root.optional("protocol") else { return false };
    let Some(mut fields) = node.fields(&mut reading.problems) else { return true };
    if !protocol.id.is_empty() {
        reading.problems.add(&node.place, "`[protocol]` stands twice", "keep it in one file only");
    }
    if let Some(id) = fields
        .required(&mut reading.problems, "id")
        .and_then(|id| id.name(&mut reading.problems, ZoneId::new))
    {
        protocol.id = id.to_string();
    }
    protocol.version = fields.text(&mut reading.problems, "version");
    protocol.title = fields.text(&mut reading.problems, "title");
    protocol.unsure_reason = fields.text(&mut reading.problems, "unsure_reason");
    fields.finish(&mut reading.problems);
    true
}

fn check_whole<'a>(
    reading: &mut Reading<'a>,
    protocol: &Protocol,
    has_header: bool,
    first: Option<&'a Source<'a>>,
) {
    const NOTHING: &Source<'static> = &Source { name: "protocol.toml", text: "" };
    let place = Place { source: first.unwrap_or(NOTHING), span: 0..0 };
    let mut lacks =
        |what: &str, hint: &str| reading.problems.add(&place, format!("the protocol has no {what}"), hint);
    if !has_header {
        lacks("header", "add a file with `[protocol]`: id, version, title, unsure_reason");
    }
    if protocol.zones.is_empty() {
        lacks("zone", "add `[[zone]]` tables");
    }
    if protocol.jurisdictions.is_empty() {
        lacks("jurisdiction", "add `[[jurisdiction]]` tables");
    }
    if protocol.rules.is_empty() {
        lacks("rule", "add `[[rule]]` tables");
    }
    for place in &protocol.jurisdictions {
        let Some(wider) = &place.part_of else { continue };
        if *wider == place.id || protocol.is_within(wider, &place.id) {
            let Some(at) = reading.defined.get(&(Kind::Jurisdiction, place.id.to_string())).cloned() else {
                continue;
            };
            let message = format!("the jurisdiction `{}` is a part of itself", place.id);
            reading.problems.add(&at, message, "correct `part_of`");
        }
    }
}
