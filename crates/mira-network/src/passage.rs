//! The passage of a streamed answer from the provider to the caller: every event
//! goes on as it comes, the tap reads along, and the bill is charged at the end,
//! however the end comes.
//!
//! What a provider says of its own faults may name its key or its address, so such
//! an event ends the passage in our words. The last event waits for the charge:
//! who has seen the end has been charged.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use tokio::time::timeout;

use crate::bill::Bill;
use crate::events::UNCONFIRMED;
use crate::tap::{Seen, Tap};
use crate::whole_events::WholeEvents;
use crate::{Price, Unconfirmed};

/// The last event of a stream that the provider broke off, or filled with what is
/// no answer.
const BROKEN: &str = "event: error\ndata: {\"message\":\"The model's answer ended early\"}\n\n";
/// The last event of a stream in which the provider told of a fault.
const FAULT: &str =
    "event: error\ndata: {\"message\":\"The model's provider reported an error\"}\n\n";
/// How long a provider's connection gets to end cleanly after the answer has, so
/// that it can be used again.
const ENDING: Duration = Duration::from_millis(100);

/// A streamed answer on its way. Dropping it gives up the call and charges what
/// was used until then.
pub(crate) struct Passage {
    answer: BodyDataStream,
    events: WholeEvents,
    tap: Tap,
    prompt_bytes: usize,
    price: Price,
    bill: Option<Bill>,
}

impl Passage {
    /// Passes `answer` on, to be paid by `bill`.
    pub(crate) fn new(
        answer: mira_outbound::Body,
        prompt_bytes: usize,
        price: Price,
        bill: Bill,
    ) -> Self {
        Self {
            answer: Body::new(answer).into_data_stream(),
            events: WholeEvents::default(),
            tap: Tap::default(),
            prompt_bytes,
            price,
            bill: Some(bill),
        }
    }

    /// The events for the caller.
    pub(crate) fn into_stream(self) -> impl Stream<Item = Result<Bytes, axum::Error>> + Send {
        stream::unfold(self, |mut passage| async {
            let event = passage.next().await?;
            Some((Ok(event), passage))
        })
    }

    async fn next(&mut self) -> Option<Bytes> {
        loop {
            // A settled bill is the end, however it came.
            self.bill.as_ref()?;
            if let Some(event) = self.events.next() {
                return Some(self.pass(event).await);
            }
            match self.answer.next().await {
                Some(Ok(piece)) if self.events.push(&piece).is_ok() => {}
                Some(_) => return Some(self.end_with(BROKEN).await),
                None => return self.settle().await.err(),
            }
        }
    }

    async fn pass(&mut self, event: Bytes) -> Bytes {
        match self.tap.read(&event) {
            Seen::Part => event,
            Seen::Done => {
                let rest = async { while self.answer.next().await.is_some() {} };
                timeout(ENDING, rest).await.ok();
                self.settle().await.err().unwrap_or(event)
            }
            Seen::Fault => self.end_with(FAULT).await,
            Seen::Nonsense => self.end_with(BROKEN).await,
        }
    }

    async fn end_with(&mut self, last: &'static str) -> Bytes {
        let last = Bytes::from_static(last.as_bytes());
        self.settle().await.err().unwrap_or(last)
    }

    /// The last event in place of another, if the charge is not confirmed.
    async fn settle(&mut self) -> Result<(), Bytes> {
        let Some(bill) = self.completed_bill() else {
            return Ok(());
        };
        let settled = bill.settle().await;
        settled.map_err(|Unconfirmed| {
            format!("event: error\ndata: {{\"message\":\"{UNCONFIRMED}\"}}\n\n").into()
        })
    }

    fn completed_bill(&mut self) -> Option<Bill> {
        let bill = self.bill.take()?;
        bill.add(0, self.price, self.tap.usage(self.prompt_bytes));
        Some(bill)
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        drop(self.completed_bill());
    }
}
