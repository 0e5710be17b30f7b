//! The clinic as its visitors see it.

/// Everything a page says about the clinic. All texts are the clinic's own.
#[derive(Clone, Debug, Default)]
pub struct ClinicView {
    /// The name over the door.
    pub name: String,
    /// One line under the name, shown large on the home page.
    pub tagline: String,
    /// The town, for "micro-needling in …".
    pub town: String,
    /// Telephone as people read it.
    pub phone: String,
    /// Telephone as a `tel:` address, digits and a leading plus only.
    pub phone_href: String,
    /// The address for letters by e-mail.
    pub email: String,
    /// Postal address, a line each.
    pub address: Vec<String>,
    /// When the telephone is answered and the door is open.
    pub hours: Vec<HoursView>,
    /// ISO 4217 code of the prices.
    pub currency: String,
    /// The local emergency number, as in "112".
    pub emergency_number: String,
    /// Who works here.
    pub team: Vec<PractitionerView>,
    /// What it costs, in groups.
    pub prices: Vec<PriceGroupView>,
    /// Until when moving and cancelling by link is free, in words: "48 hours before".
    pub cut_off: String,
    /// The clinic is an invention for trying the software; every page says so.
    pub is_demo: bool,
}

/// Opening hours of one or several days.
#[derive(Clone, Debug)]
pub struct HoursView {
    /// "Monday to Thursday".
    pub days: String,
    /// "09:00–19:00", or "closed".
    pub times: String,
}

/// Somebody who treats or assists.
#[derive(Clone, Debug)]
pub struct PractitionerView {
    /// Full name.
    pub name: String,
    /// "Therapist", "Doctor", "Assistant".
    pub role: String,
    /// Training and registration, in one line.
    pub training: String,
    /// A few sentences in their own words.
    pub words: String,
    /// A number of their own, so that the drawn sign beside the name stays the same.
    pub seed: u64,
}

/// Prices under one heading.
#[derive(Clone, Debug)]
pub struct PriceGroupView {
    /// "Face".
    pub title: String,
    /// The rows.
    pub items: Vec<PriceView>,
}

/// One price.
#[derive(Clone, Debug)]
pub struct PriceView {
    /// What is bought.
    pub name: String,
    /// What is included, how long it takes.
    pub detail: String,
    /// The amount with its currency sign, as the clinic writes it.
    pub amount: String,
}
