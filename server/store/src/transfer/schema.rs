//! What a database says of its own tables.

use sqlx::{AnyConnection, Row};

use crate::dialect::Dialect;

/// A table, the same in both kinds of database.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Table {
    name: String,
    /// In the order of their names: a column that was added later is elsewhere in a table made at once.
    columns: Vec<Column>,
    /// The tables whose rows its own refer to.
    needs: Vec<String>,
}

/// A column, and whether it holds numbers; others hold text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) is_number: bool,
}

impl Table {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The column whose value the database itself counts up for a new row, if there is one.
    pub(super) fn numbered(&self) -> Option<&str> {
        let id = self.columns.iter().find(|column| column.name == "id");
        id.map(|column| column.name.as_str())
    }
}

/// All tables but the one that tells of migrations, in the order of their names.
pub(super) async fn tables(
    dialect: Dialect,
    connection: &mut AnyConnection,
) -> Result<Vec<Table>, sqlx::Error> {
    let mut tables: Vec<Table> = Vec::new();
    let columns = sqlx::query(dialect.list_columns());
    for row in columns.fetch_all(&mut *connection).await? {
        let (name, kind): (String, String) = (row.try_get(0)?, row.try_get(2)?);
        let column = Column {
            name: row.try_get(1)?,
            is_number: matches!(kind.to_lowercase().as_str(), "bigint" | "integer"),
        };
        match tables.last_mut().filter(|table| table.name == name) {
            Some(table) => table.columns.push(column),
            None => tables.push(Table {
                name,
                columns: vec![column],
                needs: Vec::new(),
            }),
        }
    }
    let references = sqlx::query(dialect.list_references());
    for row in references.fetch_all(connection).await? {
        let (name, needs): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        let table = tables.iter_mut().find(|table| table.name == name);
        if let Some(table) = table {
            table.needs.push(needs);
        }
    }
    Ok(tables)
}

/// The same tables, each after those that it needs.
pub(super) fn in_order(tables: &[Table]) -> Vec<&Table> {
    let mut ordered: Vec<&Table> = Vec::new();
    while ordered.len() < tables.len() {
        let is_there = |name: &String| ordered.iter().any(|table| table.name == *name);
        let next = tables
            .iter()
            .find(|table| !is_there(&table.name) && table.needs.iter().all(is_there));
        match next {
            Some(next) => ordered.push(next),
            // They need each other: the database has the last word.
            None => return tables.iter().collect(),
        }
    }
    ordered
}
