//! The nouns of API-key authentication and the one decision; no I/O, clock or randomness.
