//! The dialects: one table from denials and errors to status, headers and bytes.
