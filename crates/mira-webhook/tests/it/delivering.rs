//! From an event to its receiver.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use mira_core::{OrganizationId, WebhookId};
use mira_db::{BoxFuture, Database, DbError};
use mira_outbound::{AddressRules, HttpClient};
use mira_webhook::{
    Delivery, DeliveryState, Directory, Dispatch, Event, Problem, SigningSecret, Webhook, Worker,
};
use standardwebhooks::Webhook as Reference;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::receiver::Receiver;
use crate::world::{Counting, ManualClock, NOW, databases, enqueue, insert, message, webhook};

/// Webhooks that are looked up where they are kept.
struct Store(Database);

impl Directory for Store {
    fn webhooks(&self, id: OrganizationId) -> BoxFuture<'_, Result<Vec<Webhook>, DbError>> {
        Box::pin(
            self.0
                .read(move |tx| Box::pin(async move { mira_webhook::list(tx, id).await })),
        )
    }

    fn webhook(&self, id: WebhookId) -> BoxFuture<'_, Result<Option<Webhook>, DbError>> {
        Box::pin(
            self.0
                .read(move |tx| Box::pin(async move { mira_webhook::get(tx, id).await })),
        )
    }
}

/// A worker at work until this is dropped.
struct Working {
    clock: Arc<ManualClock>,
    task: JoinHandle<()>,
}

