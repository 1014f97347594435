//! A SELECT whose conditions are known when it runs, so that each combination
//! of filters gets the plan that fits it.

use mira_db::{DbError, PostgresTx};

use super::collect;
use crate::StoreError;
use crate::column::Columns;
use crate::value::Value;

/// A SELECT that grows.
pub(super) struct Select<'v> {
    sql: String,
    values: Vec<Value<'v>>,
}

impl<'v> Select<'v> {
    /// Everything in `from`; `columns` are read in this order.
    pub(super) fn new(columns: &str, from: &str) -> Self {
        Self {
            sql: format!("SELECT {columns} FROM {from} WHERE TRUE"),
            values: Vec::new(),
        }
    }

    /// Only rows for which `condition`, which has one `?`, holds with `value`.
    pub(super) fn filter(mut self, condition: &str, value: impl Into<Value<'v>>) -> Self {
        self.values.push(value.into());
        let place = format!("${}", self.values.len());
        self.sql.push_str(" AND ");
        self.sql.push_str(&condition.replacen('?', &place, 1));
        self
    }

    /// The same, if there is a value.
    pub(super) fn filter_some(self, condition: &str, value: Option<impl Into<Value<'v>>>) -> Self {
        match value {
            Some(value) => self.filter(condition, value),
            None => self,
        }
    }

    /// Runs it: the `limit` rows that are greatest by `order`, and one more if
    /// there are more.
    pub(super) async fn last<T>(
        mut self,
        tx: &PostgresTx,
        order: &str,
        limit: u32,
        read: impl Fn(&mut Columns<'_>) -> Result<T, DbError>,
    ) -> Result<Vec<T>, StoreError> {
        self.values.push(Value::from(i64::from(limit) + 1));
        let place = self.values.len();
        let sql = format!("{} ORDER BY {order} DESC LIMIT ${place}", self.sql);
        collect(tx, &sql, &self.values, read).await
    }
}
