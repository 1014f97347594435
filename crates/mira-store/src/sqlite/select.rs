//! A SELECT whose conditions are known when it runs, so that each combination
//! of filters gets the plan that fits it.

use mira_db::DbError;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::collect;
use crate::StoreError;
use crate::column::Columns;

/// A SELECT that grows.
pub(super) struct Select {
    sql: String,
    values: Vec<Value>,
}

impl Select {
    /// Everything in `from`; `columns` are read in this order.
    pub(super) fn new(columns: &str, from: &str) -> Self {
        Self {
            sql: format!("SELECT {columns} FROM {from} WHERE TRUE"),
            values: Vec::new(),
        }
    }

    /// Only rows for which `condition`, which has one `?`, holds with `value`.
    pub(super) fn filter(mut self, condition: &str, value: impl Into<Value>) -> Self {
        self.sql.push_str(" AND ");
        self.sql.push_str(condition);
        self.values.push(value.into());
        self
    }

    /// The same, if there is a value.
    pub(super) fn filter_some(self, condition: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.filter(condition, value),
            None => self,
        }
    }

    /// Runs it: the `limit` rows that are greatest by `order`, and one more if
    /// there are more.
    pub(super) fn last<T>(
        mut self,
        connection: &Connection,
        order: &str,
        limit: u32,
        read: impl Fn(&mut Columns<'_>) -> Result<T, DbError>,
    ) -> Result<Vec<T>, StoreError> {
        let sql = format!("{} ORDER BY {order} DESC LIMIT ?", self.sql);
        self.values.push(Value::from(i64::from(limit) + 1));
        collect(connection, &sql, params_from_iter(self.values), read)
    }
}
