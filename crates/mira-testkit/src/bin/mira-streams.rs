//! A thousand streams at once, over loopback, for twenty seconds: no event is lost,
//! every token is charged and none twice, and an open stream holds little memory; and
//! before that, how much later the first event comes than from the provider itself.
//! Run as `cargo xtask bench streams`.
#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a program for developers, which may end where it cannot measure"
)]

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::StatusCode;
use mira_testkit::{ANSWER_TOKENS, Client, End, ModelServer, Reply, Server, ServerOptions, claim};
use serde_json::{Value, json};
use tokio::time::{Instant, interval, sleep};

const STREAMS: u32 = 1_000;
const LOAD: Duration = Duration::from_secs(20);
/// The streams begin one after the other within this time.
const RAMP: Duration = Duration::from_secs(4);
/// How often the first event is waited for.
const FIRST_TOKENS: usize = 300;
/// How long a model thinks.
const THOUGHT: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(500);
const CHUNKS: u64 = 8;
const CHUNK: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"12345678\"}}]}\n\n";
const LAST: &str = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":10,\
                    \"completion_tokens\":5}}\n\ndata: [DONE]\n\n";
/// The events of one verification of two claims.
const EVENTS: [&str; 9] = [
    "starting",
    "extracting_claims",
    "claims_extracted",
    "verifying_claims",
    "verifying_claim",
    "claim_verified",
    "verifying_claim",
    "claim_verified",
    "completed",
];
/// What an open stream may hold, with HTTP/2 to the provider.
const MAX_KIB: u64 = 64;

/// What the clients saw.
#[derive(Default)]
struct Seen {
    streams: AtomicU64,
    lost: AtomicU64,
    micros: AtomicU64,
}

#[derive(Clone, Copy)]
enum Kind {
    Verify,
    Inference,
}

/// What the provider is spoken to by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    Http1,
    Http2,
}

