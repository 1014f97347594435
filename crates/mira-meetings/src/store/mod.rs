//! The durable records. Each noun has one file with its statements, which
//! [`sql`](crate::sql) runs on whichever back end.

pub(crate) mod facts;
pub(crate) mod imports;
pub(crate) mod meetings;
pub(crate) mod queue;
pub(crate) mod reports;
pub(crate) mod roleplay;
mod spans;
pub(crate) mod templates;
