//! The tick-lists of the self-check: "none of these" and "not sure" stand below every one, and nothing ticked is an
//! error, never a no.

use std::collections::BTreeSet;

use app::screening::{Given, PriorTreatments, SelfCheck};
use jiff::civil::Date;
use protocol::{AnswerKind, Protocol, Rule, Screen, TickList};
use vocab::ZoneId;

use crate::fields::Fields;
use crate::view::{ChoiceView, FormErrorsView};

/// Statements to tick, and the two answers that end every list.
#[derive(Debug)]
pub struct TickListView {
    /// The name of the field, and the id of the group.
    pub name: String,
    /// The question.
    pub title: String,
    /// How to answer it.
    pub hint: String,
    /// The statements.
    pub ticks: Vec<TickView>,
    /// "None of these".
    pub none: ChoiceView,
    /// "Not sure".
    pub unsure: ChoiceView,
}

/// One statement, and what is asked when it is ticked.
#[derive(Debug)]
pub struct TickView {
    /// The statement.
    pub choice: ChoiceView,
    /// "When was that?", shown once the statement is ticked.
    pub follow_up: Option<FollowUpView>,
    /// "Where is it?", shown once the statement is ticked, if more than one place is to be treated.
    pub places: Option<PlacesView>,
}

/// Which of the places to be treated a tick is about. None ticked counts as all.
#[derive(Debug)]
pub struct PlacesView {
    /// The field's name, which is also the id of the group.
    pub name: String,
    /// The places.
    pub choices: Vec<ChoiceView>,
}

/// A question that hangs on a tick.
#[derive(Debug)]
pub struct FollowUpView {
    /// The field's name, which is also its id.
    pub name: String,
    /// The question.
    pub label: String,
    /// The answers, "not sure" among them.
    pub choices: Vec<ChoiceView>,
}

/// Values of the two answers that end every list.
const NONE: &str = "none";
const UNSURE: &str = "unsure";

/// The field of the list that no rule looks at.
const PRIOR: &str = "list-prior-treatments";
const PRIOR_TITLE: &str = "What have you tried for it before?";

/// How long ago, as people remember it: the value says the fewest days it can mean, so that a wait is never cut short.
const WHENS: [(&str, &str); 7] = [
    (UNSURE, "I am not sure when"),
    ("0", "Today, or it still goes on"),
    ("1", "In the last three days"),
    ("4", "Four to seven days ago"),
    ("8", "One to two weeks ago"),
    ("15", "Two to four weeks ago"),
    ("29", "One to three months ago"),
];

/// The same for what is counted from its end: what is not over has no day, and a yes without one goes on.
const SINCE_WHENS: [(&str, &str); 2] =
    [(UNSURE, "It is not over yet, or I am not sure"), ("0", "Since today")];

/// The lists of one screen.
pub(super) struct Lists<'p> {
    pub(super) protocol: &'p Protocol,
    pub(super) screen: &'p Screen,
    /// Whether what was tried before is asked below them.
    pub(super) asks_prior: bool,
}

