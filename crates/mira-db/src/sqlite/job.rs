//! A caller's work with its types erased, so that one queue takes all.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Poll, Waker};

use tokio::sync::oneshot;

use crate::database::BoxFuture;
use crate::error::{DbError, Fault};
use crate::tx::Tx;

/// Work to run in a transaction, or to refuse because there is none.
pub(super) type Job = Box<dyn FnOnce(Result<&mut Tx, DbError>) -> Done + Send>;

/// Work that has run and waits for the fate of its transaction.
pub(super) struct Done {
    /// Whether the work wants its changes kept.
    pub(super) keep: bool,
    answer: Box<dyn FnOnce(Result<(), DbError>)>,
}

impl Done {
    /// Tells the caller, if it still waits. The work's own error goes before
    /// that of the transaction.
    pub(super) fn answer(self, fate: Result<(), DbError>) {
        (self.answer)(fate);
    }
}

/// Makes a job of `work`, whose result goes to `reply`.
pub(super) fn new<T, E, F>(work: F, reply: oneshot::Sender<Result<T, E>>) -> Job
where
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    T: Send + 'static,
    E: From<DbError> + Send + 'static,
{
    Box::new(move |tx: Result<&mut Tx, DbError>| {
        let result = tx.map_err(E::from).and_then(|tx| drive(work, tx));
        Done {
            keep: result.is_ok(),
            answer: Box::new(move |fate| {
                let result = result.and_then(|value| fate.map(|()| value).map_err(E::from));
                // The caller may have gone away; the work stands all the same.
                let _ = reply.send(result);
            }),
        }
    })
}

/// Polls the work once: SQLite answers on the spot, so there is nothing to wait
/// for, and waiting would hold up everybody.
fn drive<T, E, F>(work: F, tx: &mut Tx) -> Result<T, E>
where
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>>,
    E: From<DbError>,
{
    let polled = catch_unwind(AssertUnwindSafe(|| {
        work(tx)
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
    }));
    match polled {
        Ok(Poll::Ready(result)) => result,
        Ok(Poll::Pending) => Err(DbError::Internal(Fault::Waited).into()),
        Err(_) => Err(DbError::Internal(Fault::Panicked).into()),
    }
}
