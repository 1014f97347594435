//! The Mira API: the meetings, reports, templates and roleplay sessions that
//! organization keys open.
//!
//! This crate knows no keys. A request carries a [`Grant`](mira_core::Grant),
//! whose organization bounds every query; what another organization owns does
//! not exist here. Its tables live in a database of their own, so that much data
//! never delays a revocation.

mod analytics;
mod coaching;
mod document;
mod envelope;
mod error;
mod event;
mod facts;
mod if_match;
mod import;
mod ingest;
mod insights;
mod invalid;
mod meeting;
mod meetings;
mod model;
mod operations;
mod page;
mod parameters;
mod period;
mod rehearsal;
mod report;
mod roleplay;
mod routes;
mod samples;
mod schema;
mod scoring;
mod sql;
mod store;
mod team;
mod template;
mod text;
mod transcript;
mod uuid_text;
mod word;

pub use document::{DOCUMENT_PATH, document_router, openapi};
pub use event::{Event, NoOutbox, Outbox};
pub use import::{ImportError, Imported, TranscriptFile};
pub use meetings::{Meetings, NewId, NoId, SamplesError};
pub use model::CoachModel;
pub use operations::{OPERATIONS, PREFIX};
pub use routes::router;
pub use schema::{connect, connect_with, migrations, open, open_with, postgres_migrations};
