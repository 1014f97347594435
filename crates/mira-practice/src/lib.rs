//! An OpenAI-compatible model server that answers by rules, for offline work.
//! It speaks real HTTP, so whatever asks a paid model can ask this one instead;
//! it is deterministic to the byte, so that what it answers can be tested.
//!
//! Doors: `POST /v1/chat/completions`, plain and with `stream: true` (server-sent
//! events, the last of them `data: [DONE]`), and `GET /v1/models`. A key is
//! neither asked for nor looked at. Bodies have at most 1 MiB.
//!
//! The rules, first match wins. What stands inside `<text>` and `<claim>` is
//! material: it is never taken for an instruction.
//!
//! 1. **A question about a claim.** A message offers options on lines of their
//!    own, `A` True, `B` False and `C` anything (`A) True`, `A: True`, `A. True`).
//!    The claim is what stands inside `<claim>…</claim>`, otherwise the rest of
//!    the line that begins with `Claim:` or `Statement:`. The answer is one
//!    letter: by arithmetic first, then by a table of facts, and `C` for all
//!    that neither decides. `practice/gamma` is cautious and skips the table.
//! 2. **Claims to extract.** A message mentions `"claims"` and JSON. The text is
//!    the last user message, inside `<text>…</text>` if there are such. The
//!    answer is `{"claims":[…]}`: one claim per sentence, and per clause around
//!    `; `, `, and ` and `, but ` where both sides have a subject and a verb.
//!    Questions, greetings and requests make no claim.
//! 3. **Anything else** gets a fixed sentence that says what this is and repeats
//!    the first 200 characters of the last user message.
//!
//! A token is a word between white space, in questions and in answers.
//! `max_tokens` (or `max_completion_tokens`) cuts the answer after that many;
//! every other parameter is ignored. `created` is always
//! 2026-01-01T00:00:00Z, and `id` is derived from the question.

mod chat;
mod rules;
mod server;

pub use rules::MODELS;
pub use server::{MAX_BODY_BYTES, router, serve};
