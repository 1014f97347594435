//! Transactions: isolated, durable, bounded in time, and gone when their work is.

use std::time::Duration;

use mira_db::{Database, DbError, Fault, Outage, PostgresOptions, Tx};
use mira_testkit::Postgres as Server;
use tokio::sync::oneshot;
use tokio::time::sleep;

use super::{bodies, conclude, connect, execute, impatient, notes, read_notes, write, write_note};

const INSERT: &str = "INSERT INTO notes (body) VALUES ('note')";
const INSERT_OTHER: &str = "INSERT INTO notes (body) VALUES ('other')";

/// A database with one connection only, so that what one transaction leaves
/// behind is what the next one meets.
async fn narrow() -> (Database, String) {
    let url = Server::shared().create_database();
    let options = PostgresOptions {
        connections: 1,
        ..impatient()
    };
    (connect(&url, options).await.unwrap(), url)
}

#[tokio::test]
async fn failing_and_panicking_work_is_undone() {
    let (database, _) = narrow().await;
    let failing = write(&database, |tx| {
        Box::pin(async move {
            execute(tx, INSERT).await?;
            execute(tx, INSERT).await
        })
    });
    assert!(matches!(failing.await, Err(DbError::Conflict { .. })));
    let panicking = write(&database, |tx| {
        Box::pin(async move {
            execute(tx, INSERT).await?;
            panic!("on purpose")
        })
    });
    let panicking = panicking.await;
    assert!(matches!(panicking, Err(DbError::Internal(Fault::Panicked))));
    write_note(&database, "after").await.unwrap();
    assert_eq!(read_notes(&database).await, ["after"]);
}

#[tokio::test]
async fn work_that_goes_on_after_a_failed_statement_is_a_fault_and_keeps_nothing() {
    let (database, _) = narrow().await;
    write_note(&database, "note").await.unwrap();
    let stubborn = write(&database, |tx| {
        Box::pin(async move {
            execute(tx, "INSERT INTO notes (body) VALUES ('lost')").await?;
            assert!(execute(tx, INSERT).await.is_err());
            Ok(())
        })
    });
    assert!(matches!(
        stubborn.await,
        Err(DbError::Internal(Fault::WentOn))
    ));
    assert_eq!(read_notes(&database).await, ["note"]);
}

#[tokio::test]
async fn a_query_that_commits_is_the_last_step_and_holds_nothing_afterwards() {
    let (database, _) = narrow().await;
    let concluded = write(&database, |tx| {
        Box::pin(async move {
            execute(tx, INSERT_OTHER).await?;
            conclude(tx, "INSERT INTO notes (body) VALUES ('last') RETURNING id").await?;
            let late = execute(tx, INSERT).await;
            assert!(matches!(late, Err(DbError::Internal(Fault::WentOn))));
            Ok(())
        })
    });
    assert!(matches!(
        concluded.await,
        Err(DbError::Internal(Fault::WentOn))
    ));
    assert_eq!(read_notes(&database).await, ["other", "last"]);

    // If the last query fails, nothing is kept, and the connection is as good as before.
    let refused = write(&database, |tx| {
        Box::pin(async move {
            execute(tx, INSERT).await?;
            conclude(tx, "INSERT INTO notes (body) VALUES ('last') RETURNING id").await
        })
    });
    assert!(matches!(refused.await, Err(DbError::Conflict { .. })));
    let alone = write(&database, |tx| Box::pin(conclude(tx, INSERT)));
    alone.await.unwrap();
    assert_eq!(read_notes(&database).await, ["other", "last", "note"]);
}

#[tokio::test]
async fn a_single_statement_commits_by_itself_and_a_second_is_a_fault() {
    let (database, _) = narrow().await;
    let single = database.write_one::<_, DbError, _>(|tx| Box::pin(execute(tx, INSERT)));
    single.await.unwrap();
    let read = database.read_one::<_, DbError, _>(|tx| Box::pin(bodies(tx)));
    assert_eq!(read.await.unwrap(), ["note"]);
    let double = database.write_one::<_, DbError, _>(|tx| {
        Box::pin(async move {
            execute(tx, INSERT_OTHER).await?;
            execute(tx, INSERT_OTHER).await
        })
    });
    assert!(matches!(
        double.await,
        Err(DbError::Internal(Fault::WentOn))
    ));
    assert_eq!(read_notes(&database).await, ["note", "other"]);
}

