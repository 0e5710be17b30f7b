//! What becomes of a booking or a move that is refused: which page says it, and in which words. A time that was held and
//! cannot be had is given up, so that nobody is led back to it.

use super::hold::tell_of;
use crate::shell::{Context, Problem};
use crate::state::Web;
use app::Refusal;
use jiff::Timestamp;
use record::Hold;

/// What happened and what to do, in one line.
pub(super) fn sentence(refusal: &Refusal) -> String {
    let (title, advice) = refusal.words();
    format!("{title}. {advice}")
}

/// Whether the page of times says best what to do: another time, or what the self-check allows.
pub(super) fn leads_to_times(refusal: &Refusal) -> bool {
    use Refusal::{NoSuchTime, NotBefore, NotOpen, NotWithThese, Over, SelfCheckSays, TimeTaken};
    matches!(
        refusal,
        TimeTaken | NoSuchTime(_) | NotOpen(_) | Over | NotWithThese | NotBefore(_) | SelfCheckSays(_)
    )
}

/// Whether the form with one's details says it: nothing is wrong with the time, and what was typed may still be sent.
pub(super) fn stays_on_form(refusal: &Refusal) -> bool {
    use Refusal::{FormUsed, ProtocolNotSigned, SelfCheckMissing, SelfCheckOutdated};
    matches!(refusal, FormUsed | ProtocolNotSigned | SelfCheckMissing | SelfCheckOutdated)
}

/// Gives up the hold of the time that was refused, if there is one, and says why that time cannot be had. A time that was
/// refused for who comes stays held: somebody else may come at it.
pub(super) async fn without_hold(
    web: &Web,
    context: &Context,
    held: Option<&Hold>,
    start_at: Timestamp,
    refusal: &Refusal,
) -> Result<String, Problem> {
    use Refusal::{NoSuchTime, NotWithThese, TimeTaken};
    let is_refused = |hold: &&Hold| hold.start_at == start_at && !matches!(refusal, NotWithThese);
    let Some(hold) = held.filter(is_refused) else {
        return Ok(sentence(refusal));
    };
    tell_of(web, context, hold.id, app::appointments::release).await?;
    Ok(match refusal {
        TimeTaken | NoSuchTime(_) => {
            "The time you held cannot be kept: something has changed at the clinic meanwhile. \
                                      We are sorry. Please choose another one."
                .into()
        }
        refusal => sentence(refusal),
    })
}
