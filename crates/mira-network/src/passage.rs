//! The passage of a streamed answer from the provider to the caller: every piece
//! goes on as it comes, the tap reads along, and the bill is charged at the end,
//! however the end comes.

use axum::body::{Body, BodyDataStream};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};

use crate::Price;
use crate::bill::Bill;
use crate::tap::Tap;

/// The last event of a stream that the provider broke off. The blank line ends
/// whatever it was in the middle of.
const BROKEN: &str = "\n\nevent: error\ndata: {\"message\":\"The model's answer ended early\"}\n\n";

/// A streamed answer on its way. Dropping it gives up the call and charges what
/// was used until then.
pub(crate) struct Passage {
    answer: BodyDataStream,
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
            tap: Tap::default(),
            prompt_bytes,
            price,
            bill: Some(bill),
        }
    }

    /// The pieces for the caller; they end when the charge is done.
    pub(crate) fn into_stream(self) -> impl Stream<Item = Result<Bytes, axum::Error>> + Send {
        stream::unfold(self, |mut passage| async {
            let piece = passage.next().await?;
            Some((Ok(piece), passage))
        })
    }

    async fn next(&mut self) -> Option<Bytes> {
        // A settled bill is the end, also after a break.
        self.bill.as_ref()?;
        match self.answer.next().await {
            Some(Ok(piece)) => {
                self.tap.read(&piece);
                Some(piece)
            }
            Some(Err(_)) => {
                self.end().await;
                Some(Bytes::from_static(BROKEN.as_bytes()))
            }
            None => {
                self.end().await;
                None
            }
        }
    }

    async fn end(&mut self) {
        if let Some(bill) = self.completed_bill() {
            bill.settle().await;
        }
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
