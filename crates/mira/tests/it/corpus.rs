//! Requests that can be misread, from `tests/corpus/wire`: nothing of them reaches a
//! server behind the gateway twice, unauthenticated or as somebody else.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use mira_testkit::Upstream;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::{demo_with, new_app_key, signed_in};

/// After this long a server that neither answers nor closes waits for more.
const SILENCE: Duration = Duration::from_secs(4);
/// What is hidden in a sample stands here.
const HIDDEN: &str = "/search/hidden";

struct Sample {
    name: String,
    statuses: Vec<String>,
    reach_upstream: usize,
    text: String,
}

fn samples() -> Vec<Sample> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/wire");
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let mut samples: Vec<_> = files.map(|path| Sample::read(&path)).collect();
    samples.sort_by(|a, b| a.name.cmp(&b.name));
    samples
}

impl Sample {
    fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let (expected, text) = text.split_once('\n').unwrap();
        let (statuses, reach_upstream) = expected.split_once(" upstream ").unwrap();
        Self {
            name: path.file_stem().unwrap().to_string_lossy().into_owned(),
            statuses: statuses.split('|').map(ToOwned::to_owned).collect(),
            reach_upstream: reach_upstream.parse().unwrap(),
            text: text.replace('\n', ""),
        }
    }

    /// Its bytes, for a route at `path` and a key that opens it.
    fn bytes(&self, path: &str, key: &str) -> Vec<u8> {
        let mut text = self.text.replace("{path}", path).replace("{key}", key);
        while let Some(at) = text.find('{') {
            let end = at + text[at..].find('}').unwrap();
            let (times, what) = text[at + 1..end].split_once('*').unwrap();
            let repeated = what.repeat(times.parse().unwrap());
            text.replace_range(at..=end, &repeated);
        }
        unescape(&text)
    }
}

fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.chars();
    while let Some(char) = rest.next() {
        let escaped = if char == '\\' { rest.next() } else { None };
        match escaped {
            None => bytes.extend_from_slice(char.to_string().as_bytes()),
            Some('r') => bytes.push(b'\r'),
            Some('n') => bytes.push(b'\n'),
            Some('t') => bytes.push(b'\t'),
            Some('0') => bytes.push(0),
            Some('x') => {
                let digits: String = rest.by_ref().take(2).collect();
                bytes.push(u8::from_str_radix(&digits, 16).unwrap());
            }
            Some(other) => bytes.push(u8::try_from(other).unwrap()),
        }
    }
    bytes
}

/// The statuses of everything that comes back.
async fn statuses(address: SocketAddr, bytes: Vec<u8>) -> Vec<String> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // Whoever refuses may close before it has read everything.
    stream.write_all(&bytes).await.ok();
    let mut answer = Vec::new();
    let mut part = [0; 4096];
    while let Ok(Ok(length @ 1..)) = timeout(SILENCE, stream.read(&mut part)).await {
        answer.extend_from_slice(&part[..length]);
    }
    let answer = String::from_utf8_lossy(&answer);
    let answers = answer
        .split("HTTP/1.1 ")
        .chain(answer.split("HTTP/1.0 ").skip(1));
    answers
        .skip(1)
        .map(|answer| answer.chars().take(3).collect())
        .collect()
}

#[tokio::test]
async fn misread_requests_reach_nobody_twice_unauthenticated_or_as_somebody_else() {
    let upstream = Upstream::start().await;
    let server = demo_with(&format!(
        "[limits]\naddress_per_minute = 0\norganization_key_per_minute = 0\n\
         app_key_per_minute = 0\napp_key_per_day = 0\n\
         [[service]]\nname = \"search\"\nprefix = \"/search\"\n\
         upstream = \"http://{}\"\nkey = \"app\"\n",
        upstream.address()
    ));
    let admin = signed_in(&server, "admin").await;
    let (id, key) = new_app_key(&admin, &server.demo().app_id, "search").await;
    let samples = samples();
    assert!(samples.len() >= 60, "{} samples", samples.len());
    let mut asked = JoinSet::new();
    for (number, sample) in samples.iter().enumerate() {
        let address = server.address();
        let guarded = sample.bytes(&format!("/search/{}", sample.name), &key);
        let own = sample.bytes("/api/v1/meetings", &server.demo().keys.read);
        asked.spawn(async move {
            let both = (statuses(address, guarded), statuses(address, own));
            (number, tokio::join!(both.0, both.1))
        });
    }
    let mut faults = Vec::new();
    while let Some(answered) = asked.join_next().await {
        let (number, (guarded, own)) = answered.unwrap();
        let sample = &samples[number];
        let first = guarded.first().map_or("closed", String::as_str);
        if !sample.statuses.iter().any(|status| status == first) {
            faults.push(format!("{}: {guarded:?}", sample.name));
        }
        let is_refused = sample.reach_upstream == 0;
        let is_good = |status: &String| status == "200";
        if is_refused && (guarded.iter().any(is_good) || own.iter().any(is_good)) {
            faults.push(format!("{}: {guarded:?}, own routes {own:?}", sample.name));
        }
        if own.iter().any(|status| status.starts_with('5')) {
            faults.push(format!("{}: own routes {own:?}", sample.name));
        }
    }
    let seen = upstream.seen();
    for sample in &samples {
        let path = format!("/search/{}", sample.name);
        let of_sample = |target: &str| {
            let rest = target.strip_prefix(&path);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#', 'X']))
        };
        let count = seen
            .iter()
            .filter(|seen| of_sample(seen.target.path()))
            .count();
        if count > sample.reach_upstream {
            faults.push(format!("{}: {count} reached the upstream", sample.name));
        }
    }
    for seen in &seen {
        let ids: Vec<_> = seen.headers.get_all("x-mira-key-id").iter().collect();
        let spellings = seen.headers.keys().filter(|name| {
            let folded = name.as_str().replace(['_', '.'], "-");
            folded == "x-mira-key-id" && name.as_str() != folded
        });
        let has_key = seen.headers.values().any(|value| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            value.contains(&key)
        });
        if ids != [id.as_str()] || spellings.count() > 0 || has_key {
            faults.push(format!("as somebody else: {seen:?}"));
        }
        if seen.target.path() == HIDDEN {
            faults.push(format!("hidden and carried out: {seen:?}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
