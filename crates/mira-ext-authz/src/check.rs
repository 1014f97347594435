//! What a call asks about.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use mira_gateway::{Asked, RouteTable, parse_target};
use mira_tower::{Guard, Peer, client_address};
use mira_wire::{Refusal, RequestId};

use crate::message::{AttributeContext, CheckRequest, CheckResponse, HttpRequest};
use crate::verdict;

/// The request that is asked about.
pub(crate) struct Question {
    asked: Asked,
    headers: HeaderMap,
    /// The other end of the connection that it came by.
    source: Option<IpAddr>,
}

impl Question {
    /// Reads it; what is missing or unreadable is refused, as at the other doors.
    pub(crate) fn read(check: &CheckRequest) -> Result<Self, Refusal> {
        let attributes = check.attributes.as_ref();
        let request = attributes.and_then(|attributes| attributes.request.as_ref());
        let http = request
            .and_then(|request| request.http.as_ref())
            .ok_or_else(|| Refusal::invalid("The request asked about is missing"))?;
        let method = Method::from_bytes(http.method.as_bytes())
            .map_err(|_| Refusal::invalid("The method asked about is not one"))?;
        let target = parse_target(http.path.as_bytes())?;
        Ok(Self {
            asked: Asked { method, target },
            headers: headers(http)?,
            source: attributes.and_then(source),
        })
    }

    /// The client's address: what a trusted `peer` says it is connected to, and
    /// from there as everywhere.
    pub(crate) fn client_address(&self, peer: Peer, is_trusted: impl Fn(IpAddr) -> bool) -> IpAddr {
        match self.source.filter(|_| peer.is_trusted(&is_trusted)) {
            Some(source) => client_address(source, &self.headers, is_trusted),
            None => peer.address(),
        }
    }

    /// Decides, as every door does.
    pub(crate) async fn decide(
        &self,
        routes: &RouteTable,
        guard: &Guard,
        address: IpAddr,
        request_id: RequestId,
    ) -> CheckResponse {
        let answer = self
            .asked
            .answer(routes, guard, address, request_id, &self.headers);
        match answer.await {
            (Ok(yes), _) => verdict::allowed(yes.headers(), &self.headers, request_id),
            (Err(refusal), dialect) => verdict::denied(&refusal, dialect, request_id),
        }
    }
}

fn source(attributes: &AttributeContext) -> Option<IpAddr> {
    let address = attributes.source.as_ref()?.address.as_ref()?;
    address.socket_address.as_ref()?.address.parse().ok()
}

/// All fields but the pseudo-header ones. One that cannot be read may be the one
/// that decides, so nothing is left out.
fn headers(http: &HttpRequest) -> Result<HeaderMap, Refusal> {
    let mut headers = HeaderMap::new();
    let mut add = |name: &str, value: &[u8]| {
        if name.starts_with(':') {
            return Ok(());
        }
        let name = HeaderName::from_bytes(name.as_bytes());
        let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value)) else {
            return Err(Refusal::invalid("A field of the request is not one"));
        };
        headers.append(name, value);
        Ok(())
    };
    for (name, value) in &http.headers {
        add(name, value.as_bytes())?;
    }
    for field in http.header_map.iter().flat_map(|map| &map.headers) {
        let value = match field.raw_value.as_ref() {
            [] => field.value.as_bytes(),
            raw => raw,
        };
        add(&field.key, value)?;
    }
    Ok(headers)
}
