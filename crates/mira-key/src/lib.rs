//! The API key string: families, parse, generate, checksum, digest, redacted form.
//!
//! A key is `<family prefix><26 random base62><6 base62 of CRC-32>`. The two
//! families are organization keys, `mira_live_…`, and app keys,
//! `mk_<service>_…`. This crate knows the string and nothing else: it has no
//! clock, no store and no source of chance, which arrives as an [`Entropy`].
//!
//! ```text
//! mira_live_ a1B2c3D4e5F6g7H8i9J0k1L2m3 0Xy9Z8
//! └ family ┘ └──── 26 random, 154 bits ┘ └ checksum ┘
//! ```

mod base62;
mod checksum;
mod digest;
mod entropy;
mod family;
mod key;
mod parts;
mod service;

pub use digest::KeyDigest;
pub use entropy::{Entropy, EntropyError};
pub use family::{Family, ORGANIZATION_PREFIX};
pub use key::ApiKey;
pub use parts::{KeyParts, ParseKeyError};
pub use service::{ParseServiceNameError, ServiceName};
