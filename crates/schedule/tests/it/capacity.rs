//! What a day can hold at most, beside the figures that an exact solver has proven for one visit (consult 15, cleanse 10, rest
//! 45 to 60, needling 30, calming 15, photograph 5, clean-down 10; the last clean-down may run past closing).

use schedule::{Minutes, Practice, Scheme, capacity};

const MINUTES: Minutes = Minutes {
    consult: 15,
    cleanse: 10,
    numbing: (45, 60),
    needling: 30,
    calming: 15,
    photo: 5,
    clean_down: 10,
};

/// Hours, therapists, and the proven most with 1 to 6 rooms: held, and by phases.
const PROVEN: [(u16, u16, [usize; 6], [usize; 6]); 6] = [
    (8, 1, [3, 4, 4, 4, 4, 4], [3, 5, 5, 5, 5, 5]),
    (8, 2, [3, 6, 7, 8, 8, 8], [3, 6, 9, 11, 12, 12]),
    (8, 3, [3, 6, 9, 10, 11, 12], [3, 6, 9, 12, 15, 17]),
    (10, 1, [4, 5, 5, 5, 5, 5], [4, 7, 7, 7, 7, 7]),
    (10, 2, [4, 8, 9, 10, 10, 10], [4, 8, 12, 14, 15, 15]),
    (10, 3, [4, 8, 12, 13, 14, 15], [4, 8, 12, 16, 20, 22]),
];

#[test]
fn every_held_and_phase_number_is_reached_within_one_visit_and_never_passed() {
    let mut equal = 0;
    for (hours, therapists, held, phases) in PROVEN {
        for (scheme, proven) in [(Scheme::Held, held), (Scheme::Phases, phases)] {
            for (most, rooms) in proven.into_iter().zip(1..) {
                let practice = Practice {
                    open_minutes: hours * 60,
                    minutes: MINUTES,
                    therapists,
                    rooms,
                    scheme,
                    on_call: None,
                };
                let found = capacity(&practice, 300);
                assert!(
                    (most - 1..=most).contains(&found),
                    "{hours} h, {therapists} therapists, {rooms} rooms, {scheme:?}: {found}, proven {most}"
                );
                equal += usize::from(found == most);
            }
        }
    }
    assert!(equal >= 60, "only {equal} of 72 are equal");
}
