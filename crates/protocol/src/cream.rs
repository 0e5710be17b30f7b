//! What numbing cream somebody can have, and the words of a visit at which none is used.

use std::collections::BTreeSet;

use vocab::ProductId;

use crate::model::{Phase, PreparationItem, Protocol};

/// What numbing cream somebody can have, as far as their answers go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cream {
    /// Any.
    #[default]
    Any,
    /// Some: a clinician chooses.
    Chosen,
    /// None: every numbing substance is barred.
    None,
}

/// What numbing cream is left when these substances are barred.
pub fn cream_left(protocol: &Protocol, barred: &BTreeSet<ProductId>) -> Cream {
    match protocol.substances.iter().filter(|substance| barred.contains(&substance.id)).count() {
        0 => Cream::Any,
        some if some < protocol.substances.len() => Cream::Chosen,
        _ => Cream::None,
    }
}

impl Phase {
    /// The title and the text for somebody who can have this cream.
    pub fn words(&self, cream: Cream) -> (&str, &str) {
        (
            without(cream, &self.title_without_cream).unwrap_or(&self.title),
            without(cream, &self.text_without_cream).unwrap_or(&self.text),
        )
    }
}

impl PreparationItem {
    /// What to do, for somebody who can have this cream.
    pub fn words(&self, cream: Cream) -> &str {
        without(cream, &self.text_without_cream).unwrap_or(&self.text)
    }
}

/// The words that stand in for the usual ones where no cream is used.
fn without(cream: Cream, words: &Option<String>) -> Option<&str> {
    words.as_deref().filter(|_| cream == Cream::None)
}
