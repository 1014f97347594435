//! Keeps one verifier in step with the store and owns the revocation barrier.
