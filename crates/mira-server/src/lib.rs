//! Configuration, listeners, wiring and shutdown.
