//! Canonical paths and the route table that every door shares.
//!
//! A path is read once; the decision and whatever comes after it see the same
//! bytes. The table says which keys a path is for and what they need.

mod path;
mod route_table;

pub use path::{PathError, check_path};
pub use route_table::{Mount, Route, RouteTable};
