//! Invented people for the demo clinic: every name is put together by chance from the lists below. No name of those who
//! work there is among them.

use super::Dice;

const GIVEN: [&str; 60] = [
    "Ada", "Amina", "Anna", "Aoife", "Arjun", "Beatriz", "Bela", "Carmen", "Chidi", "Chiara", "Dalia",
    "Daniel", "Dimitri", "Elif", "Elena", "Emeka", "Esther", "Fatima", "Felix", "Freya", "Gabriel", "Grace",
    "Hana", "Hugo", "Ines", "Ingrid", "Isaac", "Jamal", "Jana", "Jonah", "Kaito", "Katarina", "Kwame",
    "Laila", "Leo", "Linh", "Lucia", "Malik", "Marek", "Maya", "Mina", "Mira", "Nadia", "Naomi", "Nour",
    "Olga", "Oscar", "Pavel", "Priya", "Rosalie", "Sami", "Sanna", "Selin", "Sofia", "Tariq", "Teresa",
    "Vera", "Viktor", "Yara", "Zofia",
];

const FAMILY: [&str; 60] = [
    "Abbas", "Adeyemi", "Almeida", "Andersen", "Bakker", "Banerjee", "Baran", "Bellini", "Brandt", "Byrne",
    "Castro", "Chen", "Costa", "Demir", "Diallo", "Dubois", "Eriksen", "Farah", "Ferrari", "Fischer",
    "Garcia", "Georgiou", "Hakimi", "Hansen", "Hoffmann", "Ibrahim", "Ivanova", "Jansen", "Kaya", "Keller",
    "Khan", "Kovacs", "Kowalska", "Larsen", "Lindgren", "Lopez", "Marino", "Mensah", "Moreau", "Murphy",
    "Nakamura", "Nguyen", "Novak", "Okoye", "Olsen", "Osei", "Pereira", "Petrov", "Popescu", "Quigley",
    "Rossi", "Schulz", "Silva", "Singh", "Takeda", "Torres", "Vermeer", "Wagner", "Weber", "Yilmaz",
];

/// Somebody who does not exist.
pub(super) struct Person {
    /// Given name and family name.
    pub(super) name: String,
    /// At a domain that the standards keep for examples, so nothing can ever arrive anywhere (RFC 2606).
    pub(super) email: String,
    /// In a range kept for drama (Ofcom: 020 7946 0000 to 0999).
    pub(super) phone: String,
}

/// The `index`-th invented person.
pub(super) fn person(dice: &mut Dice, index: usize) -> Person {
    let given = dice.pick(&GIVEN);
    let family = dice.pick(&FAMILY);
    Person {
        name: format!("{given} {family}"),
        email: format!("{}.{}.{index}@example.org", given.to_lowercase(), family.to_lowercase()),
        phone: format!("020 7946 {:04}", dice.below(1000)),
    }
}