#[tokio::test]
async fn what_is_said_is_heard_on_every_connection_and_a_lost_one_says_so() {
    let url = Server::shared().create_database();
    let database = connect(&url, impatient()).await.unwrap();
    let Database::Postgres(postgres) = &database else {
        panic!("it is on a server");
    };
    let (mut listener, notifier) = postgres.listen("notes").await.unwrap();
    let (mut other, silent) = postgres.listen("notes").await.unwrap();
    notifier
        .notify(&["one".to_owned(), "two".to_owned()])
        .await
        .unwrap();
    notifier.notify(&[]).await.unwrap();
    for listener in [&mut listener, &mut other] {
        assert_eq!(listener.next().await.as_deref(), Some("one"));
        assert_eq!(listener.next().await.as_deref(), Some("two"));
    }
    drop(silent);
    assert_eq!(other.next().await, None);
    let name = url.rsplit('/').next().unwrap();
    let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE datname = current_database() AND query LIKE '%pg_notify%'
                AND pid <> pg_backend_pid()";
    Server::shared().execute(name, kill);
    assert_eq!(listener.next().await, None);
    assert!(notifier.notify(&[]).await.is_err());
}

#[tokio::test]
async fn unique_violation_names_its_constraint_and_quotes_no_value() {
    let database = notes().await;
    write_note(&database, "same").await.unwrap();
    let error = write_note(&database, "same").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "a record with the same notes_body_key exists"
    );
    let sql = "INSERT INTO notes (id, body) VALUES (4711, NULL)";
    let error = write(&database, move |tx| Box::pin(execute(tx, sql))).await;
    let error = error.unwrap_err();
    assert!(matches!(error, DbError::Internal(Fault::Statement(_))));
    assert!(!format!("{error} {error:?}").contains("4711"), "{error:?}");
}

#[tokio::test]
async fn write_commits_though_its_caller_has_gone() {
    let database = notes().await;
    let (started, has_started) = oneshot::channel();
    let (release, released) = oneshot::channel::<()>();
    let caller = tokio::spawn({
        let database = database.clone();
        async move {
            write(&database, move |tx| {
                Box::pin(async move {
                    execute(tx, INSERT).await?;
                    started.send(()).unwrap();
                    released.await.unwrap();
                    Ok(())
                })
            })
            .await
        }
    });
    has_started.await.unwrap();
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    release.send(()).unwrap();
    // Waits for the transaction, which holds the same unique value.
    assert!(write_note(&database, "note").await.is_err());
    assert_eq!(read_notes(&database).await, ["note"]);
}

#[tokio::test]
async fn reads_see_one_snapshot_and_write_nothing() {
    let database = notes().await;
    let other = database.clone();
    let seen = database.read::<_, DbError, _>(move |tx| {
        Box::pin(async move {
            let before = bodies(tx).await?;
            write_note(&other, "meanwhile").await?;
            assert_eq!(bodies(tx).await?, before);
            Ok(before)
        })
    });
    assert!(seen.await.unwrap().is_empty());
    let smuggled = database.read::<(), DbError, _>(|tx| Box::pin(execute(tx, INSERT)));
    assert!(smuggled.await.is_err());
    assert_eq!(read_notes(&database).await, ["meanwhile"]);
}

#[tokio::test]
async fn silent_work_loses_its_transaction_and_its_locks() {
    let (database, url) = narrow().await;
    let other = connect(&url, PostgresOptions::default()).await.unwrap();
    let silent = write(&database, |tx| {
        Box::pin(async move {
            execute(tx, "LOCK TABLE notes").await?;
            sleep(Duration::from_secs(1)).await;
            execute(tx, INSERT).await
        })
    });
    let (silent, other_note) = tokio::join!(silent, async {
        sleep(Duration::from_millis(100)).await;
        write_note(&other, "other").await
    });
    assert!(matches!(silent, Err(DbError::Unavailable(_))), "{silent:?}");
    other_note.unwrap();
    write_note(&database, "later").await.unwrap();
    assert_eq!(read_notes(&database).await, ["other", "later"]);
}

