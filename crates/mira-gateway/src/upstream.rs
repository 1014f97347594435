//! Where a service's requests are forwarded to.

use std::fmt;
use std::future::poll_fn;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::task::Poll;

use http::header::HeaderValue;
use http::{Response, Uri};
use http_body::Body as _;
use hyper::body::Incoming;
use rustls::ClientConfig;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::carrier::{Carrier, Link};
use crate::connection::SendError;
use crate::dialer::Dialer;
use crate::health::Health;
use crate::multiplexed::Multiplexed;
use crate::outgoing::Outgoing;
use crate::pool::Pool;
use crate::request_body::{Progress, RequestBody};
use crate::retry::may_follow;
use crate::{HttpVersions, ResponseBody, Timeouts, UpstreamError};

/// How often a request is sent at most, if nothing was done with it before.
const MAX_ATTEMPTS: u32 = 3;

/// An upstream origin: how to reach it, connections that wait, and whether it is
/// there. It is told apart by nothing else, so that services may share it.
pub struct Upstream {
    origin: Uri,
    host: HeaderValue,
    dialer: Dialer,
    /// Connections for one exchange at a time.
    pool: Arc<Pool>,
    /// Connections for many.
    shared: Arc<Multiplexed>,
    /// Whoever opens a connection that others may share has it.
    opening: Mutex<()>,
    /// Turns for as many exchanges as there may be at a time.
    turns: Option<Arc<Semaphore>>,
    health: Health,
    timeouts: Timeouts,
}

/// What an operator says of an upstream, beside its origin.
#[derive(Debug, Clone, Default)]
pub struct UpstreamOptions {
    /// How long is waited.
    pub timeouts: Timeouts,
    /// The versions of HTTP that are spoken.
    pub versions: HttpVersions,
    /// Roots and certificates of one's own; absent means the Mozilla roots. It
    /// must not name protocols (ALPN); they are decided here.
    pub tls: Option<ClientConfig>,
    /// Exchanges at a time; what comes beyond them is refused. Absent means any
    /// number.
    pub max_concurrent: Option<NonZeroU32>,
}

/// The URL is not an origin of `http` or `https`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an upstream is an http or https URL with a host and without a path")]
pub struct OriginError;

/// An answer, and what it comes on.
pub(crate) struct Answer {
    pub(crate) response: Response<Incoming>,
    pub(crate) carrier: Carrier,
}

impl Upstream {
    /// The upstream at `origin`.
    pub fn new(origin: &Uri, options: UpstreamOptions) -> Result<Self, OriginError> {
        let authority = origin.authority().ok_or(OriginError)?.as_str();
        let has_more = origin.path_and_query().is_some_and(|path| path != "/");
        if authority.contains('@') || origin.host().is_none_or(str::is_empty) || has_more {
            return Err(OriginError);
        }
        let UpstreamOptions {
            timeouts,
            versions,
            tls,
            max_concurrent,
        } = options;
        let dialer = Dialer::new(origin, timeouts.connect, versions, tls);
        let turns = max_concurrent.and_then(|turns| usize::try_from(turns.get()).ok());
        Ok(Self {
            origin: origin.clone(),
            host: HeaderValue::from_str(authority).map_err(|_| OriginError)?,
            dialer: dialer.ok_or(OriginError)?,
            pool: Arc::default(),
            shared: Arc::default(),
            opening: Mutex::default(),
            turns: turns.map(|turns| Arc::new(Semaphore::new(turns))),
            health: Health::default(),
            timeouts,
        })
    }

    /// The origin.
    pub fn origin(&self) -> &Uri {
        &self.origin
    }

    /// Whether the last attempt to connect succeeded, or none was made.
    pub fn is_up(&self) -> bool {
        self.health.is_up()
    }

    pub(crate) fn host(&self) -> &HeaderValue {
        &self.host
    }

    pub(crate) fn timeouts(&self) -> &Timeouts {
        &self.timeouts
    }

    /// Whether a connection to it can change to another protocol.
    pub(crate) fn takes_upgrades(&self) -> bool {
        self.dialer.can_own()
    }

