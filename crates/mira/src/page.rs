//! Lists, one page at a time.

use clap::Args;
use serde_json::Value;

use crate::answer::Answer;
use crate::commands::Context;
use crate::query::Query;
use crate::table::{Field, table};
use crate::terminal::note;

/// Which page of a list.
#[derive(Debug, Args)]
pub(crate) struct PageArguments {
    /// The most entries to list, 1 to 100
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
    /// Where the list goes on, as the page before said
    #[arg(long)]
    cursor: Option<String>,
}

impl PageArguments {
    /// Adds what was asked for to a query.
    pub(crate) fn of(&self, query: Query) -> String {
        query
            .with("limit", self.limit)
            .with("cursor", self.cursor.as_deref())
            .into_target()
    }
}

/// Prints one page of a list.
pub(crate) fn print(context: &Context, page: &Answer, columns: &[Field]) {
    let items = page.value().pointer("/items").and_then(Value::as_array);
    context.print(page, |_| table(items.map_or(&[], Vec::as_slice), columns));
    let cursor = page.value().pointer("/next_cursor").and_then(Value::as_str);
    if let (Some(cursor), false) = (cursor, context.json) {
        note(&format!("There are more; go on with --cursor {cursor}"));
    }
}