#[tokio::test]
async fn slow_statements_and_long_waits_for_locks_are_unavailable() {
    let (database, url) = narrow().await;
    let slow = write(&database, |tx| Box::pin(execute(tx, "SELECT pg_sleep(5)")));
    assert!(matches!(slow.await, Err(DbError::Unavailable(_))));

    // It is silent while the others wait, and must not be ended for that.
    let patient = PostgresOptions {
        idle_timeout: Duration::from_secs(10),
        ..PostgresOptions::default()
    };
    let holder = connect(&url, patient).await.unwrap();
    let blocked = database.clone();
    let held = write(&holder, move |tx| {
        Box::pin(async move {
            execute(tx, "LOCK TABLE notes").await?;
            let result = write_note(&blocked, "waiting").await;
            assert!(matches!(result, Err(DbError::Unavailable(_))), "{result:?}");
            execute(tx, INSERT).await
        })
    });
    held.await.unwrap();
    let busy = database.clone();
    let queued = write(&database, move |tx| {
        Box::pin(async move {
            execute(tx, INSERT_OTHER).await?;
            let queued = write_note(&busy, "queued").await;
            assert!(matches!(queued, Err(DbError::Unavailable(Outage::Busy))));
            Ok(())
        })
    });
    // The server lost patience as well, with the silence.
    assert!(matches!(queued.await, Err(DbError::Unavailable(_))));
    assert_eq!(read_notes(&database).await, ["note"]);
}

#[tokio::test]
async fn connection_lost_during_the_commit_is_unavailable_and_the_next_write_works() {
    let (database, url) = narrow().await;
    let server = Server::shared();
    let name = url.rsplit('/').next().unwrap().to_owned();
    server.execute(
        &name,
        "CREATE FUNCTION tarry() RETURNS trigger LANGUAGE plpgsql
             AS 'BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END';
         CREATE CONSTRAINT TRIGGER tarry AFTER INSERT ON notes
             DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tarry()",
    );
    let (lost, ()) = tokio::join!(write_note(&database, "lost"), async {
        sleep(Duration::from_millis(250)).await;
        let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND query = 'COMMIT'";
        assert_eq!(server.execute(&name, kill), "t");
    });
    assert!(matches!(lost, Err(DbError::Unavailable(_))), "{lost:?}");
    write_note(&database, "later").await.unwrap();
    assert_eq!(read_notes(&database).await, ["later"]);
}

#[tokio::test]
async fn killed_connections_are_replaced() {
    let (database, url) = narrow().await;
    write_note(&database, "before").await.unwrap();
    let name = url.rsplit('/').next().unwrap();
    let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()
                AND application_name = 'mira'";
    assert_eq!(Server::shared().execute(name, kill), "1");
    sleep(Duration::from_millis(50)).await;
    write_note(&database, "after").await.unwrap();
    assert_eq!(read_notes(&database).await, ["before", "after"]);
}

#[tokio::test]
async fn close_waits_for_what_runs_and_refuses_what_comes_later() {
    let database = notes().await;
    let (started, has_started) = oneshot::channel();
    let running = tokio::spawn({
        let database = database.clone();
        async move {
            write(&database, move |tx: &mut Tx| {
                Box::pin(async move {
                    started.send(()).unwrap();
                    execute(tx, "SELECT pg_sleep(0.2)").await?;
                    execute(tx, INSERT).await
                })
            })
            .await
        }
    });
    has_started.await.unwrap();
    database.clone().close().await.unwrap();
    running.await.unwrap().unwrap();
    let late = write_note(&database, "late").await;
    assert!(matches!(late, Err(DbError::Unavailable(Outage::Closed))));
    database.close().await.unwrap();
}
