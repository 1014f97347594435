//! Meetings through a running server: with real keys, from a transcript to a report,
//! and from files that were imported while nobody served.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use http::{Method, StatusCode};
use mira_testkit::{Answer, Client, Demo, Postgres, Server, ServerOptions, run};
use serde_json::{Value, json};

use crate::demo_without_limits;

const MIRA: &str = env!("CARGO_BIN_EXE_mira");

/// How often a report is asked for, a second apart, before it counts as lost.
const ROUNDS: usize = 60;

fn body() -> Value {
    json!({
        "title": "Discovery: Nordwind", "started_at": "2026-03-02T12:00:00Z",
        "call_type": "discovery", "attendees": ["Ann Lee", "Ben"],
        "transcript": {"format": "vtt", "content":
            "WEBVTT\n\n00:00.000 --> 00:02.500\n<v Ann Lee>How do you plan today?\n\n\
             00:03.000 --> 00:05.000\nBen: By hand. Let's schedule Monday.\n"},
    })
}

async fn send(client: &Client, method: Method, path: &str, body: &Value) -> Answer {
    let path = format!("{}{path}", mira_meetings::PREFIX);
    client.send(client.json_request(method, &path, body)).await
}

async fn get(client: &Client, path: &str) -> Value {
    let path = format!("{}{path}", mira_meetings::PREFIX);
    let answer = client.send(client.request(Method::GET, &path)).await;
    answer.expect(StatusCode::OK).json()
}

