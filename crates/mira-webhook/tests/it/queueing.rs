//! The queue by itself.

use mira_db::sql::Columns;
use mira_db::{Database, DbError};
use mira_webhook::Event;

use crate::world::{databases, message, write};

#[tokio::test]
async fn a_message_whose_transaction_is_undone_is_not_told() {
    for db in databases().await {
        let undone: Result<(), DbError> = db
            .write(|tx| {
                Box::pin(async move {
                    mira_webhook::enqueue(tx, &message(Event::ReportCompleted)).await?;
                    Err(DbError::Unavailable(mira_db::Outage::RolledBack))
                })
            })
            .await;
        assert!(undone.is_err());
        assert_eq!(messages(&db).await, 0);
    }
}

async fn messages(db: &Database) -> i64 {
    let sql = "SELECT count(*) FROM webhook_messages";
    let count = write!(db, |tx| mira_db::sql::row(tx, sql, &[], number));
    count.unwrap()
}

fn number(columns: &mut Columns<'_>) -> Result<i64, DbError> {
    columns.integer()
}
