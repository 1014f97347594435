//! The gateway: the route table that every door shares, the reverse proxy, and
//! the doors for other servers.
//!
//! A path is read once; the decision and whatever comes after it see the same
//! bytes. [`authorize`](authorize()) is the one way to a decision. What it grants
//! is carried out by a product, forwarded by a [`Proxy`] to the [`Upstream`] of a
//! [`Service`], or answered by a [`Door`] to a server that asked on behalf of
//! another.

mod arrival;
mod authorize;
mod carrier;
mod connection;
mod dialer;
mod doors;
mod header_policy;
mod header_rules;
mod health;
mod hop_by_hop;
mod http2_form;
mod multiplexed;
mod outgoing;
mod path;
mod pool;
mod proxy;
mod request_body;
mod response_body;
mod retry;
mod route_table;
mod service;
mod silence;
mod timeouts;
mod trace_context;
mod upgrade;
mod upstream;
mod upstream_error;
mod whole_writes;

pub use arrival::Arrival;
pub use authorize::{Authorized, Question, authorize};
pub use doors::{Asked, Door, DoorAnswer, parse_target};
pub use header_rules::{HeaderRuleError, HeaderRules};
pub use mira_outbound::HttpVersions;
pub use path::{PathError, check_path};
pub use proxy::Proxy;
pub use response_body::{ResponseBody, ResponseBodyError};
pub use route_table::{Mount, Route, RouteTable, Target};
pub use service::Service;
pub use timeouts::Timeouts;
pub use upstream::{OriginError, Upstream, UpstreamOptions};
pub use upstream_error::UpstreamError;
