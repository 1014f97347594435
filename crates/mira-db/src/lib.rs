//! Database handles and transactions, and nothing about keys.
