//! The guard of a door.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Response};
use http_body::Body;
use mira_core::{Access, Clock as _, Decision, Grant};
use mira_verifier::{Credential, Refiller, Resolved, Verifier, resolve};
use mira_wire::{Refusal, quota_headers};

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

    /// Whether a request with these `headers` may do `access`; charges the
    /// windows if so.
    pub async fn admit(&self, headers: &HeaderMap, access: &Access) -> Result<Grant, Refusal> {
        self.admit_credential(&credential(headers), access).await
    }

    /// The same for a credential that was read before.
    pub async fn admit_credential(
        &self,
        credential: &Credential<'_>,
        access: &Access,
    ) -> Result<Grant, Refusal> {
        match resolve(&self.verifier, self.refiller.as_ref(), credential, access).await {
            Resolved::Decided(Decision::Allow(grant)) => Ok(grant),
            Resolved::Decided(Decision::Deny(denied)) => {
                Err(Refusal::denied(&denied, self.verifier.clock().now()))
            }
            Resolved::Unavailable => Err(Refusal::unavailable()),
        }
    }

    /// Ties `response` to the key behind `grant`: its headers say what the window
    /// has left, and its body ends when the key does.
    pub fn bind<B>(&self, grant: &Grant, mut response: Response<B>) -> Response<LifelineBody<B>>
    where
        B: Body<Data = Bytes>,
    {
        if let Some(quota) = grant.quota() {
            quota_headers(response.headers_mut(), quota);
        }
        let (parts, body) = response.into_parts();
        // What is there already cannot be taken back, and needs no watch.
        let is_whole = body.size_hint().exact().is_some();
        let lifeline = (!is_whole).then(|| self.verifier.watch(grant));
        let body = LifelineBody::new(body, lifeline, &parts.headers);
        Response::from_parts(parts, body)
    }
}
