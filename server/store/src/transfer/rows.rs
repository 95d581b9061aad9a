//! The rows of one table.

use std::ops::Range;

use futures_util::TryStreamExt;
use futures_util::stream::TryChunksError;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::schema::{Column, Table};

/// How many rows one statement writes: many, but few enough for SQLite's limit on values (32,766), and
/// for the memory that answers and logs take.
const AT_ONCE: usize = 64;

/// Copies all rows.
pub(super) async fn copy(
    table: &Table,
    from: &mut AnyConnection,
    to: &mut AnyConnection,
) -> Result<(), sqlx::Error> {
    let select = format!("SELECT {} FROM \"{}\"", names(table), table.name());
    let rows = sqlx::query(&select).fetch(from);
    let mut pieces = rows.try_chunks(AT_ONCE);
    let failed = |TryChunksError(_, error)| error;
    while let Some(rows) = pieces.try_next().await.map_err(failed)? {
        write(table, &rows, to).await?;
    }
    Ok(())
}

async fn write(table: &Table, rows: &[AnyRow], to: &mut AnyConnection) -> Result<(), sqlx::Error> {
    let statement = statement(table, rows.len());
    let mut insert = sqlx::query(&statement);
    for row in rows {
        for (number, Column { is_number, .. }) in table.columns().iter().enumerate() {
            insert = if *is_number {
                insert.bind(row.try_get::<Option<i64>, _>(number)?)
            } else {
                let text: Option<String> = row.try_get(number)?;
                // SQLite takes a NUL, as a failure may have said it; no text of PostgreSQL has one.
                insert.bind(text.map(|text| text.replace('\0', "")))
            };
        }
    }
    insert.execute(to).await?;
    Ok(())
}

fn statement(table: &Table, rows: usize) -> String {
    let width = table.columns().len();
    let row = |number: usize| values(number * width + 1..(number + 1) * width + 1);
    let rows: Vec<String> = (0..rows).map(row).collect();
    let (name, names) = (table.name(), names(table));
    format!(
        "INSERT INTO \"{name}\" ({names}) VALUES {}",
        rows.join(", ")
    )
}

fn values(numbers: Range<usize>) -> String {
    let values: Vec<String> = numbers.map(|number| format!("${number}")).collect();
    format!("({})", values.join(", "))
}

fn names(table: &Table) -> String {
    let names = table
        .columns()
        .iter()
        .map(|column| format!("\"{}\"", column.name));
    names.collect::<Vec<_>>().join(", ")
}
