//! Claims about the world: a small table in common phrasings. Capitals and
//! counts have a slot, so that a wrong city or number is false and not unknown.

mod capitals;
mod counts;
mod phrases;
mod words;

use super::statement::Statement;
use words::Word;

/// Whether the positive statement is true, if the tables know.
pub(super) fn judge(statement: &Statement) -> Option<bool> {
    let words = words::normalize(&statement.words);
    phrases::judge(&words)
        .or_else(|| counts::judge(&words))
        .or_else(|| capitals::judge(&words))
}
