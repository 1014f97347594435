//! The style sheet, the script and the logo, embedded and named by their hash.

use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use maud::Render;

use crate::Dashboard;
use crate::fault::Fault;

/// The style sheet.
pub(crate) static STYLE: Asset = Asset::new(
    "mira",
    "css",
    "text/css; charset=utf-8",
    include_bytes!("../assets/mira.css"),
);
/// What makes pages nicer where scripts run.
pub(crate) static SCRIPT: Asset = Asset::new(
    "mira",
    "js",
    "text/javascript; charset=utf-8",
    include_bytes!("../assets/mira.js"),
);
/// The logo.
pub(crate) static LOGO: Asset = Asset::new(
    "logo",
    "svg",
    "image/svg+xml",
    include_bytes!("../assets/logo.svg"),
);

pub(crate) fn routes() -> Router<Dashboard> {
    Router::new().route("/assets/{file}", get(serve))
}

/// One embedded file. Its `Render` is the path that pages link to, which changes
/// with its content.
pub(crate) struct Asset {
    stem: &'static str,
    extension: &'static str,
    media_type: &'static str,
    hash: u64,
    bytes: &'static [u8],
}

impl Asset {
    const fn new(
        stem: &'static str,
        extension: &'static str,
        media_type: &'static str,
        bytes: &'static [u8],
    ) -> Self {
        Self {
            stem,
            extension,
            media_type,
            hash: fnv1a(bytes),
            bytes,
        }
    }

    fn named_by_hash(&self) -> String {
        format!("{}-{:016x}.{}", self.stem, self.hash, self.extension)
    }

    fn plain_name(&self) -> String {
        format!("{}.{}", self.stem, self.extension)
    }

    fn respond(&self, cache: &'static str) -> Response {
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static(self.media_type)),
            (CACHE_CONTROL, HeaderValue::from_static(cache)),
        ];
        (headers, self.bytes).into_response()
    }
}

impl Render for Asset {
    fn render_to(&self, buffer: &mut String) {
        buffer.push_str("/assets/");
        buffer.push_str(&self.named_by_hash());
    }
}

/// A name with its hash may be kept for ever; the plain name is for people.
async fn serve(Path(file): Path<String>) -> Result<Response, Fault> {
    for asset in [&STYLE, &SCRIPT, &LOGO] {
        if file == asset.named_by_hash() {
            return Ok(asset.respond("public, max-age=31536000, immutable"));
        }
        if file == asset.plain_name() {
            return Ok(asset.respond("no-cache"));
        }
    }
    Err(Fault::not_found("File"))
}

/// FNV-1a, which tells versions apart and protects against nothing.
#[expect(clippy::indexing_slicing, reason = "a const loop within the bounds")]
const fn fnv1a(bytes: &[u8]) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    hash
}
