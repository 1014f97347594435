//! Counting a list and reading one page of it.

use mira_core::OrganizationId;
use mira_db::{DbError, Tx};

use super::{Columns, Value, row, rows};
use crate::page::{Listed, Page};

/// A list of one organization, whose conditions are known when it runs: one that is
/// not asked for must not be there, for only so is its index chosen.
pub(crate) struct List<'v> {
    table: &'static str,
    columns: &'static str,
    /// The column of instants by which the newest comes first.
    newest_by: &'static str,
    condition: String,
    values: Vec<Value<'v>>,
}

impl<'v> List<'v> {
    /// All rows of the organization; `columns` are read in this order.
    pub(crate) fn new(
        table: &'static str,
        columns: &'static str,
        newest_by: &'static str,
        organization: OrganizationId,
    ) -> Self {
        Self {
            table,
            columns,
            newest_by,
            condition: "organization_id = $1".to_owned(),
            values: vec![organization.into()],
        }
    }

    /// Only rows for which `condition`, which has one `?`, holds with `value`, if
    /// there is a value.
    pub(crate) fn filter(mut self, condition: &str, value: Option<impl Into<Value<'v>>>) -> Self {
        if let Some(value) = value {
            self.values.push(value.into());
            let place = format!("${}", self.values.len());
            self.condition.push_str(" AND ");
            self.condition.push_str(&condition.replacen('?', &place, 1));
        }
        self
    }

    /// How many rows of `table` there are by the conditions so far, `count` being
    /// what counts them.
    pub(crate) async fn total(
        &self,
        tx: &mut Tx,
        count: &str,
        table: &str,
    ) -> Result<u64, DbError> {
        let sql = format!("SELECT {count} FROM {table} WHERE {}", self.condition);
        self::count(tx, &sql, &self.values).await
    }

    /// One page, and how many rows there are in all.
    pub(crate) async fn page<T>(
        self,
        tx: &mut Tx,
        page: Page,
        read: impl Fn(&mut Columns<'_>) -> Result<T, DbError>,
    ) -> Result<Listed<T>, DbError> {
        let total = self.total(tx, "count(*)", self.table).await?;
        self.page_of(tx, total, page, read).await
    }

    /// One page of the `total` rows. The inner selection walks an index that holds
    /// all it asks, so that skipping to a late page is cheap too; only the rows of
    /// the page itself are looked up.
    pub(crate) async fn page_of<T>(
        mut self,
        tx: &mut Tx,
        total: u64,
        page: Page,
        read: impl Fn(&mut Columns<'_>) -> Result<T, DbError>,
    ) -> Result<Listed<T>, DbError> {
        if page.offset().unsigned_abs() >= total {
            return Ok(Listed {
                items: Vec::new(),
                total,
            });
        }
        let Self {
            table,
            columns,
            newest_by,
            condition,
            ..
        } = &self;
        let (limit, offset) = (self.values.len() + 1, self.values.len() + 2);
        let sql = format!(
            "SELECT {columns} FROM {table} WHERE id IN (
                 SELECT id FROM {table} WHERE {condition}
                 ORDER BY {newest_by} DESC, id DESC LIMIT ${limit} OFFSET ${offset}
             ) ORDER BY {newest_by} DESC, id DESC"
        );
        self.values.push(page.limit.into());
        self.values.push(page.offset().into());
        let items = rows(tx, &sql, &self.values, read).await?;
        Ok(Listed { items, total })
    }
}

/// The number that `sql` selects.
async fn count(tx: &mut Tx, sql: &str, values: &[Value<'_>]) -> Result<u64, DbError> {
    let number = |columns: &mut Columns<'_>| columns.take();
    Ok(row(tx, sql, values, number).await?.unwrap_or(0))
}
