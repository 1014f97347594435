//! HTTP/2 that floods, and HTTP/2 that HTTP/1 would read differently.

use http::StatusCode;
use mira_testkit::raw_http2::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, Frame, GOAWAY, HEADERS, PING, RST_STREAM,
    RawHttp2, SETTINGS, frame, kept, literal,
};
use mira_testkit::{Server, Upstream};

use crate::exhaustion::resident;
use crate::{demo_with, new_app_key, signed_in};

/// What a flood may cost a server, for good. One that kept what it is sent would
/// hold tens of MiB.
const MAX_GROWTH: u64 = 24 * 1024 * 1024;

async fn guarded() -> (Server, Upstream, String) {
    let upstream = Upstream::start().await;
    let server = demo_with(&format!(
        "[limits]\naddress_per_minute = 0\norganization_key_per_minute = 0\n\
         app_key_per_minute = 0\napp_key_per_day = 0\n\
         [[service]]\nname = \"search\"\nprefix = \"/search\"\n\
         upstream = \"http://{}\"\nkey = \"app\"\n",
        upstream.address()
    ));
    let admin = signed_in(&server, "admin").await;
    let (_, key) = new_app_key(&admin, &server.demo().app_id, "search").await;
    (server, upstream, key)
}

fn head<'a>(authorization: &'a str, more: &[(&'a str, &'a str)]) -> Vec<u8> {
    let usual = [
        (":method", "GET"),
        (":scheme", "http"),
        (":authority", "a"),
        (":path", "/search/x"),
        ("authorization", authorization),
    ];
    literal(&[usual.as_slice(), more].concat())
}

/// Client streams: 1, 3, 5 …
fn stream(number: u32) -> u32 {
    2 * number + 1
}

fn count(frames: &[Frame], kind: u8) -> usize {
    frames.iter().filter(|frame| frame.kind == kind).count()
}

/// Floods, while good clients are served; what came back and whether it was the end.
async fn flood(server: &Server, key: &str, bytes: impl Fn(u32) -> Vec<u8>) -> (Vec<Frame>, bool) {
    let good = server.client().with_key(key);
    good.get("/search/good").await.expect(StatusCode::OK);
    let before = resident(server);
    let mut connection = RawHttp2::open(server.address()).await;
    for number in 0..400 {
        if !connection.write(&bytes(number)).await {
            break;
        }
        if number % 50 == 0 {
            good.get("/search/good").await.expect(StatusCode::OK);
        }
    }
    let ended = connection.frames().await;
    good.get("/search/good").await.expect(StatusCode::OK);
    let growth = resident(server).saturating_sub(before);
    assert!(growth < MAX_GROWTH, "the server holds {growth} bytes more");
    ended
}

/// The same frames many times over, so that a flood is some 100,000 of them.
fn many(times: u32, bytes: impl Fn(u32) -> Vec<u8>) -> Vec<u8> {
    (0..times).flat_map(bytes).collect()
}

#[tokio::test]
async fn rapid_resets_end_the_connection() {
    let (server, upstream, key) = guarded().await;
    let open = head(&format!("Bearer {key}"), &[]);
    let reset = 8_u32.to_be_bytes();
    let (frames, is_closed) = flood(&server, &key, |round| {
        many(100, |number| {
            let stream = stream(100 * round + number);
            let opened = frame(HEADERS, END_HEADERS | END_STREAM, stream, &open);
            [opened, frame(RST_STREAM, 0, stream, &reset)].concat()
        })
    })
    .await;
    assert!(is_closed && (count(&frames, GOAWAY) > 0 || frames.is_empty()));
    let reached = upstream.seen().len();
    assert!(
        reached < 2_000,
        "{reached} reset requests reached the upstream"
    );
}

#[tokio::test]
async fn resets_that_we_are_made_to_send_end_the_connection() {
    let (server, _, key) = guarded().await;
    let open = head(&format!("Bearer {key}"), &[]);
    // A window update of 0 is a fault of its stream (RFC 9113 §6.9).
    let (_, is_closed) = flood(&server, &key, |round| {
        many(100, |number| {
            let stream = stream(100 * round + number);
            let opened = frame(HEADERS, END_HEADERS, stream, &open);
            [opened, frame(8, 0, stream, &[0; 4])].concat()
        })
    })
    .await;
    assert!(is_closed);
}

#[tokio::test]
async fn header_section_without_an_end_is_cut_off() {
    let (server, upstream, key) = guarded().await;
    let part = literal(&[("x", &"y".repeat(1_000))]);
    let (_, is_closed) = flood(&server, &key, |round| {
        let first = match round {
            0 => frame(HEADERS, END_STREAM, 1, &head("Bearer x", &[])),
            _ => Vec::new(),
        };
        let more = many(100, |_| frame(CONTINUATION, 0, 1, &part));
        [first, more].concat()
    })
    .await;
    assert!(is_closed);
    assert!(
        upstream
            .seen()
            .iter()
            .all(|seen| seen.target.path() == "/search/good")
    );
}

#[tokio::test]
async fn empty_continuations_are_cut_off() {
    let (server, _, key) = guarded().await;
    let (_, is_closed) = flood(&server, &key, |round| {
        let first = match round {
            0 => frame(HEADERS, END_STREAM, 1, &head("Bearer x", &[])),
            _ => Vec::new(),
        };
        [first, many(250, |_| frame(CONTINUATION, 0, 1, &[]))].concat()
    })
    .await;
    assert!(is_closed);
}