/// The reports on a meeting, once there is one.
async fn reports(client: &Client, id: &str) -> Value {
    for _ in 0..ROUNDS {
        let reports = get(client, &format!("/meetings/{id}/report")).await["data"].clone();
        if reports != json!([]) {
            return reports;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    panic!("no report came");
}

#[tokio::test]
async fn transcript_goes_in_with_an_admin_key_and_its_report_comes_out() {
    let server = demo_without_limits();
    let keys = server.demo().keys;
    let admin = server.client().with_key(&keys.admin);
    let read = server.client().with_key(&keys.read);
    let refused = send(&read, Method::POST, "/meetings", &body()).await;
    assert_eq!(refused.code(), Some("missing_permission"));
    let taken = send(&admin, Method::POST, "/meetings", &body()).await;
    let taken = taken.expect(StatusCode::OK).json();
    assert_eq!(taken["data"]["status"], "fetched");
    let id = taken["data"]["id"].as_str().unwrap();
    let reports = reports(&read, id).await;
    let report = &reports[0];
    // The demo has a template for discovery calls and practice models.
    assert_eq!(report["scored_by"], "practice/alpha");
    assert!(report["score"].is_u64(), "{report}");
    assert_eq!(report["analytics"]["host"], "Ann Lee");
    assert_eq!(
        report["analytics"]["next_steps"][0]["text"],
        "Let's schedule Monday."
    );
    let meeting = get(&read, &format!("/meetings/{id}")).await;
    assert_eq!(meeting["data"]["status"], "completed");
    let insights = get(&read, "/insights?from=2026-03-02&to=2026-03-03").await;
    assert_eq!(insights["data"]["metrics"]["questions_per_meeting"], 1.0);
}

#[tokio::test]
async fn rehearsal_is_played_and_judged() {
    let server = demo_without_limits();
    let write = server.client().with_key(&server.demo().keys.write);
    let path = "/roleplay/sessions";
    let body = json!({"scenario": "A renewal", "persona": "A doubtful buyer"});
    let session = send(&write, Method::POST, path, &body).await;
    let session = session.expect(StatusCode::OK).json();
    let path = format!("{path}/{}", session["data"]["id"].as_str().unwrap());
    let hello = json!({"content": "Good morning."});
    let said = send(&write, Method::POST, &format!("{path}/messages"), &hello).await;
    let said = said.expect(StatusCode::OK).json();
    assert_eq!(said["data"]["reply"]["role"], "counterpart");
    let done = send(
        &write,
        Method::POST,
        &format!("{path}/complete"),
        &json!({}),
    )
    .await;
    let done = done.expect(StatusCode::OK).json();
    assert_eq!(done["data"]["result"]["scored_by"], "practice/alpha");
}

#[tokio::test]
async fn document_is_the_same_with_and_without_a_key() {
    let server = demo_without_limits();
    let public = server.client().get("/docs/mira-api.json").await;
    assert_eq!(public.text(), mira_meetings::openapi());
    let keys = server.demo().keys;
    for key in [&keys.read, &keys.write, &keys.admin] {
        let client = server.client().with_key(key);
        assert_eq!(
            client.get("/api/v1/openapi.json").await.text(),
            public.text()
        );
    }
    let nobody = server.client().get("/api/v1/openapi.json").await;
    assert_eq!(nobody.code(), Some("missing_key"));
    let page = server
        .client()
        .get("/docs/mira-api")
        .await
        .expect(StatusCode::OK)
        .text();
    assert!(page.contains("/api/v1/roleplay/sessions/{id}/complete"));
}

/// The data folder of a demo that nobody serves.
fn folder(root: &Path) -> Demo {
    let options = ServerOptions {
        demo: true,
        data: Some(root.join("data")),
        ..ServerOptions::default()
    };
    let server = Server::start(MIRA, options);
    let demo = server.demo();
    server.stop();
    demo
}

fn write_transcripts(root: &Path, count: usize) {
    std::fs::create_dir(root.join("calls")).unwrap();
    for number in 0..count {
        let name = format!("2001-02-{:02} Call {number}.srt", number % 28 + 1);
        let text = format!(
            "1\n00:00:00,000 --> 00:00:02,000\nAnn: Is this call {number}?\n\n\
             2\n00:00:02,000 --> 00:00:04,000\nBen: Yes.\n"
        );
        std::fs::write(root.join("calls").join(name), text).unwrap();
    }
}

fn arguments(root: &Path, demo: &Demo) -> Vec<String> {
    [
        "import",
        "meetings",
        "--organization",
        &demo.organization_id,
        "--data",
    ]
    .iter()
    .map(|argument| (*argument).to_owned())
    .chain(["data", "calls"].map(|name| root.join(name).display().to_string()))
    .collect()
}

fn import(root: &Path, demo: &Demo) -> (Option<i32>, Value, String) {
    let arguments = arguments(root, demo);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let finished = run(MIRA, &arguments, &[], "");
    let counts = serde_json::from_str(&finished.stdout).unwrap_or_default();
    (finished.code, counts, finished.stderr)
}

#[tokio::test]
async fn killed_import_loses_nothing_takes_nothing_twice_and_goes_on() {
    const COUNT: usize = 1_000;
    let root = tempfile::tempdir().unwrap();
    let demo = folder(root.path());
    write_transcripts(root.path(), COUNT);
    // Killed at moments that nobody chose, as often as there is something left to kill.
    for millis in [5, 20, 60, 150, 250, 350, 500, 700, 900, 1_100] {
        let mut child = Command::new(MIRA)
            .args(arguments(root.path(), &demo))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        tokio::time::sleep(Duration::from_millis(millis)).await;
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let (code, counts, stderr) = import(root.path(), &demo);
    assert_eq!(code, Some(0), "{stderr}");
    let (imported, skipped) = (counts["imported"].as_u64(), counts["skipped"].as_u64());
    assert!(
        skipped > Some(0),
        "nobody was killed in the middle: {counts}"
    );
    let sum = imported.unwrap() + skipped.unwrap();
    assert_eq!((sum, &counts["failed"]), (COUNT as u64, &json!(0)));
    let (_, again, _) = import(root.path(), &demo);
    assert_eq!(again, json!({"imported": 0, "skipped": COUNT, "failed": 0}));

    let options = ServerOptions {
        data: Some(root.path().join("data")),
        config: Some(
            "[limits]\naddress_per_minute = 0\norganization_key_per_minute = 0\n".to_owned(),
        ),
        ..ServerOptions::default()
    };
    let server = Server::start(MIRA, options);
    let client = server.client().with_key(&demo.keys.read);
    let titles = titles(&client).await;
    let unique: BTreeSet<&String> = titles.iter().collect();
    assert_eq!((titles.len(), unique.len()), (COUNT, COUNT));
    let mut made = 0;
    for _ in 0..ROUNDS {
        let stats = get(&client, "/team/stats?from=2001-01-01&to=2002-01-01").await;
        made = stats["data"]["metrics"]["reports"].as_u64().unwrap();
        if made == COUNT as u64 {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(made, COUNT as u64);
}

/// Those of all meetings that were imported.
async fn titles(client: &Client) -> Vec<String> {
    let mut titles = Vec::new();
    for page in 1.. {
        let path = format!("/meetings?from=2001-01-01&to=2002-01-01&limit=100&page={page}");
        let listed = get(client, &path).await;
        let listed = listed["data"].as_array().unwrap();
        if listed.is_empty() {
            break;
        }
        titles.extend(
            listed
                .iter()
                .map(|one| one["title"].as_str().unwrap().to_owned()),
        );
    }
    titles
}

#[tokio::test]
async fn import_into_a_database_shows_beside_a_running_server() {
    let root = tempfile::tempdir().unwrap();
    write_transcripts(root.path(), 2);
    let url = Postgres::shared().create_database();
    let options = ServerOptions {
        demo: true,
        arguments: vec!["--database".to_owned(), url.clone()],
        ..ServerOptions::default()
    };
    let server = Server::start(MIRA, options);
    let demo = server.demo();
    let calls = root.path().join("calls").display().to_string();
    let arguments = [
        "import",
        "meetings",
        "--organization",
        &demo.organization_id,
    ];
    let arguments = [&arguments[..], &["--database", &url, &calls]].concat();
    for counts in [
        json!({"imported": 2, "skipped": 0, "failed": 0}),
        json!({"imported": 0, "skipped": 2, "failed": 0}),
    ] {
        let finished = run(MIRA, &arguments, &[], "");
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        assert_eq!(
            serde_json::from_str::<Value>(&finished.stdout).unwrap(),
            counts
        );
    }
    let client = server.client().with_key(&demo.keys.read);
    let listed = get(&client, "/meetings?from=2001-01-01&to=2002-01-01").await;
    assert_eq!(listed["meta"]["total"], 2);
}

#[test]
fn file_that_is_no_transcript_is_told_and_the_others_are_taken() {
    let root = tempfile::tempdir().unwrap();
    let demo = folder(root.path());
    write_transcripts(root.path(), 2);
    let calls = root.path().join("calls");
    std::fs::write(
        calls.join("a.vtt"),
        "WEBVTT\n\n00:01.000 --> 00:00.500\nAnn: A.",
    )
    .unwrap();
    std::fs::write(calls.join("b.srt"), b"1\n\xff\xfe").unwrap();
    std::fs::write(calls.join("c.txt"), "of another kind").unwrap();
    let meeting = json!({"title": "Whole", "started_at": "2026-01-05"}).to_string();
    std::fs::write(calls.join("d.json"), meeting).unwrap();
    let (code, counts, stderr) = import(root.path(), &demo);
    assert_eq!(code, Some(1));
    assert_eq!(counts, json!({"imported": 3, "skipped": 0, "failed": 2}));
    assert!(
        stderr.contains("a.vtt: transcript, line 4: it ends before it starts"),
        "{stderr}"
    );
    assert!(stderr.contains("b.srt: line 2 is not UTF-8"), "{stderr}");
}