impl Lists<'_> {
    /// The heading of the screen: what its lists have in common, or the question of the only one.
    pub(super) fn title(&self) -> String {
        match self.screen.lists.as_slice() {
            [only] if !self.asks_prior() => only.title.clone(),
            _ => self.screen.title.clone(),
        }
    }

    /// The name of the first list's field.
    pub(super) fn first_field(&self) -> String {
        self.screen.lists.first().map(field).unwrap_or_default()
    }

    fn asks_prior(&self) -> bool {
        self.asks_prior && !self.protocol.prior_treatments.is_empty()
    }

    /// The lists, filled with what is known, or with what was just sent.
    pub(super) fn views(&self, check: &SelfCheck, today: Date, sent: Option<&Fields>) -> Vec<TickListView> {
        let lists = self.screen.lists.iter();
        let mut views: Vec<TickListView> = lists
            .map(|list| view(self.protocol, list, &self.protocol.rules_in(list), check, today, sent))
            .collect();
        if self.asks_prior() {
            views.push(self.prior_view(check, sent));
        }
        views
    }

    fn prior_view(&self, check: &SelfCheck, sent: Option<&Fields>) -> TickListView {
        let known = check.prior.as_ref();
        let is_sent = |value: &str| sent.is_some_and(|sent| sent.all(PRIOR).any(|sent| sent == value));
        let is_chosen = |value: &str, is_known: bool| is_sent(value) || sent.is_none() && is_known;
        let ticks = self.protocol.prior_treatments.iter().map(|one| {
            let is_known = known.is_some_and(|known| known.tried.contains(&one.id));
            let choice = ChoiceView::new(one.id.as_str(), &one.label);
            TickView {
                choice: choice.chosen(is_chosen(one.id.as_str(), is_known)),
                follow_up: None,
                places: None,
            }
        });
        let is_unsure = known.is_some_and(|known| known.is_unsure);
        let is_none = known.is_some_and(|known| known.tried.is_empty() && !known.is_unsure);
        TickListView {
            name: PRIOR.into(),
            title: PRIOR_TITLE.into(),
            hint: "At any time. It changes nothing about your answer; your therapist reads it before your visit.".into(),
            ticks: ticks.collect(),
            none: ChoiceView::new(NONE, "Nothing of this").chosen(is_chosen(NONE, is_none)),
            unsure: ChoiceView::new(UNSURE, "I do not remember all of it").chosen(is_chosen(UNSURE, is_unsure)),
        }
    }

    /// Whether something here has no answer yet.
    pub(super) fn are_open(&self, check: &SelfCheck) -> bool {
        let mut rules = self.screen.lists.iter().flat_map(|list| self.protocol.rules_in(list));
        rules.any(|rule| !check.answers.contains_key(&rule.id)) || self.asks_prior() && check.prior.is_none()
    }

    /// Takes the answers to all lists over, and notes what is wrong with them. Of a list that is not answered whole, only
    /// what is ticked is taken: the rest is not answered, which is never a no.
    pub(super) fn read(
        &self,
        fields: &Fields,
        today: Date,
        check: &mut SelfCheck,
        errors: &mut FormErrorsView,
    ) {
        for list in &self.screen.lists {
            let rules = self.protocol.rules_in(list);
            let ids: Vec<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
            let name = field(list);
            let ticked = Ticked::read(fields, &name, &ids);
            let is_whole = ticked.is_whole(&name, &list.title, errors);
            for rule in rules {
                let given = match (ticked.values.contains(&rule.id.as_str()), ticked.is_unsure) {
                    (true, _) => told(rule, fields, today, &check.zones),
                    (false, _) if !is_whole => {
                        check.answers.remove(&rule.id);
                        continue;
                    }
                    // Not sure is never a no: whatever of this list is not ticked stays open.
                    (false, true) => Given::Unsure,
                    (false, false) => Given::No,
                };
                check.answers.insert(rule.id.clone(), given);
            }
        }
        if self.asks_prior() {
            let all = &self.protocol.prior_treatments;
            let ids: Vec<&str> = all.iter().map(|one| one.id.as_str()).collect();
            let ticked = Ticked::read(fields, PRIOR, &ids);
            let is_whole = ticked.is_whole(PRIOR, PRIOR_TITLE, errors);
            let tried = all.iter().filter(|one| ticked.values.contains(&one.id.as_str()));
            let tried: BTreeSet<_> = tried.map(|one| one.id.clone()).collect();
            check.prior = (is_whole || !tried.is_empty())
                .then_some(PriorTreatments { tried, is_unsure: ticked.is_unsure });
        }
    }
}

fn field(list: &TickList) -> String {
    format!("list-{}", list.id)
}

/// What was ticked in one list.
struct Ticked<'f> {
    values: Vec<&'f str>,
    is_none: bool,
    is_unsure: bool,
}

impl<'f> Ticked<'f> {
    /// Values that are not among `ids` count for nothing: no page of ours sends them.
    fn read(fields: &'f Fields, name: &str, ids: &[&str]) -> Self {
        let sent = fields.named(name);
        let has = |value: &str| sent.contains(&value);
        let values = sent.iter().copied().filter(|value| ids.contains(value)).collect();
        Self { values, is_none: has(NONE), is_unsure: has(UNSURE) }
    }

    /// Whether it is an answer. One in which nothing is ticked, or "none of these" and something else, is noted by its
    /// title: a screen has several.
    fn is_whole(&self, name: &str, title: &str, errors: &mut FormErrorsView) -> bool {
        let is_told = !self.values.is_empty() || self.is_unsure;
        let words = match (is_told, self.is_none) {
            (true, false) | (false, true) => return true,
            (false, false) => "Tick what applies, or the line that none does, or that you are not sure.",
            (true, true) => "You ticked that none applies and something else. Which is right?",
        };
        errors.add(name, format!("{title} {words}"));
        false
    }
}

/// A yes, with its day and its places where they are asked for and told.
fn told(rule: &Rule, fields: &Fields, today: Date, asked: &[ZoneId]) -> Given {
    let days = fields.one(&when_field(rule)).parse::<i32>().ok();
    let days = days.filter(|_| rule.answer_kind == AnswerKind::Dated);
    let on = days.map(|days| today.saturating_sub(jiff::Span::new().days(days.clamp(0, 36_500))));
    let sent = fields.named(&where_field(rule));
    let is_named = |zone: &&ZoneId| asks_where(rule, asked) && sent.contains(&zone.as_str());
    let zones: BTreeSet<ZoneId> = asked.iter().filter(is_named).cloned().collect();
    // No place named may mean "everywhere" or "I cannot tell": it counts for all, as all of them named does.
    if zones.is_empty() || zones.len() == asked.len() {
        return on.map_or(Given::Yes, Given::On);
    }
    Given::In { zones, on }
}

fn when_field(rule: &Rule) -> String {
    format!("when-{}", rule.id)
}

fn where_field(rule: &Rule) -> String {
    format!("where-{}", rule.id)
}

