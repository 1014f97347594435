//! The dialects: one table from denials and errors to status, headers and bytes.
//!
//! Every door answers through this crate, so the same refusal reads the same
//! everywhere. A handler returns a [`Refusal`]; whoever owns the connection calls
//! [`finish`], which knows the route's [`Dialect`] and the request's id.

mod client_address;
mod dialect;
mod error_code;
mod fields;
mod finish;
mod instant;
mod json;
mod operation;
mod refusal;
mod request_id;
mod session_cookie;

pub use client_address::ClientAddress;
pub use dialect::Dialect;
pub use error_code::ErrorCode;
pub use fields::set_fields;
pub use finish::{finish, quota_headers, say_request_id};
pub use instant::{Instant, ParseInstantError, format_instant, parse_instant};
pub use json::{JsonBody, json_response};
pub use operation::Operation;
pub use refusal::Refusal;
pub use request_id::{REQUEST_ID_HEADER, RequestId};
pub use session_cookie::SessionCookie;
