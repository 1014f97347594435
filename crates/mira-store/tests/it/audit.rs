//! The audit trail: complete, filtered, and checkable.

use mira_core::{Actor, EventId, OrganizationId, UserId};
use mira_db::Database;
use mira_store::audit::{self, Action, AuditEvent, AuditFilter, Target, TargetKind};
use mira_store::{Integrity, PageRequest};
use serde_json::json;

use crate::fixture::{NOW, tamper, unique};
use crate::{read, suite, write};

suite!(
    events_come_back_as_they_were,
    events_are_found_by_organization_action_and_target,
    an_event_is_recorded_once,
    every_action_is_kept,
    a_sound_trail_is_intact,
    an_edited_event_is_found,
    a_dropped_event_is_found,
    reordered_events_are_found,
);

pub(crate) fn event(organization_id: Option<OrganizationId>) -> AuditEvent {
    AuditEvent {
        id: EventId::new(NOW, unique()),
        at: NOW,
        actor: Actor::User(UserId::new(NOW, unique())),
        action: Action::KeyRevoked,
        target: Target {
            kind: TargetKind::Key,
            id: "key_1".to_owned(),
        },
        organization_id,
        request_id: Some("req-1".to_owned()),
        details: json!({"reason": "leaked", "share": 0.1, "was": {"b": 1, "a": [true, null]}})
            .as_object()
            .unwrap()
            .clone(),
    }
}

async fn events_come_back_as_they_were(database: Database) {
    let mut given = vec![event(Some(OrganizationId::new(NOW, unique()))), event(None)];
    if let Some(event) = given.last_mut() {
        event.actor = Actor::System;
        event.request_id = None;
        event.details.clear();
    }
    add(&database, &given).await;
    given.reverse();
    assert_eq!(list(&database, AuditFilter::default()).await, given);
}

async fn events_are_found_by_organization_action_and_target(database: Database) {
    let organization_id = OrganizationId::new(NOW, unique());
    let wanted = event(Some(organization_id));
    let elsewhere = event(Some(OrganizationId::new(NOW, unique())));
    let otherwise = AuditEvent {
        action: Action::KeyCreated,
        ..event(Some(organization_id))
    };
    let target = Target {
        kind: TargetKind::App,
        ..wanted.target.clone()
    };
    let to_another = AuditEvent {
        target,
        ..event(Some(organization_id))
    };
    let given = [wanted, elsewhere, otherwise, to_another];
    add(&database, &given).await;
    let [wanted, elsewhere, otherwise, to_another] = given;

    let filter = AuditFilter {
        organization_id: Some(organization_id),
        ..AuditFilter::default()
    };
    let found = list(&database, filter).await;
    assert_eq!(
        found,
        [to_another.clone(), otherwise.clone(), wanted.clone()]
    );
    let filter = AuditFilter {
        action: Some(Action::KeyRevoked),
        ..AuditFilter::default()
    };
    let found = list(&database, filter).await;
    assert_eq!(found, [to_another, elsewhere.clone(), wanted.clone()]);
    let target = Some(wanted.target.clone());
    let filter = AuditFilter {
        target: target.clone(),
        ..AuditFilter::default()
    };
    assert_eq!(
        list(&database, filter).await,
        [otherwise, elsewhere, wanted.clone()]
    );
    let filter = AuditFilter {
        organization_id: Some(organization_id),
        action: Some(Action::KeyRevoked),
        target,
    };
    assert_eq!(list(&database, filter).await, [wanted]);
}

async fn an_event_is_recorded_once(database: Database) {
    let event = event(None);
    let again = event.clone();
    add(&database, &[event]).await;
    let repeated = write!(database, |tx| audit::append(tx, &again)).unwrap_err();
    assert!(repeated.is_conflict());
}

async fn every_action_is_kept(database: Database) {
    let mut given: Vec<AuditEvent> = Action::ALL
        .iter()
        .map(|action| AuditEvent {
            action: *action,
            ..event(None)
        })
        .collect();
    add(&database, &given).await;
    given.reverse();
    assert_eq!(list(&database, AuditFilter::default()).await, given);
}

async fn a_sound_trail_is_intact(database: Database) {
    add(&database, &[event(None), event(None), event(None)]).await;
    assert_eq!(verify(&database).await, Integrity::Intact { entries: 3 });
}

async fn an_edited_event_is_found(database: Database) {
    add(&database, &[event(None), event(None), event(None)]).await;
    let sql = "UPDATE audit_events SET body = replace(body, 'leaked', 'a whim') WHERE position = 2";
    tamper(&database, sql).await;
    assert_eq!(verify(&database).await, Integrity::BrokenAt(2));
}

async fn a_dropped_event_is_found(database: Database) {
    add(&database, &[event(None), event(None), event(None)]).await;
    tamper(&database, "DELETE FROM audit_events WHERE position = 3").await;
    assert_eq!(verify(&database).await, Integrity::BrokenAt(3));
}

async fn reordered_events_are_found(database: Database) {
    add(&database, &[event(None), event(None), event(None)]).await;
    let sql = "UPDATE audit_events SET position = 99 WHERE position = 1;
               UPDATE audit_events SET position = 1 WHERE position = 2;
               UPDATE audit_events SET position = 2 WHERE position = 99";
    tamper(&database, sql).await;
    assert_eq!(verify(&database).await, Integrity::BrokenAt(1));
}

async fn add(database: &Database, events: &[AuditEvent]) {
    let events = events.to_vec();
    write!(database, |tx| async move {
        for event in &events {
            audit::append(tx, event).await?;
        }
        Ok(())
    })
    .unwrap();
}

async fn list(database: &Database, filter: AuditFilter) -> Vec<AuditEvent> {
    read!(database, |tx| async move {
        audit::list(tx, &filter, &PageRequest::default()).await
    })
    .unwrap()
    .items
}

async fn verify(database: &Database) -> Integrity {
    read!(database, |tx| audit::verify(tx)).unwrap()
}
