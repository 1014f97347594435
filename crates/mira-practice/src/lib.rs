//! An OpenAI-compatible model server that answers by documented rules, for offline work.
