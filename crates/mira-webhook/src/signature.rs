//! Signatures by the Standard Webhooks specification: HMAC-SHA256 over
//! `<id>.<timestamp>.<body>`, once for each secret that is good now.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use mira_core::Timestamp;
use sha2::Sha256;

use crate::SigningSecret;

/// The value of `webhook-signature`: one `v1,<base64>` for each secret, separated
/// by spaces. A receiver takes the message if one of them is right.
pub(crate) fn sign<'s>(
    secrets: impl IntoIterator<Item = &'s SigningSecret>,
    id: &str,
    sent_at: Timestamp,
    body: &str,
) -> String {
    let secrets = secrets.into_iter();
    let signatures: Vec<_> = secrets
        .map(|secret| format!("v1,{}", STANDARD.encode(mac(secret, id, sent_at, body))))
        .collect();
    signatures.join(" ")
}

/// The value of `webhook-timestamp`: Unix seconds.
pub(crate) fn seconds(sent_at: Timestamp) -> i64 {
    sent_at.as_millis().div_euclid(1_000)
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
fn mac(secret: &SigningSecret, id: &str, sent_at: Timestamp, body: &str) -> [u8; 32] {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length will do");
    mac.update(format!("{id}.{}.", seconds(sent_at)).as_bytes());
    mac.update(body.as_bytes());
    mac.finalize().into_bytes().into()
}
