//! Turns a presented key and an access into a decision, from memory.
