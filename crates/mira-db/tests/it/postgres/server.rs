//! Servers set up in a way that matters, each with a server of its own.

use std::time::Duration;

use mira_db::{DbError, OpenError, Outage, PostgresOptions};
use mira_testkit::Postgres as Server;
use tokio::time::{sleep, timeout};

use super::{connect, impatient, read_notes, write_note};

/// Sets which standbys must confirm, and waits until every backend knows.
async fn set_standbys(server: &Server, names: &str) {
    let sql = format!("ALTER SYSTEM SET synchronous_standby_names = '{names}'");
    server.execute("postgres", &sql);
    server.execute("postgres", "SELECT pg_reload_conf()");
    let known = async {
        while server.execute("postgres", "SHOW synchronous_standby_names") != names {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(10), known).await.unwrap();
}

#[tokio::test]
async fn a_commit_is_confirmed_by_the_standby_or_unavailable() {
    let server = Server::start(&[]);
    let url = server.create_database();
    let database = connect(&url, impatient()).await.unwrap();
    write_note(&database, "alone").await.unwrap();
    set_standbys(&server, "nobody").await;
    // Nobody confirms, and nobody answers.
    let silent = write_note(&database, "silent").await;
    assert!(
        matches!(silent, Err(DbError::Unavailable(Outage::Silent))),
        "{silent:?}"
    );
    // An operator ends the waits: the server answers the commit with success, and
    // a warning.
    let cancel = async {
        let sql = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity
                   WHERE wait_event = 'SyncRep'";
        for _ in 0..100 {
            server.execute("postgres", sql);
            sleep(Duration::from_millis(10)).await;
        }
        panic!("the wait for the standby does not end");
    };
    let unconfirmed = tokio::select! {
        written = write_note(&database, "unconfirmed") => written,
        () = cancel => unreachable!(),
    };
    assert!(
        matches!(unconfirmed, Err(DbError::Unavailable(Outage::Unreplicated))),
        "{unconfirmed:?}"
    );
    set_standbys(&server, "").await;
    write_note(&database, "confirmed").await.unwrap();
    assert_eq!(
        read_notes(&database).await,
        ["alone", "silent", "unconfirmed", "confirmed"]
    );
}

#[tokio::test]
async fn a_server_that_lets_any_standby_confirm_is_refused() {
    let server = Server::start(&[]);
    let url = server.create_database();
    set_standbys(&server, "ANY 1 (a, b)").await;
    let error = connect(&url, PostgresOptions::default()).await.unwrap_err();
    assert!(matches!(error, OpenError::AnyStandby { .. }), "{error}");
}
