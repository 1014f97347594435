//! Running servers and raw clients for tests.