    /// Sends `outgoing` with its `body` and waits for the head of its answer. One that
    /// `upgrades` its connection has it for itself.
    ///
    /// It is sent again where no byte of it was sent or the upstream says that it
    /// did nothing with it (RFC 9113 §8.7), and where it is idempotent, has no
    /// body, and a connection that had waited died before the answer began (RFC
    /// 9112 §9.3.1). Nothing else reaches an upstream twice.
    pub(crate) async fn exchange(
        &self,
        outgoing: &Outgoing<'_>,
        mut body: RequestBody,
        progress: Option<&Arc<Progress>>,
        upgrades: bool,
    ) -> Result<Answer, UpstreamError> {
        let turn = self.turn()?;
        let has_body = !body.is_end_stream();
        let mut waiting_may_serve = true;
        let mut attempts = 1;
        loop {
            let waiting = if waiting_may_serve {
                self.waiting(upgrades).await
            } else {
                None
            };
            let is_fresh = waiting.is_none();
            let mut link = match waiting {
                Some(link) => link,
                None => self.connect(upgrades).await?,
            };
            let is_shared = link.is_shared();
            let request = outgoing.request(body);
            let failed = match link.send(request, &self.origin, progress).await {
                Ok(response) => {
                    let carrier = Carrier::new(link, turn);
                    return Ok(Answer { response, carrier });
                }
                Err(failed) => failed,
            };
            drop(link);
            if progress.is_some_and(|progress| progress.has_failed()) {
                return Err(UpstreamError::RequestBody);
            }
            let is_last = if is_shared {
                attempts == MAX_ATTEMPTS
            } else {
                is_fresh
            };
            let SendError { error, unsent } = failed;
            body = match unsent {
                Some(unsent) if !is_last => unsent,
                None if !is_last && !has_body && may_follow(outgoing, is_shared, &error) => {
                    // Others that waited as long are likely gone too.
                    waiting_may_serve = is_shared;
                    RequestBody::empty()
                }
                _ => return Err(UpstreamError::Broken(error)),
            };
            attempts += 1;
        }
    }

    /// The body of an answer, with what of it is here already.
    pub(crate) async fn body(&self, incoming: Incoming, carrier: Carrier) -> ResponseBody {
        let silence = self.timeouts.answer_silence;
        let mut body = ResponseBody::new(incoming, carrier, &self.pool, silence);
        poll_fn(|cx| {
            body.take_first(cx);
            Poll::Ready(())
        })
        .await;
        body
    }

    /// A turn, where there are so many.
    fn turn(&self) -> Result<Option<OwnedSemaphorePermit>, UpstreamError> {
        let turn = self.turns.clone().map(Semaphore::try_acquire_owned);
        turn.transpose().map_err(|_| UpstreamError::Busy)
    }

    /// A connection that is there already.
    async fn waiting(&self, upgrades: bool) -> Option<Link> {
        if !upgrades && let Some(stream) = self.shared.take() {
            return Some(Link::Shared(stream));
        }
        self.pool.take().await.map(Link::Own)
    }

    async fn connect(&self, upgrades: bool) -> Result<Link, UpstreamError> {
        if upgrades || !self.dialer.may_share() {
            return self.open(upgrades).await;
        }
        // One opens a connection, and the others share it.
        let _opening = self.opening.lock().await;
        match self.shared.take() {
            Some(stream) => Ok(Link::Shared(stream)),
            None => self.open(upgrades).await,
        }
    }

    async fn open(&self, upgrades: bool) -> Result<Link, UpstreamError> {
        if !self.health.may_try() {
            return Err(UpstreamError::Down);
        }
        let dialing = self.dialer.dial(upgrades, &self.shared);
        // Rare, and boxed, as it would make the future of every exchange larger.
        let connected = Box::pin(timeout(self.timeouts.connect, dialing)).await;
        let connected = connected.unwrap_or(Err(UpstreamError::ConnectTimeout));
        let origin = &self.origin;
        match &connected {
            Ok(_) if self.health.mark_up() => tracing::info!(%origin, "an upstream is back"),
            Err(error) if self.health.mark_down() => {
                tracing::warn!(%origin, %error, "an upstream is down");
            }
            Ok(_) | Err(_) => {}
        }
        connected
    }
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upstream")
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}
