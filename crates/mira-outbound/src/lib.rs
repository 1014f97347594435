//! Outbound HTTP and the OpenAI-compatible model client on it.
