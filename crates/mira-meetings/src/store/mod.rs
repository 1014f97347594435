//! The durable records, whatever the back end. Each noun has one file with its
//! operations, which match on the closed set of back ends.

pub(crate) mod meetings;
pub(crate) mod reports;
pub(crate) mod roleplay;
pub(crate) mod templates;
