//! The guard of a door.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Response};
use http_body::Body;
use mira_core::{Access, Clock as _, Decision, Denied, Grant, Timestamp};
use mira_verifier::{
    Credential, End, Lifeline, Refiller, Resolved, Verification, Verifier, resolve,
};
use mira_wire::{Refusal, RequestId, quota_headers};

use crate::{LifelineBody, credential};

/// Asks the verifier on behalf of a door. Clones ask the same one.
#[derive(Clone)]
pub struct Guard {
    verifier: Arc<Verifier>,
    refiller: Arc<dyn Refiller>,
}

impl Guard {
    /// A guard that asks `verifier`, and lets `refiller` fetch what it lacks.
    pub fn new(verifier: Arc<Verifier>, refiller: Arc<dyn Refiller>) -> Self {
        Self { verifier, refiller }
    }

    /// Whether the request `id` with these `headers` may do `access`; charges the
    /// windows if so.
    pub async fn admit(
        &self,
        headers: &HeaderMap,
        access: &Access,
        id: RequestId,
    ) -> Result<Grant, Refusal> {
        self.admit_credential(&credential(headers), access, id)
            .await
    }

    /// The same for a credential that was read before.
    pub async fn admit_credential(
        &self,
        credential: &Credential<'_>,
        access: &Access,
        id: RequestId,
    ) -> Result<Grant, Refusal> {
        if let Some(answer) = self.answer_at_once(credential, access, id) {
            return answer;
        }
        // Rare, and boxed, as it would make the future of every request larger.
        let resolving = resolve(&self.verifier, self.refiller.as_ref(), credential, access);
        match Box::pin(resolving).await {
            Resolved::Decided(decision) => self.answer(decision, access, id),
            Resolved::Unavailable => Err(Refusal::unavailable()),
        }
    }

    /// The same as [`admit`](Self::admit), if memory alone holds the answer. Nothing is
    /// charged if it does not.
    pub fn admit_at_once(
        &self,
        headers: &HeaderMap,
        access: &Access,
        id: RequestId,
    ) -> Option<Result<Grant, Refusal>> {
        self.answer_at_once(&credential(headers), access, id)
    }

    fn answer_at_once(
        &self,
        credential: &Credential<'_>,
        access: &Access,
        id: RequestId,
    ) -> Option<Result<Grant, Refusal>> {
        match self.verifier.verify(credential, access) {
            Verification::Decided(decision) => Some(self.answer(decision, access, id)),
            Verification::Unavailable => Some(Err(Refusal::unavailable())),
            Verification::Needs(_) => None,
        }
    }

    fn answer(&self, decision: Decision, access: &Access, id: RequestId) -> Result<Grant, Refusal> {
        match decision {
            Decision::Allow(grant) => Ok(grant),
            Decision::Deny(denied) => {
                self.verifier.note_refusal(&denied, access, *id.as_bytes());
                Err(Refusal::denied(&denied, self.verifier.clock().now()))
            }
        }
    }

    /// The clock that decisions are made by.
    pub(crate) fn clock(&self) -> &mira_verifier::BootClock {
        self.verifier.clock()
    }

    /// Watches over what `grant` allowed, for a door that goes on without a body,
    /// as an upgraded connection does.
    pub fn watch(&self, grant: &Grant) -> Lifeline {
        self.verifier.watch(grant)
    }

    /// Ties `response` to the key behind `grant`: its headers say what the window
    /// has left, and its body ends when the key does. A body of known length is
    /// taken to be in memory; for one that is not, see
    /// [`bind_stream`](Self::bind_stream).
    pub fn bind<B>(&self, grant: &Grant, response: Response<B>) -> Response<LifelineBody<B>>
    where
        B: Body<Data = Bytes> + Send + 'static,
    {
        let is_here = response.body().size_hint().exact().is_some();
        self.tie(grant, response, is_here)
    }

    /// The same for a body that somebody else still sends, as an upstream does:
    /// its length may be known long before its bytes are here.
    pub fn bind_stream<B>(&self, grant: &Grant, response: Response<B>) -> Response<LifelineBody<B>>
    where
        B: Body<Data = Bytes> + Send + 'static,
    {
        let is_here = response.body().is_end_stream();
        self.tie(grant, response, is_here)
    }

    fn tie<B>(
        &self,
        grant: &Grant,
        mut response: Response<B>,
        is_here: bool,
    ) -> Response<LifelineBody<B>>
    where
        B: Body<Data = Bytes> + Send + 'static,
    {
        if let Some(quota) = grant.quota() {
            quota_headers(response.headers_mut(), quota);
        }
        let (parts, body) = response.into_parts();
        // What is here already cannot be taken back, and needs no watch.
        let lifeline = (!is_here).then(|| self.watch(grant));
        let body = LifelineBody::new(body, lifeline, &parts.headers);
        Response::from_parts(parts, body)
    }
}

/// What a new request would be told, now that the key has ended so.
pub fn refusal_of(end: End) -> Refusal {
    match end {
        End::Denied(denial) => {
            let denied = Denied {
                denial,
                key: None,
                quota: None,
            };
            // The instant is for windows, which end nothing that has begun.
            Refusal::denied(&denied, Timestamp::MIN)
        }
        End::Unavailable => Refusal::unavailable(),
    }
}