impl Drop for Working {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn work(db: &Database, private: &[&str]) -> Working {
    let clock = Arc::new(ManualClock::new());
    let private = private.iter().map(|net| net.parse().unwrap()).collect();
    let worker = Worker {
        dispatch: Dispatch::new(db.clone(), HttpClient::guarded(AddressRules::new(private))),
        directory: Arc::new(Store(db.clone())),
        clock: Arc::clone(&clock) as _,
        entropy: Arc::new(Counting),
    };
    let task = tokio::spawn(worker.run(std::future::pending()));
    Working { clock, task }
}

const LOOPBACK: &[&str] = &["127.0.0.0/8"];

#[tokio::test]
async fn an_event_reaches_the_webhooks_that_want_it_with_a_signature_that_the_reference_library_takes()
 {
    for db in databases().await {
        let mut receiver = Receiver::start(StatusCode::NO_CONTENT).await;
        let hook = webhook(&receiver.url, &[Event::ReportCompleted]);
        let other = webhook(&receiver.url, &[Event::MeetingFailed]);
        let mut off = webhook(&receiver.url, &[Event::ReportCompleted]);
        off.is_enabled = false;
        for hook in [&hook, &other, &off] {
            insert(&db, hook).await;
        }
        let message = message(Event::ReportCompleted);
        enqueue(&db, &message).await;

        let _working = work(&db, LOOPBACK);
        let (headers, body) = next(&mut receiver).await;
        assert_eq!(headers["content-type"], "application/json");
        assert_eq!(headers["webhook-id"], message.id.to_string());
        assert_eq!(
            std::str::from_utf8(&body).unwrap(),
            "{\"event\":\"report.completed\",\
             \"data\":{\"meeting_id\":\"01930c3e-7a4b-7c2d-8e1f-0a1b2c3d4e5f\"},\
             \"timestamp\":\"2023-11-14T22:13:20.000Z\"}"
        );
        assert!(is_signed_by(hook.secrets.current(), &headers, &body));
        assert!(!is_signed_by(other.secrets.current(), &headers, &body));

        let delivery = settled(&db, hook.id).await;
        assert_eq!(delivery.state, DeliveryState::Delivered);
        assert_eq!((delivery.attempts, delivery.last_status), (1, Some(204)));
        for unasked in [other.id, off.id] {
            assert_eq!(deliveries(&db, unasked).await, []);
        }
        assert!(receiver.came.try_recv().is_err());
    }
}

#[tokio::test]
async fn a_rotated_secret_signs_beside_its_successor_for_a_day() {
    for db in databases().await {
        let mut receiver = Receiver::start(StatusCode::OK).await;
        let mut hook = webhook(&receiver.url, Event::ALL);
        let old = hook.secrets.current().clone();
        let new = SigningSecret::generate(&Counting).unwrap();
        hook.secrets = hook.secrets.rotate(new.clone(), NOW);
        insert(&db, &hook).await;
        let working = work(&db, LOOPBACK);

        enqueue(&db, &message(Event::MeetingFailed)).await;
        let (headers, body) = next(&mut receiver).await;
        assert!(is_signed_by(&old, &headers, &body) && is_signed_by(&new, &headers, &body));

        working.clock.advance(Duration::from_hours(24));
        enqueue(&db, &message(Event::MeetingFailed)).await;
        let (headers, body) = next(&mut receiver).await;
        assert!(!is_signed_by(&old, &headers, &body) && is_signed_by(&new, &headers, &body));
    }
}

#[tokio::test]
async fn what_is_not_taken_is_sent_again_under_the_same_id() {
    for db in databases().await {
        let mut receiver = Receiver::start(StatusCode::INTERNAL_SERVER_ERROR).await;
        let hook = webhook(&receiver.url, Event::ALL);
        insert(&db, &hook).await;
        enqueue(&db, &message(Event::ReportCompleted)).await;
        let working = work(&db, LOOPBACK);

        let (first, _) = next(&mut receiver).await;
        let delivery = attempted(&db, hook.id).await;
        assert_eq!(delivery.state, DeliveryState::Pending);
        assert_eq!(delivery.last_status, Some(500));
        assert_eq!(delivery.last_problem, Some(Problem::Status));
        assert_eq!(delivery.next_attempt_at, NOW.plus_secs(5));
        assert!(receiver.came.try_recv().is_err());

        receiver.answer(StatusCode::OK);
        working.clock.advance(Duration::from_secs(5));
        let (second, _) = next(&mut receiver).await;
        assert_eq!(first["webhook-id"], second["webhook-id"]);
        let delivery = settled(&db, hook.id).await;
        assert_eq!(delivery.state, DeliveryState::Delivered);
        assert_eq!((delivery.attempts, delivery.last_problem), (2, None));
    }
}

#[tokio::test]
async fn a_receiver_that_says_gone_is_not_asked_again_until_somebody_asks_for_it() {
    for db in databases().await {
        let mut receiver = Receiver::start(StatusCode::GONE).await;
        let hook = webhook(&receiver.url, Event::ALL);
        insert(&db, &hook).await;
        enqueue(&db, &message(Event::ReportCompleted)).await;
        let working = work(&db, LOOPBACK);

        next(&mut receiver).await;
        let delivery = settled(&db, hook.id).await;
        assert_eq!(delivery.state, DeliveryState::Failed);
        working.clock.advance(Duration::from_hours(200));

        receiver.answer(StatusCode::OK);
        let now = mira_core::Clock::now(working.clock.as_ref());
        assert!(dispatch(&db).redeliver(delivery.id, now).await.unwrap());
        next(&mut receiver).await;
        let delivery = settled(&db, hook.id).await;
        assert_eq!(delivery.state, DeliveryState::Delivered);
        assert_eq!(delivery.attempts, 1);
    }
}

#[tokio::test]
async fn nothing_is_sent_to_an_address_of_this_machine_unless_the_operator_named_it() {
    for db in databases().await {
        let mut receiver = Receiver::start(StatusCode::OK).await;
        let hook = webhook(&receiver.url, Event::ALL);
        insert(&db, &hook).await;
        enqueue(&db, &message(Event::ReportCompleted)).await;
        let _working = work(&db, &[]);
        let delivery = attempted(&db, hook.id).await;
        assert_eq!(delivery.last_problem, Some(Problem::Forbidden));
        assert!(receiver.came.try_recv().is_err());
    }
}

#[tokio::test]
async fn workers_of_one_queue_deliver_each_message_once() {
    for db in databases().await {
        let mut receiver = Receiver::start(StatusCode::OK).await;
        insert(&db, &webhook(&receiver.url, Event::ALL)).await;
        for _ in 0..12 {
            enqueue(&db, &message(Event::ReportCompleted)).await;
        }
        let _working = [
            work(&db, LOOPBACK),
            work(&db, LOOPBACK),
            work(&db, LOOPBACK),
        ];
        let mut ids = BTreeSet::new();
        for _ in 0..12 {
            let (headers, _) = next(&mut receiver).await;
            ids.insert(headers["webhook-id"].to_str().unwrap().to_owned());
        }
        assert_eq!(ids.len(), 12);
        assert!(receiver.came.try_recv().is_err());
    }
}

#[tokio::test]
async fn a_receiver_that_hangs_keeps_nobody_else_waiting() {
    for db in databases().await {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", silent.local_addr().unwrap());
        insert(&db, &webhook(&url, &[Event::MeetingFailed])).await;
        let mut receiver = Receiver::start(StatusCode::OK).await;
        insert(&db, &webhook(&receiver.url, &[Event::ReportCompleted])).await;
        for _ in 0..40 {
            enqueue(&db, &message(Event::MeetingFailed)).await;
        }
        enqueue(&db, &message(Event::ReportCompleted)).await;
        let _working = work(&db, LOOPBACK);
        next(&mut receiver).await;
    }
}

#[tokio::test]
async fn what_owes_nobody_anything_is_forgotten_after_thirty_days() {
    for db in databases().await {
        let mut receiver = Receiver::start(StatusCode::OK).await;
        let hook = webhook(&receiver.url, Event::ALL);
        insert(&db, &hook).await;
        enqueue(&db, &message(Event::ReportCompleted)).await;
        let first = work(&db, LOOPBACK);
        next(&mut receiver).await;
        settled(&db, hook.id).await;
        drop(first);

        let later = work(&db, LOOPBACK);
        later.clock.advance(Duration::from_hours(31 * 24));
        let forgotten = async {
            while !deliveries(&db, hook.id).await.is_empty() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(Duration::from_secs(30), forgotten).await.unwrap();
    }
}

async fn next(receiver: &mut Receiver) -> (HeaderMap, Bytes) {
    let came = timeout(Duration::from_secs(30), receiver.came.recv());
    came.await.unwrap().unwrap()
}

/// Whether the reference library takes the message. It looks at the real clock too,
/// so what it is told is when.
fn is_signed_by(secret: &SigningSecret, headers: &HeaderMap, body: &[u8]) -> bool {
    let reference = Reference::new(&secret.expose()).unwrap();
    let id = headers["webhook-id"].to_str().unwrap();
    let sent_at = headers["webhook-timestamp"].to_str().unwrap();
    let expected = reference.sign(id, sent_at.parse().unwrap(), body).unwrap();
    let signatures = headers["webhook-signature"].to_str().unwrap();
    signatures.split(' ').any(|signature| signature == expected)
}

async fn deliveries(db: &Database, id: WebhookId) -> Vec<Delivery> {
    dispatch(db).deliveries(id, None, 100).await.unwrap()
}

fn dispatch(db: &Database) -> Dispatch {
    Dispatch::new(db.clone(), HttpClient::guarded(AddressRules::default()))
}

/// The delivery to a webhook once it fulfils `condition`.
async fn until(db: &Database, id: WebhookId, condition: fn(&Delivery) -> bool) -> Delivery {
    let waiting = async {
        loop {
            let found = deliveries(db, id).await;
            if let Some(delivery) = found.into_iter().find(condition) {
                return delivery;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(Duration::from_secs(30), waiting).await.unwrap()
}

async fn attempted(db: &Database, id: WebhookId) -> Delivery {
    until(db, id, |delivery| delivery.last_attempt_at.is_some()).await
}

async fn settled(db: &Database, id: WebhookId) -> Delivery {
    until(db, id, |delivery| delivery.state != DeliveryState::Pending).await
}
