//! Connecting: refused early, with the reason and the remedy.

use std::time::{Duration, Instant};

use mira_db::{OpenError, PostgresOptions};
use mira_testkit::Postgres as Server;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::{ADD_AUTHOR, CREATE, connect, connect_with, impatient, read_notes, write_note};

#[tokio::test]
async fn an_unusable_address_is_explained_without_its_password() {
    for url in [
        "mysql://ann:s3cret@db/mira",
        "postgres://ann:s3cret@/mira",
        "postgres://db.example/s3cret",
        "postgres://ann:s3cret@db.example",
        "postgres://ann:s3cret@db.example:port/mira",
        "postgres://ann:x?s3cret@db.example/mira?colour=red",
        "postgres://ann:s3cret@db.example/mira?sslmode=prefer",
        "postgres://ann:s3cret@db.example/mira?sslrootcert=/absent.pem",
    ] {
        let error = connect(url, impatient()).await.unwrap_err();
        let message = error.to_string();
        assert!(
            matches!(error, OpenError::Address { .. }),
            "{url}: {message}"
        );
        assert!(
            !format!("{error:?} {message}").contains("s3cret"),
            "{message}"
        );
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_without_its_password() {
    let url = "postgres://ann:s3cret@127.0.0.1:1/mira";
    let error = connect(url, impatient()).await.unwrap_err();
    let message = error.to_string();
    assert!(matches!(error, OpenError::Unreachable { .. }));
    assert!(message.starts_with("postgres://127.0.0.1:1/mira cannot be reached"));
    assert!(!format!("{error:?} {message}").contains("s3cret"));
}

#[tokio::test]
async fn a_server_that_takes_the_connection_and_says_nothing_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let url = format!("postgres://ann@{address}/mira");
    let options = impatient();
    #[expect(clippy::disallowed_methods, reason = "the test's own stopwatch")]
    let started = Instant::now();
    let error = connect(&url, options).await.unwrap_err();
    assert!(matches!(error, OpenError::Unreachable { .. }));
    assert!(started.elapsed() < Duration::from_secs(2));
    // The same with the default patience.
    assert!(PostgresOptions::default().connect_timeout * 2 < Duration::from_secs(10));
}

#[tokio::test]
async fn a_missing_database_is_named() {
    let url = Server::shared().url("absent");
    let message = connect(&url, impatient()).await.unwrap_err().to_string();
    assert!(
        message.contains("database \"absent\" does not exist"),
        "{message}"
    );
}

#[tokio::test]
async fn nodes_that_start_at_once_on_an_empty_database_all_come_up() {
    let url = Server::shared().create_database();
    let mut nodes = JoinSet::new();
    for _ in 0..5 {
        let url = url.clone();
        nodes.spawn(async move { connect(&url, PostgresOptions::default()).await.unwrap() });
    }
    for (at, node) in nodes.join_all().await.into_iter().enumerate() {
        write_note(&node, &format!("from {at}")).await.unwrap();
        assert_eq!(read_notes(&node).await.len(), at + 1);
    }
}

#[tokio::test]
async fn schemas_are_brought_up_to_date_and_never_back() {
    let url = Server::shared().create_database();
    let options = PostgresOptions::default;
    let old = connect(&url, options()).await.unwrap();
    write_note(&old, "old").await.unwrap();
    let new = connect_with(&url, options(), &[CREATE, ADD_AUTHOR])
        .await
        .unwrap();
    assert_eq!(read_notes(&new).await, ["old"]);

    let newer = connect(&url, options()).await;
    assert!(matches!(newer, Err(OpenError::Newer { version: 2, .. })));
    let other = ("V1__create_notes", "CREATE TABLE notes ();");
    let divergent = connect_with(&url, options(), &[other, ADD_AUTHOR]).await;
    assert!(matches!(divergent, Err(OpenError::Divergent { .. })));
}

#[tokio::test]
async fn a_failed_migration_leaves_the_schema_as_it_was() {
    let url = Server::shared().create_database();
    let broken = ("V3__break", "ALTER TABLE absent ADD COLUMN x TEXT;");
    let list = [CREATE, ADD_AUTHOR, broken];
    let failed = connect_with(&url, PostgresOptions::default(), &list).await;
    assert!(matches!(failed, Err(OpenError::Server { .. })));
    let database = connect(&url, PostgresOptions::default()).await.unwrap();
    write_note(&database, "new").await.unwrap();
}

#[tokio::test]
async fn a_database_that_takes_no_writes_is_refused() {
    let server = Server::shared();
    let url = server.create_database();
    let name = url.rsplit('/').next().unwrap();
    let sql = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
    server.execute("postgres", &sql);
    let error = connect(&url, PostgresOptions::default()).await.unwrap_err();
    assert!(matches!(error, OpenError::ReadOnly { .. }), "{error}");
}

#[tokio::test]
async fn a_database_of_another_encoding_is_refused() {
    let server = Server::shared();
    let sql = "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'";
    server.execute("postgres", sql);
    let error = connect(&server.url("latin"), PostgresOptions::default()).await;
    assert!(matches!(error, Err(OpenError::Encoding { .. })));
}
