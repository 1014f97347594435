//! JSON as aligned plain text, for people.

use serde_json::Value;

/// What a column or a line is called, and the JSON pointer (RFC 6901) of its value.
pub(crate) type Field = (&'static str, &'static str);

/// A table with one line for each item.
pub(crate) fn table(items: &[Value], columns: &[Field]) -> String {
    let headings = columns.iter().map(|(heading, _)| heading.to_uppercase());
    let mut rows = vec![headings.collect::<Vec<_>>()];
    rows.extend(items.iter().map(|item| {
        let cells = columns.iter().map(|(_, pointer)| text_at(item, pointer));
        cells.collect()
    }));
    aligned(&rows)
}

/// One line for each field of a record.
pub(crate) fn record(record: &Value, fields: &[Field]) -> String {
    let rows: Vec<Vec<String>> = fields
        .iter()
        .filter(|(_, pointer)| record.pointer(pointer).is_some())
        .map(|(name, pointer)| vec![format!("{name}:"), text_at(record, pointer)])
        .collect();
    aligned(&rows)
}

fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths);
        let cells: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn text_at(item: &Value, pointer: &str) -> String {
    item.pointer(pointer).map_or_else(nothing, text)
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => nothing(),
        Value::Array(values) if values.is_empty() => nothing(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(","),
        Value::Object(members) => {
            let members = members.iter().filter(|(_, value)| !value.is_null());
            let members = members.map(|(name, value)| format!("{name}={}", text(value)));
            members.collect::<Vec<_>>().join(" ")
        }
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

fn nothing() -> String {
    "-".to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{record, table};

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let items = [
            json!({"id": "key_1", "name": "Küche", "permissions": ["read", "write"], "at": null}),
            json!({"id": "key_22", "name": "CI", "permissions": [], "at": "now"}),
        ];
        let columns = [
            ("id", "/id"),
            ("name", "/name"),
            ("at", "/at"),
            ("permissions", "/permissions"),
            ("app", "/app_id"),
        ];
        let expected = "ID      NAME   AT   PERMISSIONS  APP\n\
                        key_1   Küche  -    read,write   -\n\
                        key_22  CI     now  -            -";
        assert_eq!(table(&items, &columns), expected);
    }

    #[test]
    fn record_leaves_out_what_is_not_there() {
        let one = json!({"id": "app_1", "limit": {"per_minute": 5, "per_day": null}, "gone": null});
        let fields = [
            ("id", "/id"),
            ("rate limit", "/limit"),
            ("gone", "/gone"),
            ("absent", "/absent"),
        ];
        let expected = "id:          app_1\nrate limit:  per_minute=5\ngone:        -";
        assert_eq!(record(&one, &fields), expected);
    }
}