#[tokio::main]
async fn main() -> ExitCode {
    let binary = std::env::args().nth(1).expect("usage: mira-streams BINARY");
    let mut is_good = true;
    first_token(&binary).await;
    for kind in [Kind::Verify, Kind::Inference] {
        for version in [Version::Http2, Version::Http1] {
            is_good &= measure(&binary, kind, version).await;
        }
    }
    if is_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Whether nothing was lost and nothing charged wrongly, and an open stream held no
/// more than it may.
async fn measure(binary: &str, kind: Kind, version: Version) -> bool {
    let model = model().await;
    let server = start(binary, &model, version);
    let facts = server.demo();
    let key = match kind {
        Kind::Verify => &facts.keys.verify,
        Kind::Inference => &facts.keys.inference,
    };
    let client = server.client().with_key(key);
    let seen = Arc::new(Seen::default());
    // The first streams fill what all share.
    load(&client, kind, &seen, 20, Duration::ZERO).await;
    let before = resident_kib(server.id());

    let watched = tokio::spawn(peak_kib(server.id()));
    load(&client, kind, &seen, STREAMS, LOAD).await;
    watched.abort();
    let peak = PEAK_KIB.swap(0, Ordering::Relaxed);

    let (count, micros) = charged(&server, &facts.app_id).await;
    let streams = seen.streams.load(Ordering::Relaxed);
    let lost = seen.lost.load(Ordering::Relaxed);
    let expected = seen.micros.load(Ordering::Relaxed);
    let per_stream = peak.saturating_sub(before) / u64::from(STREAMS);
    let name = match kind {
        Kind::Verify => "verify",
        Kind::Inference => "inference",
    };
    let (version, max_kib) = match version {
        Version::Http1 => ("HTTP/1.1", None),
        Version::Http2 => ("HTTP/2", Some(MAX_KIB)),
    };
    let allowed = max_kib.map_or_else(|| "no limit".to_owned(), |max| format!("at most {max}"));
    println!("{name}, {version} to the provider:");
    println!("  {STREAMS} streams at once, {streams} in all, {lost} with events lost");
    println!("  charged {count} of {streams} requests, {micros} of {expected} micro-dollars");
    println!(
        "  resident {before} KiB before, {peak} KiB at the peak: {per_stream} KiB a stream ({allowed})"
    );
    let is_small = max_kib.is_none_or(|max| per_stream <= max);
    lost == 0 && count == streams && micros == expected && is_small
}

/// How long the first event of a stream takes from the provider itself and through the
/// server, asked one after the other, each on a connection of its own.
async fn first_token(binary: &str) {
    let model = ModelServer::new(|_| Reply::Events(vec![CHUNK, LAST], End::Close)).await;
    let server = start(binary, &model, Version::Http1);
    let through = server.client().with_key(&server.demo().keys.inference);
    let address = model.base_url().trim_start_matches("http://");
    let address = address.trim_end_matches("/v1").parse();
    let itself = Client::new(address.expect("an address"));
    let body = json!({"model": "x/a", "messages": [], "stream": true});
    let mut took = [Vec::new(), Vec::new()];
    for _ in 0..FIRST_TOKENS {
        for (took, (client, path)) in took.iter_mut().zip([
            (&itself, "/v1/chat/completions"),
            (&through, "/inference/v1/chat/completions"),
        ]) {
            let begun = Instant::now();
            let mut events = client.post_for_events(path, &body).await;
            events.next().await.expect("an event");
            took.push(begun.elapsed());
            events.all().await;
        }
    }
    let [itself, through] = took.map(|mut took| {
        took.sort();
        let at = |percent: usize| took.get(took.len() * percent / 100).copied();
        [50, 95].map(|percent| at(percent).unwrap_or_default().as_secs_f64() * 1e3)
    });
    println!("first event, {FIRST_TOKENS} times, p50 and p95 in ms");
    println!("  the provider itself {:.2} {:.2}", itself[0], itself[1]);
    println!("  through the server  {:.2} {:.2}", through[0], through[1]);
}

fn start(binary: &str, model: &ModelServer, version: Version) -> Server {
    let limits = "[limits]\napp_key_per_minute = 0\napp_key_per_day = 0\nconsole_per_minute = 0\n";
    let models = ["x/a", "x/b", "x/c"].map(|id| match version {
        Version::Http1 => model.table(id),
        Version::Http2 => model.table(id) + "http2 = true\n",
    });
    let options = ServerOptions {
        demo: true,
        config: Some(format!("{limits}{}", models.concat())),
        ..ServerOptions::default()
    };
    Server::start(binary, options)
}

async fn model() -> ModelServer {
    ModelServer::new(|question| match claim(question) {
        _ if question["stream"] == true => {
            Reply::Paced(CHUNK, PAUSE, usize::try_from(CHUNKS).unwrap_or(0), LAST)
        }
        Some(_) => Reply::Later(THOUGHT, Box::new(Reply::text("A"))),
        None => Reply::Later(
            THOUGHT,
            Box::new(Reply::text(r#"{"claims":["one","two"]}"#)),
        ),
    })
    .await
}

/// Keeps `count` streams open until `time` is over, and reads each to its end.
async fn load(client: &Client, kind: Kind, seen: &Arc<Seen>, count: u32, time: Duration) {
    let end = Instant::now() + time;
    let mut clients = Vec::new();
    for _ in 0..count {
        let (client, seen) = (client.clone(), Arc::clone(seen));
        clients.push(tokio::spawn(async move {
            loop {
                let found = match kind {
                    Kind::Verify => verify(&client).await,
                    Kind::Inference => chat(&client).await,
                };
                seen.streams.fetch_add(1, Ordering::Relaxed);
                match found {
                    Some(micros) => seen.micros.fetch_add(micros, Ordering::Relaxed),
                    None => seen.lost.fetch_add(1, Ordering::Relaxed),
                };
                if Instant::now() >= end {
                    return;
                }
            }
        }));
        sleep(RAMP / STREAMS).await;
    }
    for client in clients {
        client.await.expect("a client ends well");
    }
}

/// What the verification cost, if all its events came.
async fn verify(client: &Client) -> Option<u64> {
    let body = json!({"fact": "one and two"});
    let events = client.post_for_events("/verify/v1/stream", &body).await;
    let events = events.all().await;
    let names: Vec<&str> = events.iter().map(|event| event.name.as_str()).collect();
    if names != EVENTS {
        return None;
    }
    let completed = events.last()?.json();
    let usage = |name: &str| completed.pointer(&format!("/tokenUsage/{name}"))?.as_u64();
    Some(usage("promptTokens")? + 2 * usage("completionTokens")?)
}

/// What the answer cost, if all its events came.
async fn chat(client: &Client) -> Option<u64> {
    let body = json!({"model": "x/a", "messages": [], "stream": true});
    let path = "/inference/v1/chat/completions";
    let events = client.post_for_events(path, &body).await.all().await;
    let is_whole = u64::try_from(events.len()) == Ok(CHUNKS + 2) && events.last()?.data == "[DONE]";
    let (prompt, answer) = ANSWER_TOKENS;
    is_whole.then_some(prompt + 2 * answer)
}

/// How many requests the app was charged for, and how much, in micro-dollars.
async fn charged(server: &Server, app: &str) -> (u64, u64) {
    let admin = server.client();
    admin.sign_in(server.demo().user("admin")).await;
    let (mut count, mut micros, mut cursor) = (0, 0, String::new());
    loop {
        let path = format!("/v1/apps/{app}/transactions?limit=100{cursor}");
        let page = admin.get(&path).await.expect(StatusCode::OK).json();
        let items = page.get("items").and_then(Value::as_array);
        for one in items.into_iter().flatten() {
            if one.get("type") == Some(&json!("usage")) {
                let dollars = one.get("amount").and_then(Value::as_f64).unwrap_or(0.0);
                let text = format!("{:.0}", dollars * -1e6);
                micros += text.parse::<u64>().expect("micro-dollars");
                count += 1;
            }
        }
        match page.get("next_cursor").and_then(Value::as_str) {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return (count, micros),
        }
    }
}

static PEAK_KIB: AtomicU64 = AtomicU64::new(0);

async fn peak_kib(process: u32) {
    let mut ticks = interval(Duration::from_millis(200));
    loop {
        ticks.tick().await;
        PEAK_KIB.fetch_max(resident_kib(process), Ordering::Relaxed);
    }
}

/// What the process holds in memory (proc(5)).
fn resident_kib(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"));
    let status = status.expect("a process says what it holds");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}
