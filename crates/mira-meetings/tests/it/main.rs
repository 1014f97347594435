//! The Mira API over its router: real files, real requests, a clock moved by hand.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod house;
mod isolation;
mod lists;
mod meetings;
mod protocol;
mod roleplay;
mod samples;
mod templates;
