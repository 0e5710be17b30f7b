//! What every form shares: errors by field, hidden tokens, groups of choices.

/// One thing wrong with one field.
#[derive(Clone, Debug)]
pub struct FieldErrorView {
    /// The `name` of the field, which is also its `id`.
    pub field: String,
    /// What to do about it.
    pub message: String,
}

/// Everything wrong with a form, in the order of its fields.
#[derive(Clone, Debug, Default)]
pub struct FormErrorsView(pub Vec<FieldErrorView>);

impl FormErrorsView {
    /// The message of this field, or the empty text.
    pub fn of(&self, field: &str) -> &str {
        self.0.iter().find(|error| error.field == field).map_or("", |error| &error.message)
    }

    /// Notes what is wrong with a field and what to do.
    pub fn add(&mut self, field: &str, message: impl Into<String>) {
        self.0.push(FieldErrorView { field: field.into(), message: message.into() });
    }

    /// Whether the form may be shown without a summary.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A hidden field: a signed token, an idempotency key.
#[derive(Clone, Debug)]
pub struct HiddenView {
    /// The field's name.
    pub name: String,
    /// Its value, escaped by the template.
    pub value: String,
}

/// One answer that can be picked.
#[derive(Clone, Debug)]
pub struct ChoiceView {
    /// What the server receives.
    pub value: String,
    /// What the person reads.
    pub label: String,
    /// A line of explanation; may be empty.
    pub hint: String,
    /// Picked when the page opens.
    pub is_chosen: bool,
}

impl ChoiceView {
    /// A choice with no hint, not chosen.
    pub fn new(value: &str, label: &str) -> Self {
        Self { value: value.into(), label: label.into(), hint: String::new(), is_chosen: false }
    }

    /// The same choice with a line of explanation.
    pub fn with_hint(mut self, hint: &str) -> Self {
        self.hint = hint.into();
        self
    }

    /// The same choice, picked or not.
    pub fn chosen(mut self, is_chosen: bool) -> Self {
        self.is_chosen = is_chosen;
        self
    }
}
