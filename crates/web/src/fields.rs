//! The fields of a form: as sent, text only, each read by its name, and what many forms have in common.

use std::str::FromStr;

use axum::{
    Form,
    extract::{FromRequest, FromRequestParts, Path, Request},
    http::request::Parts,
};

use app::diary::Rules;
use vocab::ResourceId;

use crate::{
    shell::{FormErrors, FormRefusal, Problem, TRAP_FIELD, csrf::FORM_TOKEN_FIELD},
    view::{ChoiceView, FieldErrorView, FormErrorsView, HiddenView},
};

/// So many letters of a line are shown again; more than any line takes, so that it can be shortened where it was typed.
const TYPED_LETTERS_MAX: usize = 2_000;

/// The fields of one form, in the order they were sent.
#[derive(Clone)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// The fields of an address.
    pub(crate) fn of_query(query: Vec<(String, String)>) -> Self {
        Self(query)
    }

    /// The first value of `name`, or the empty text.
    pub(crate) fn one(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// All values of `name`.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All values of `name`, borrowed from the form alone.
    pub(crate) fn named(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }

    /// The first value of `name` to be shown again in its one line: what the line cannot hold becomes a space, and what
    /// nobody types by hand is cut off.
    pub(crate) fn typed(&self, name: &str) -> String {
        let letters = self.one(name).chars().take(TYPED_LETTERS_MAX);
        letters.map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
    }

    /// The first value of `name` as a `T`; a page of ours sends nothing else.
    pub(crate) fn parsed<T: FromStr>(&self, name: &str) -> Result<T, Problem> {
        self.one(name).parse().map_err(|_| Problem::not_found())
    }

    /// Refuses fields that the form does not have, so that nobody sets what is ours to set. Names that end in `*`
    /// stand for all that begin so.
    pub(crate) fn only(&self, names: &[&str]) -> Result<(), Problem> {
        let known = |name: &str| {
            [FORM_TOKEN_FIELD, TRAP_FIELD].contains(&name)
                || names.iter().any(|known| match known.strip_suffix('*') {
                    Some(start) => name.starts_with(start),
                    None => *known == name,
                })
        };
        if self.0.iter().all(|(name, _)| known(name)) {
            return Ok(());
        }
        let mut errors = FormErrors::new();
        errors.add(
            "form",
            "The form has a field that this page does not know. Reload the page and send it again.",
        );
        Err(Problem::form(errors))
    }

    /// The form token that came with the form.
    pub(crate) fn token(&self) -> &str {
        self.one(FORM_TOKEN_FIELD)
    }

    /// The field that people do not see and machines fill in.
    pub(crate) fn trap(&self) -> &str {
        self.one(TRAP_FIELD)
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let form = Form::<Vec<(String, String)>>::from_request(request, state).await;
        let Form(fields) = form.map_err(|_| Problem::malformed("The form did not arrive whole."))?;
        Ok(Self(fields))
    }
}

/// The one variable part of a path, read as a `T`. What cannot be read is not here: 404.
pub struct Segment<T>(pub T);

impl<S: Send + Sync, T: FromStr + Send> FromRequestParts<S> for Segment<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let Path(text) = path.map_err(|_| Problem::not_found())?;
        text.parse().map(Self).map_err(|_| Problem::not_found())
    }
}

/// A hidden field.
pub(crate) fn hidden(name: &str, value: impl Into<String>) -> HiddenView {
    HiddenView { name: name.to_owned(), value: value.into() }
}

/// The errors of a use case as a page shows them.
pub(crate) fn shown(errors: &app::FormErrors) -> FormErrorsView {
    let error =
        |(field, message): (&str, &str)| FieldErrorView { field: field.into(), message: message.into() };
    FormErrorsView(errors.iter().map(error).collect())
}

/// A form error that is about the whole form.
pub(crate) fn about_form(field: &str, message: impl Into<String>) -> FormErrorsView {
    FormErrorsView(vec![FieldErrorView { field: field.into(), message: message.into() }])
}

/// What to do about a form that was sent too quickly, too late, or by a machine.
pub(crate) fn form_refusal(refusal: FormRefusal) -> &'static str {
    match refusal {
        FormRefusal::Stale => {
            "This page was open for a long time. Everything you typed is still here: please send it again."
        }
        FormRefusal::TooQuick { .. } => {
            "That was very quick. Everything you typed is still here: please send it again."
        }
        FormRefusal::Trap => {
            "A field that people do not see was filled in. Please send the form again as it is now."
        }
    }
}

/// A therapist named by a field; the empty text means anybody.
pub(crate) fn practitioner(fields: &Fields, name: &str) -> Result<Option<ResourceId>, Problem> {
    match fields.one(name) {
        "" => Ok(None),
        _ => fields.parsed(name).map(Some),
    }
}

/// The therapists as choices.
pub(crate) fn practitioners(rules: &Rules, chosen: &str) -> Vec<ChoiceView> {
    let anybody = ChoiceView::new("", "Anybody").chosen(chosen.is_empty());
    let each = rules.practitioners().map(|one| {
        let id = one.id.to_string();
        ChoiceView::new(&id, &one.name).chosen(id == chosen)
    });
    std::iter::once(anybody).chain(each).collect()
}

#[cfg(test)]
mod tests {
    use super::{Fields, TYPED_LETTERS_MAX};

    #[test]
    fn a_typed_line_comes_back_whatever_is_in_it() {
        let typed = |value: &str| Fields::of_query(vec![("name".into(), value.into())]).typed("name");
        assert_eq!(typed("Ada\tExample\r\n"), "Ada Example  ");
        assert_eq!(typed(&"ä".repeat(401)), "ä".repeat(401));
        assert_eq!(typed(&"ä".repeat(100_000)).chars().count(), TYPED_LETTERS_MAX);
    }
}
