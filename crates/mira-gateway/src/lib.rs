//! Canonical paths and the route table that every door shares.
