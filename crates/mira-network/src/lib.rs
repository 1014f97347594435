//! The Mira Network: what app keys open.
