//! No text of a protocol tells anybody to leave out a prescribed medicine: stopping a blood thinner can kill.
//! Every text is looked at while it is read, so a clinic's own words are held to it too.

/// Words that name a medicine somebody may have been prescribed.
const MEDICINES: [&str; 25] = [
    "blood thinner",
    "warfarin",
    "heparin",
    "aspirin",
    "clopidogrel",
    "anticoagulant",
    "apixaban",
    "rivaroxaban",
    "isotretinoin",
    "tretinoin",
    "tazarotene",
    "adapalene",
    "antibiotic",
    "antiviral",
    "steroid",
    "insulin",
    "amiodarone",
    "mexiletine",
    "chemotherapy",
    "immune system",
    "prescri",
    "medicine",
    "medication",
    "tablet",
    "pills",
];
/// Beginnings of words that tell somebody to leave a thing out.
const STOPS: [&str; 11] =
    ["stop", "paus", "skip", "quit", "discontinu", "ceas", "halt", "withh", "avoid", "omit", "interrupt"];
/// Two words that say the same.
const STOP_PAIRS: [(&str, &str); 6] =
    [("leave", "out"), ("leave", "off"), ("come", "off"), ("go", "without"), ("cut", "out"), ("give", "up")];
/// Words that turn a stop into its opposite.
const NEGATIONS: [&str; 8] = ["never", "not", "don't", "nobody", "without", "no", "cannot", "doesn't"];
/// How many words before the stop a negation may stand.
const NEGATION_REACH: usize = 4;

/// The first sentence that tells somebody to leave out a medicine, if there is one.
pub(crate) fn sentence_that_stops_a_medicine(text: &str) -> Option<&str> {
    text.split(['.', '!', '?', ';', '\n'])
        .map(str::trim)
        .find(|sentence| stops_a_medicine(&sentence.to_lowercase()))
}

fn stops_a_medicine(sentence: &str) -> bool {
    if !MEDICINES.iter().any(|medicine| sentence.contains(medicine)) {
        return false;
    }
    let plain = sentence.replace('’', "'");
    let words: Vec<&str> = plain
        .split(|letter: char| !letter.is_alphanumeric() && letter != '\'')
        .filter(|word| !word.is_empty())
        .collect();
    (0..words.len()).any(|at| {
        let before = &words[at.saturating_sub(NEGATION_REACH)..at];
        let negated = before.iter().any(|word| NEGATIONS.contains(word));
        let next = words.get(at + 1).copied().unwrap_or_default();
        let stops = STOPS.iter().any(|stop| words[at].starts_with(stop));
        let stops_in_two = STOP_PAIRS.contains(&(words[at], next));
        let refuses = matches!(words[at], "take" | "taking" | "use" | "using") && negated;
        ((stops || stops_in_two) && !negated) || refuses
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_stops_a_medicine_is_found() {
        for text in [
            "Stop your blood thinner three days before.",
            "Please pause prescribed aspirin.",
            "Drink water. Leave out your medicine on the day!",
            "Do not take warfarin for two days.",
            "Don’t use your prescription cream.",
            "Come off isotretinoin first",
            "Avoid antibiotics; they make skin sensitive",
            "Discontinue the tablets",
        ] {
            assert!(sentence_that_stops_a_medicine(text).is_some(), "{text}");
        }
    }

    #[test]
    fn a_text_that_keeps_a_medicine_is_left_alone() {
        for text in [
            "Never stop a blood thinner for a cosmetic visit.",
            "Do not stop or change any prescribed medicine.",
            "Keep taking prescribed aspirin.",
            "Pause vitamin A creams you bought yourself. Ask about prescribed ones.",
            "The evidence does not support stopping warfarin.",
            "Stop scrubs and peels at home.",
        ] {
            assert_eq!(sentence_that_stops_a_medicine(text), None, "{text}");
        }
    }
}
