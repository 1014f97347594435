//! The API key string: families, parse, generate, checksum, digest, redacted form.
