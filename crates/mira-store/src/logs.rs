//! Both logs at once: the last step of a transaction that changes something.

use mira_core::{Change, Timestamp};
use mira_db::Tx;

use crate::audit::{self, AuditEvent};
use crate::changelog::{self, Seq};
use crate::{StoreError, postgres};

/// Appends to the changelog and to the audit trail, as the last step of the
/// transaction that makes the changes. Returns the position of the last change,
/// [`Seq::START`] if there is none.
///
/// On a database of many writers this commits: the heads of the logs, at which
/// everybody queues, are then held for no longer than the commit takes.
pub async fn conclude(
    tx: &mut Tx,
    at: Timestamp,
    changes: &[Change],
    events: &[AuditEvent],
) -> Result<Seq, StoreError> {
    if changes.is_empty() && events.is_empty() {
        return Ok(Seq::START);
    }
    let Tx::Postgres(tx) = tx else {
        for event in events {
            audit::append(tx, event).await?;
        }
        let mut last = Seq::START;
        for change in changes {
            last = changelog::append(tx, at, change).await?;
        }
        return Ok(last);
    };
    let bodies = changes.iter().map(|change| changelog::encode(at, change));
    let bodies = bodies.collect::<Result<Vec<_>, _>>()?;
    let events = events.iter().map(audit::encode);
    let events = events.collect::<Result<Vec<_>, _>>()?;
    let last = postgres::log::conclude(tx, &bodies, &events).await?;
    Ok(if changes.is_empty() {
        Seq::START
    } else {
        Seq::from_number(last)
    })
}