#[tokio::test]
async fn pings_settings_and_empty_data_hold_no_memory() {
    let (server, _, key) = guarded().await;
    flood(&server, &key, |_| many(250, |_| frame(PING, 0, 0, &[7; 8]))).await;
    flood(&server, &key, |_| many(250, |_| frame(SETTINGS, 0, 0, &[]))).await;
    let open = head(&format!("Bearer {key}"), &[]);
    flood(&server, &key, |round| {
        let first = match round {
            0 => frame(HEADERS, END_HEADERS, 1, &open),
            _ => Vec::new(),
        };
        [first, many(250, |_| frame(DATA, 0, 1, &[]))].concat()
    })
    .await;
}

#[tokio::test]
async fn header_tables_hold_no_memory_and_do_not_multiply_fields() {
    let (server, upstream, key) = guarded().await;
    // A table of 4 GiB is asked for, and is not given.
    let table = [&[0, 1], u32::MAX.to_be_bytes().as_slice()].concat();
    flood(&server, &key, |_| {
        many(50, |_| frame(SETTINGS, 0, 0, &table))
    })
    .await;
    // One long field is kept, and then meant a thousand times by one byte each: entry
    // 62 is the newest of the table (RFC 7541 §2.3.3).
    let bomb = [
        head(&format!("Bearer {key}"), &[]),
        kept("x-bomb", &"y".repeat(3_900)),
        vec![0xBE; 1_000],
    ]
    .concat();
    upstream.take();
    flood(&server, &key, |number| {
        frame(HEADERS, END_HEADERS | END_STREAM, stream(number), &bomb)
    })
    .await;
    assert!(
        upstream
            .seen()
            .iter()
            .all(|seen| seen.target.path() == "/search/good")
    );
}

#[tokio::test]
async fn heads_that_http_1_would_read_differently_reach_nobody() {
    let (server, upstream, key) = guarded().await;
    let bearer = format!("Bearer {key}");
    let usual = |path: &str| {
        literal(&[
            (":method", "GET"),
            (":scheme", "http"),
            (":authority", "a"),
            (":path", path),
            ("authorization", &bearer),
        ])
    };
    for (name, section) in [
        (
            "transfer-encoding",
            head(&bearer, &[("transfer-encoding", "chunked")]),
        ),
        ("connection", head(&bearer, &[("connection", "close")])),
        ("keep-alive", head(&bearer, &[("keep-alive", "1")])),
        ("upgrade", head(&bearer, &[("upgrade", "websocket")])),
        ("te", head(&bearer, &[("te", "gzip")])),
        ("cr-lf", head(&bearer, &[("x", "a\r\nauthorization: b")])),
        ("lf", head(&bearer, &[("x", "a\nb")])),
        ("nul", head(&bearer, &[("x", "a\0b")])),
        ("name-cr-lf", head(&bearer, &[("x\r\ny", "a")])),
        ("name-space", head(&bearer, &[("x y", "a")])),
        ("name-colon", head(&bearer, &[("x:y", "a")])),
        ("upper-case", head(&bearer, &[("X-Upper", "a")])),
        ("two-keys", head(&bearer, &[("authorization", &bearer)])),
        ("pseudo-late", head(&bearer, &[(":path", "/search/other")])),
        ("pseudo-unknown", head(&bearer, &[(":other", "x")])),
        ("path-space", usual("/search/x HTTP/1.1")),
        ("path-cr-lf", usual("/search/x\r\nhost: b")),
        ("path-empty", usual("")),
        ("path-dots", usual("/search/../v1")),
        ("path-encoded", usual("/search/%2e%2e/v1")),
        ("length", head(&bearer, &[("content-length", "5")])),
        (
            "two-lengths",
            head(&bearer, &[("content-length", "0"), ("content-length", "5")]),
        ),
        ("odd-length", head(&bearer, &[("content-length", "+0")])),
    ] {
        let mut connection = RawHttp2::open(server.address()).await;
        let asked = frame(HEADERS, END_HEADERS | END_STREAM, 1, &section);
        // The end of the connection is asked for, so that it need not be waited for.
        let bye = frame(GOAWAY, 0, 0, &[0; 8]);
        connection.write(&[asked, bye].concat()).await;
        connection.frames().await;
        let seen = upstream.take();
        assert!(seen.is_empty(), "{name}: {seen:?}");
    }
    // A body that is longer, or shorter, than was said.
    for (name, length, body) in [("longer", "2", "hello"), ("shorter", "9", "hello")] {
        let section = literal(&[
            (":method", "POST"),
            (":scheme", "http"),
            (":authority", "a"),
            (":path", "/search/x"),
            ("authorization", &bearer),
            ("content-length", length),
        ]);
        let mut connection = RawHttp2::open(server.address()).await;
        let asked = frame(HEADERS, END_HEADERS, 1, &section);
        let data = frame(DATA, END_STREAM, 1, body.as_bytes());
        connection.write(&[asked, data].concat()).await;
        let (frames, _) = connection.frames().await;
        let seen = upstream.take();
        let is_whole = |seen: &mira_testkit::Seen| seen.body.len().to_string() == length;
        assert!(!seen.iter().any(is_whole), "{name}: {seen:?} {frames:?}");
    }
}
