//! The forwarding data plane: what a key opened goes to its upstream, and the
//! answer comes back as it comes.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::header::{CONNECTION, UPGRADE};
use http::{HeaderValue, Request, Response, StatusCode, Version};
use hyper::upgrade::OnUpgrade;
use mira_core::Grant;
use mira_tower::{Guard, refusal_of};
use mira_wire::{Refusal, RequestId};
use tokio::time::{sleep, timeout};

use crate::header_policy::{Introduction, rewrite_response};
use crate::outgoing::Outgoing;
use crate::request_body::{Progress, RequestBody};
use crate::upgrade::{self, Tunnel, WEBSOCKET, names_websocket};
use crate::upstream::Answer;
use crate::{Arrival, HeaderRules, ResponseBody, Service, Upstream, UpstreamError};

/// An upstream that has not answered by now keeps its client waiting: from here
/// on the wait ends with the key too.
const WATCH_AFTER: Duration = Duration::from_millis(200);

/// Forwards what a guard admitted. Clones are one.
#[derive(Clone)]
pub struct Proxy {
    guard: Guard,
}

/// One request that is being forwarded.
struct Forwarding<'a> {
    guard: &'a Guard,
    upstream: &'a Upstream,
    grant: &'a Grant,
    headers: &'a HeaderRules,
    outgoing: Outgoing<'a>,
    upgrade: Option<OnUpgrade>,
}

impl Proxy {
    /// A proxy whose answers end with the keys that `guard` knows.
    pub fn new(guard: Guard) -> Self {
        Self { guard }
    }

    /// Forwards `request`, which `grant` admitted, to `service`, path and query
    /// byte for byte.
    ///
    /// An `Ok` is the upstream's answer, errors included: it is not to be completed as
    /// one of ours. It carries the quota of the key and ends with the key: a stream
    /// breaks off, a websocket is closed, and so is the upstream's connection. Its
    /// body must be the connection's own, so that its end can be seen.
    pub async fn forward(
        &self,
        service: &Service,
        grant: &Grant,
        arrival: Arrival,
        request_id: RequestId,
        mut request: Request<Body>,
    ) -> Result<Response<Body>, Refusal> {
        let upstream = &*service.upstream;
        let can_upgrade = upstream.takes_upgrades();
        let upgrade = can_upgrade.then(|| upgrade::asked(&mut request)).flatten();
        let (head, body) = request.into_parts();
        let introduction = Introduction {
            host: upstream.host(),
            arrival,
            grant,
            request_id,
            is_upgrade: upgrade.is_some(),
        };
        let forwarding = Forwarding {
            guard: &self.guard,
            upstream,
            grant,
            headers: &service.headers,
            outgoing: Outgoing::new(head, &body, introduction, &service.headers),
            upgrade,
        };
        let forwarded = forwarding.run(body).await;
        forwarded.map_err(|stop| {
            let refusal = match stop {
                Stop::KeyEnded(refusal) => refusal,
                Stop::Upstream(error) => {
                    report(service, request_id, &error);
                    error.refusal()
                }
            };
            refusal.with_quota(grant.quota())
        })
    }
}

/// Why nothing was forwarded.
enum Stop {
    KeyEnded(Refusal),
    Upstream(UpstreamError),
}

impl From<UpstreamError> for Stop {
    fn from(error: UpstreamError) -> Self {
        Self::Upstream(error)
    }
}

impl Forwarding<'_> {
    async fn run(self, body: Body) -> Result<Response<Body>, Stop> {
        let silence = self.upstream.timeouts().request_silence;
        let (body, progress) = RequestBody::new(body, silence);
        let answer = self.answer(body, progress.as_ref()).await?;
        self.relay(answer).await
    }

    /// Waits for the head of the answer: as long as something moves, and the key
    /// lives.
    async fn answer(
        &self,
        body: RequestBody,
        progress: Option<&Arc<Progress>>,
    ) -> Result<Answer, Stop> {
        let upgrades = self.upgrade.is_some();
        let exchange = self
            .upstream
            .exchange(&self.outgoing, body, progress, upgrades);
        let mut exchange = pin!(exchange);
        if let Ok(answer) = timeout(WATCH_AFTER, &mut exchange).await {
            return Ok(answer?);
        }
        let mut lifeline = self.guard.watch(self.grant);
        let frames = || progress.map_or(0, |progress| progress.frames());
        loop {
            let seen = frames();
            tokio::select! {
                biased;
                end = lifeline.ended() => return Err(Stop::KeyEnded(refusal_of(end))),
                answer = &mut exchange => return Ok(answer?),
                () = sleep(self.upstream.timeouts().head) => {
                    if frames() == seen {
                        return Err(UpstreamError::Silent.into());
                    }
                }
            }
        }
    }

    async fn relay(self, answer: Answer) -> Result<Response<Body>, Stop> {
        let Answer { response, carrier } = answer;
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            return self.switch(Answer { response, carrier });
        }
        let (mut head, incoming) = response.into_parts();
        rewrite_response(&mut head, &incoming, self.outgoing.method())?;
        self.headers.apply_to_answer(&mut head.headers);
        head.version = Version::HTTP_11;
        let body: ResponseBody = self.upstream.body(incoming, carrier).await;
        let is_here = body.is_here();
        let response = Response::from_parts(head, body);
        Ok(if is_here {
            self.guard.bind(self.grant, response).map(Body::new)
        } else {
            self.guard.bind_stream(self.grant, response).map(Body::new)
        })
    }

    /// Lets both sides change to a websocket, which lives as long as the key.
    fn switch(self, answer: Answer) -> Result<Response<Body>, Stop> {
        let Answer {
            mut response,
            carrier,
        } = answer;
        let client = self.upgrade.filter(|_| names_websocket(response.headers()));
        let client = client.ok_or(UpstreamError::UnaskedUpgrade)?;
        let (driver, turn) = carrier.into_driver();
        let tunnel = Tunnel {
            client,
            upstream: hyper::upgrade::on(&mut response),
            driver,
            turn,
            silence: self.upstream.timeouts().tunnel_silence,
        };
        let (mut head, incoming) = response.into_parts();
        rewrite_response(&mut head, &incoming, self.outgoing.method())?;
        self.headers.apply_to_answer(&mut head.headers);
        let headers = &mut head.headers;
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static(WEBSOCKET));
        tokio::spawn(tunnel.run(self.guard.watch(self.grant)));
        let response = Response::from_parts(head, Body::empty());
        Ok(self.guard.bind(self.grant, response).map(Body::new))
    }
}

/// Tells an operator what the client is not told. An upstream that is down was
/// reported when it went.
fn report(service: &Service, request_id: RequestId, error: &UpstreamError) {
    let service = service.name;
    match error {
        UpstreamError::Down | UpstreamError::RequestBody => {}
        error => tracing::warn!(%service, %request_id, %error, "a request got no answer"),
    }
}
