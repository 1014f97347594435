//! Durable records, changelog, audit trail, sessions and ledger.
