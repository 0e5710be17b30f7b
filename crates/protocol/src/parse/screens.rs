//! Reads the screens of the self-check, their tick-lists, and what people may have tried before.

use vocab::{PriorTreatmentId, RuleId};

use crate::{
    model::{PriorTreatment, Protocol, Screen, TickList},
    parse::{Kind, Reading},
    tree::Fields,
};

/// The most screens a protocol may add to the two that are always asked; more than ten in all and people leave.
const SCREENS_MAX: usize = 8;
/// The most tick-lists on a screen; more and nobody reads to the end.
const LISTS_MAX: usize = 3;

/// Reads `[[screen]]` with its `[[screen.list]]`, and `[[prior_treatment]]`.
pub(super) fn read<'a>(reading: &mut Reading<'a>, root: &mut Fields<'a>, protocol: &mut Protocol) {
    for mut fields in root.tables(&mut reading.problems, "screen") {
        if protocol.screens.len() == SCREENS_MAX {
            let hint =
                format!("a protocol adds at most {SCREENS_MAX} screens: move its lists to another screen");
            reading.problems.add(&fields.place, "there are too many screens", hint);
        }
        let title = fields.text(&mut reading.problems, "title");
        let lists: Vec<TickList> = fields
            .tables(&mut reading.problems, "list")
            .into_iter()
            .filter_map(|list| read_list(reading, list))
            .collect();
        match lists.len() {
            0 => {
                let hint = "add a `[[screen.list]]` with id, title and hint";
                reading.problems.add(&fields.place, "this screen asks nothing", hint);
            }
            lists if lists > LISTS_MAX => {
                let hint = format!("a screen has at most {LISTS_MAX} lists: move one to another screen");
                reading.problems.add(&fields.place, "there are too many lists on this screen", hint);
            }
            _ => {}
        }
        fields.finish(&mut reading.problems);
        protocol.screens.push(Screen { title, lists });
    }
    for mut fields in root.tables(&mut reading.problems, "prior_treatment") {
        let id = reading.id(&mut fields, Kind::PriorTreatment, PriorTreatmentId::new);
        let label = fields.text(&mut reading.problems, "label");
        let evidence = reading.evidence(&mut fields, None);
        fields.finish(&mut reading.problems);
        protocol.prior_treatments.extend(id.map(|id| PriorTreatment { id, label, evidence }));
    }
}

fn read_list<'a>(reading: &mut Reading<'a>, mut fields: Fields<'a>) -> Option<TickList> {
    let id = reading.id(&mut fields, Kind::List, RuleId::new);
    let title = fields.text(&mut reading.problems, "title");
    let hint = fields.text(&mut reading.problems, "hint");
    fields.finish(&mut reading.problems);
    Some(TickList { id: id?.to_string(), title, hint })
}
