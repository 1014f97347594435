//! The Mira API: what organization keys open.