/// Whether there is anything to tell apart.
fn asks_where(rule: &Rule, asked: &[ZoneId]) -> bool {
    rule.is_about_area && asked.len() > 1
}

fn view(
    protocol: &Protocol,
    list: &TickList,
    rules: &[&Rule],
    check: &SelfCheck,
    today: Date,
    sent: Option<&Fields>,
) -> TickListView {
    let name = field(list);
    let is_sent = |value: &str| sent.is_some_and(|sent| sent.all(&name).any(|sent| sent == value));
    let given = |rule: &Rule| check.answers.get(&rule.id);
    let tick = |rule: &&Rule| {
        let is_known = matches!(given(rule), Some(Given::Yes | Given::On(_) | Given::In { .. }));
        let is_ticked = is_sent(rule.id.as_str()) || sent.is_none() && is_known;
        let mut choice = ChoiceView::new(rule.id.as_str(), &rule.label).chosen(is_ticked);
        choice.hint = rule.hint.clone().unwrap_or_default();
        let is_dated = rule.answer_kind == AnswerKind::Dated;
        TickView {
            choice,
            follow_up: is_dated.then(|| follow_up(rule, given(rule), today, sent)),
            places: asks_where(rule, &check.zones)
                .then(|| places(protocol, rule, given(rule), &check.zones, sent)),
        }
    };
    let is_answered = !rules.is_empty() && rules.iter().all(|rule| check.answers.contains_key(&rule.id));
    let all_no = is_answered && rules.iter().all(|rule| given(rule) == Some(&Given::No));
    let any_unsure = rules.iter().any(|rule| given(rule) == Some(&Given::Unsure));
    TickListView {
        title: list.title.clone(),
        hint: list.hint.clone(),
        ticks: rules.iter().map(tick).collect(),
        none: ChoiceView::new(NONE, "None of these").chosen(is_sent(NONE) || sent.is_none() && all_no),
        unsure: ChoiceView::new(UNSURE, "I am not sure about one of these")
            .chosen(is_sent(UNSURE) || sent.is_none() && any_unsure),
        name,
    }
}

fn places(
    protocol: &Protocol,
    rule: &Rule,
    given: Option<&Given>,
    asked: &[ZoneId],
    sent: Option<&Fields>,
) -> PlacesView {
    let name = where_field(rule);
    let is_chosen = |zone: &ZoneId| match (sent, given) {
        (Some(sent), _) => sent.all(&name).any(|sent| sent == zone.as_str()),
        (None, Some(Given::In { zones, .. })) => zones.contains(zone),
        _ => false,
    };
    let choice = |zone: &ZoneId| {
        let label = protocol.zone(zone).map_or_else(|| zone.to_string(), |zone| zone.label.clone());
        ChoiceView::new(zone.as_str(), &label).chosen(is_chosen(zone))
    };
    PlacesView { choices: asked.iter().map(choice).collect(), name }
}

fn follow_up(rule: &Rule, given: Option<&Given>, today: Date, sent: Option<&Fields>) -> FollowUpView {
    let name = when_field(rule);
    let choices = longer_ago(rule);
    let chosen = sent.map_or_else(|| known_when(given, today, &choices), |sent| sent.one(&name).to_owned());
    let choices = choices.into_iter().map(|(value, label)| {
        let is_chosen = chosen == value;
        ChoiceView::new(&value, &label).chosen(is_chosen)
    });
    FollowUpView {
        label: rule.date_question.clone().unwrap_or_else(|| "When was that?".into()),
        choices: choices.collect(),
        name,
    }
}

/// The choice that was made before: the longest ago that the kept date is not before.
fn known_when(given: Option<&Given>, today: Date, choices: &[(String, String)]) -> String {
    let Some(Given::On(on) | Given::In { on: Some(on), .. }) = given else { return UNSURE.into() };
    let days = on.until(today).map_or(0, |span| span.get_days());
    let fits = |choice: &&(String, String)| choice.0.parse::<i32>().is_ok_and(|least| least <= days);
    choices.iter().rfind(fits).map_or_else(|| UNSURE.into(), |(value, _)| value.clone())
}

/// The choices of "when": what is usual, and beyond it the steps that this rule's limits need.
fn longer_ago(rule: &Rule) -> Vec<(String, String)> {
    let first = if rule.asks_since_when { &SINCE_WHENS[..] } else { &WHENS[..SINCE_WHENS.len()] };
    let usual = first.iter().chain(&WHENS[SINCE_WHENS.len()..]);
    let mut choices: Vec<(String, String)> =
        usual.map(|(value, label)| ((*value).into(), (*label).into())).collect();
    let longest = rule.clauses.iter().filter_map(|clause| clause.when.longest_days()).max().unwrap_or(0);
    let mut from = 92;
    for (days, label) in
        [(182, "Three to six months ago"), (365, "Six months to a year ago"), (730, "One to two years ago")]
    {
        if longest >= from {
            choices.push((from.to_string(), label.into()));
            from = days + 1;
        }
    }
    choices.push((from.max(longest + 1).to_string(), "Longer ago".into()));
    choices
}
