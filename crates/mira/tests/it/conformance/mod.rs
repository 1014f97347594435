//! Every door gives the answer of the gateway: one table of requests, asked at the
//! gateway and through real proxies.

mod answer;
#[path = "../../../../mira-tower/examples/guarded_service.rs"]
#[expect(dead_code, reason = "the example runs by itself, too")]
mod guarded_service;
mod places;
mod rows;
mod states;
mod world;

use answer::{Answer, ask};
use mira_testkit::Seen;
use places::Place;
use rows::{Differs, ROWS, Row, exception};
use world::World;

/// What an upstream must be told alike, whoever tells it.
const TOLD: [&str; 6] = [
    "x-mira-key-id",
    "x-mira-organization-id",
    "x-mira-app-id",
    "x-mira-service",
    "x-mira-environment",
    "x-mira-permissions",
];

#[tokio::test]
async fn one_request_has_one_answer_wherever_it_is_asked() {
    let world = World::start().await;
    let places = places::all(&world).await;
    let mut faults = Vec::new();
    for row in ROWS {
        let request = world.fill(&row.request());
        let mut first = None;
        for place in &places {
            let (answer, seen) = answered(&world, place, &request).await;
            if first.is_none() {
                check_published(row, answer.as_ref());
            }
            let said = said(answer.as_ref(), &seen);
            let expected = first.get_or_insert_with(|| said.clone());
            let is_same = match exception(place.name, row) {
                None => said == *expected,
                Some(Differs::OwnBadRequest) => {
                    seen.is_empty() && answer.is_some_and(|answer| answer.status == 400)
                }
                Some(Differs::Code(code)) => {
                    seen.is_empty()
                        && answer.is_some_and(|answer| answer.get("x-mira-code") == Some(code))
                }
                Some(Differs::Line(line)) => {
                    said != *expected && without(&said, line) == without(expected, line)
                }
            };
            if !is_same {
                let name = place.name;
                let (method, target, fields) = (row.method, row.target, row.fields);
                faults.push(format!(
                    "=== {name}: {method} {target} {fields:?}\n--- gateway\n{expected}\n--- {name}\n{said}\n"
                ));
            }
        }
    }
    assert!(
        faults.is_empty(),
        "{} differences\n{}",
        faults.len(),
        faults.join("\n")
    );
    states::windows(&world, &places).await;
    states::nowhere(&world, &places).await;
    states::away(world, &places).await;
}

#[tokio::test]
async fn no_cache_keeps_what_a_key_opened_nor_a_refusal() {
    let world = World::start().await;
    states::cached(&world).await;
}

async fn answered(world: &World, place: &Place, request: &str) -> (Option<Answer>, Vec<Seen>) {
    world.upstream.take();
    let answer = ask(place.address, request.as_bytes()).await;
    (answer, world.upstream.take())
}

fn check_published(row: &Row, answer: Option<&Answer>) {
    let answer = answer.unwrap();
    let got = (answer.status, answer.get("x-mira-code").unwrap_or_default());
    let (method, target, fields) = (row.method, row.target, row.fields);
    assert_eq!(got, (row.status, row.code), "{method} {target} {fields:?}");
}

/// The answer, and what the upstream heard, as one text.
fn said(answer: Option<&Answer>, seen: &[Seen]) -> String {
    let answer = answer.map_or_else(|| "no HTTP".to_owned(), Answer::essence);
    let heard: Vec<String> = seen.iter().map(heard).collect();
    format!("{answer}\n-- upstream\n{}", heard.join("\n"))
}

fn without(said: &str, line: &str) -> String {
    let lines = said.lines().filter(|given| !given.starts_with(line));
    lines.collect::<Vec<_>>().join("\n")
}

fn heard(seen: &Seen) -> String {
    let mut lines = vec![format!("{} {}", seen.method, seen.target)];
    for (name, value) in &seen.headers {
        let (name, value) = (name.as_str(), String::from_utf8_lossy(value.as_bytes()));
        let folded = name.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        if TOLD.contains(&name) {
            lines.push(format!("{name}: {value}"));
        } else if folded == "x-mira-request-id" {
            lines.push(format!("{name}: of {} digits", value.len()));
        } else if folded.starts_with("x-mira-")
            || ["authorization", "x-api-key", "cookie"].contains(&folded.as_str())
        {
            lines.push(format!("{name}: {value}"));
        }
    }
    lines[1..].sort();
    lines.push(String::from_utf8_lossy(&seen.body).into_owned());
    lines.join("\n")
}
