//! Writes of several workers with one commit.
//!
//! A commit waits for the disk, which takes many times as long as what it commits. What is to be
//! written meanwhile gathers and is committed together: nobody waits longer than for the commit under
//! way and their own, and nobody is told of a write before it is on the disk.

use std::sync::Arc;

use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, AnyPool};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinSet;

use crate::dialect::Dialect;

/// Most statements of one transaction; the first of them waits for the last.
const MOST: usize = 64;

/// What a statement is given.
#[derive(Debug)]
pub(crate) enum Value {
    Text(String),
    Number(i64),
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

/// A statement that changes at most one row, and ends in `RETURNING`.
#[derive(Debug)]
pub(crate) struct Statement {
    /// What its transaction waits for first.
    lock: Option<&'static str>,
    sql: String,
    values: Vec<Value>,
}

impl Statement {
    pub(crate) fn new(sql: String) -> Self {
        let (lock, values) = Default::default();
        Self { lock, sql, values }
    }

    /// Not before its transaction has what `lock` waits for.
    pub(crate) fn after(self, lock: Option<&'static str>) -> Self {
        Self { lock, ..self }
    }

    pub(crate) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    fn query(&self) -> Query<'_, Any, AnyArguments<'_>> {
        let query = sqlx::query(&self.sql);
        self.values.iter().fold(query, |query, value| match value {
            Value::Text(text) => query.bind(text.as_str()),
            Value::Number(number) => query.bind(*number),
        })
    }
}

/// The row that was changed, if there was one.
type Changed = Option<AnyRow>;

struct Wanted {
    statement: Statement,
    told: oneshot::Sender<Result<Changed, sqlx::Error>>,
}

/// Commits what is wanted, until it is dropped.
#[derive(Debug)]
pub(crate) struct Writer {
    wanted: mpsc::Sender<Wanted>,
    _committing: JoinSet<()>,
}

impl Writer {
    pub(crate) fn new(pool: &AnyPool, dialect: Dialect) -> Self {
        let (wanted, waiting) = mpsc::channel(MOST);
        let waiting = Arc::new(Mutex::new(waiting));
        let mut committing = JoinSet::new();
        for _ in 0..dialect.writers() {
            committing.spawn(commit_all(pool.clone(), dialect, Arc::clone(&waiting)));
        }
        Self {
            wanted,
            _committing: committing,
        }
    }

    /// Does as the statement says, and returns once that outlives a power cut.
    pub(crate) async fn write(&self, statement: Statement) -> Result<Changed, sqlx::Error> {
        let (told, answer) = oneshot::channel();
        let wanted = Wanted { statement, told };
        let sent = self.wanted.send(wanted).await;
        sent.map_err(|_| sqlx::Error::PoolClosed)?;
        answer.await.map_err(|_| sqlx::Error::PoolClosed)?
    }
}

async fn commit_all(pool: AnyPool, dialect: Dialect, waiting: Arc<Mutex<mpsc::Receiver<Wanted>>>) {
    loop {
        let mut group = Vec::new();
        if waiting.lock().await.recv_many(&mut group, MOST).await == 0 {
            return;
        }
        // Whoever has gone wants nothing any more, least of all a job.
        group.retain(|wanted| !wanted.told.is_closed());
        commit(&pool, dialect, group).await;
    }
}

async fn commit(pool: &AnyPool, dialect: Dialect, group: Vec<Wanted>) {
    if group.len() < 2 {
        return each_alone(pool, dialect, group).await;
    }
    let statements = group.iter().map(|wanted| &wanted.statement);
    match together(pool, dialect, statements).await {
        Ok(changed) => {
            for (wanted, changed) in group.into_iter().zip(changed) {
                // It may have gone meanwhile.
                let _ = wanted.told.send(Ok(changed));
            }
        }
        // One of them was refused, and so nothing was written.
        Err(Failed::Statement(sqlx::Error::Database(_))) => each_alone(pool, dialect, group).await,
        // Nobody knows whether it was written, or nothing can be: trying again might do it twice.
        Err(Failed::Statement(error) | Failed::Transaction(error)) => {
            let error = Arc::new(error);
            for wanted in group {
                let error = sqlx::Error::AnyDriverError(Box::new(Arc::clone(&error)));
                let _ = wanted.told.send(Err(error));
            }
        }
    }
}

enum Failed {
    /// Nothing was written.
    Statement(sqlx::Error),
    /// Before the first statement or after the last.
    Transaction(sqlx::Error),
}

async fn together(
    pool: &AnyPool,
    dialect: Dialect,
    statements: impl Iterator<Item = &Statement>,
) -> Result<Vec<Changed>, Failed> {
    let begun = pool.begin_with(dialect.begin_write()).await;
    let mut transaction = begun.map_err(Failed::Transaction)?;
    let (mut changed, mut locked) = (Vec::new(), None);
    for statement in statements {
        if let Some(lock) = statement.lock.filter(|_| statement.lock != locked) {
            let waited = sqlx::query(lock).execute(&mut *transaction).await;
            waited.map_err(Failed::Statement)?;
            locked = statement.lock;
        }
        let rows = statement.query().fetch_all(&mut *transaction).await;
        changed.push(rows.map_err(Failed::Statement)?.pop());
    }
    transaction.commit().await.map_err(Failed::Transaction)?;
    Ok(changed)
}

async fn each_alone(pool: &AnyPool, dialect: Dialect, group: Vec<Wanted>) {
    for Wanted { statement, told } in group {
        let changed = if statement.lock.is_some() {
            let changed = together(pool, dialect, std::iter::once(&statement)).await;
            let changed = changed.map(|mut changed| changed.pop().flatten());
            changed.map_err(|(Failed::Statement(error) | Failed::Transaction(error))| error)
        } else {
            // All rows are read, though there is one: SQLite says at the end whether it was committed.
            let rows = statement.query().fetch_all(pool).await;
            rows.map(|mut rows| rows.pop())
        };
        let _ = told.send(changed);
    }
}

#[cfg(test)]
mod tests {
    use sqlx::any::AnyPoolOptions;
    use tempfile::TempDir;

    use super::*;

    type Answer = oneshot::Receiver<Result<Changed, sqlx::Error>>;

    async fn pool() -> (TempDir, AnyPool) {
        sqlx::any::install_default_drivers();
        let dir = tempfile::tempdir().unwrap();
        let address = format!("sqlite:{}?mode=rwc", dir.path().join("numbers").display());
        let pool = AnyPoolOptions::new().connect(&address).await.unwrap();
        let table = "CREATE TABLE numbers (
            number INTEGER PRIMARY KEY,
            half INTEGER REFERENCES numbers (number) DEFERRABLE INITIALLY DEFERRED)";
        sqlx::query(table).execute(&pool).await.unwrap();
        (dir, pool)
    }

    /// Wants a number to be kept.
    fn keep(number: i64, half: &str) -> (Wanted, Answer) {
        let (told, answer) = oneshot::channel();
        let sql = format!("INSERT INTO numbers VALUES ($1, {half}) RETURNING number");
        let statement = Statement::new(sql).bind(number);
        (Wanted { statement, told }, answer)
    }

    async fn kept(pool: &AnyPool) -> Vec<i64> {
        let query = sqlx::query_scalar("SELECT number FROM numbers ORDER BY number");
        query.fetch_all(pool).await.unwrap()
    }

    #[tokio::test]
    async fn one_that_is_refused_leaves_the_others_alone() {
        let (_dir, pool) = pool().await;
        let group = [keep(1, "NULL"), keep(1, "NULL"), keep(2, "NULL")];
        let (group, answers): (Vec<_>, Vec<_>) = group.into_iter().unzip();
        commit(&pool, Dialect::Sqlite, group).await;
        let mut written = Vec::new();
        for answer in answers {
            written.push(answer.await.unwrap().is_ok_and(|row| row.is_some()));
        }
        assert_eq!(written, [true, false, true]);
        assert_eq!(kept(&pool).await, [1, 2]);
    }

    #[tokio::test]
    async fn a_commit_that_fails_is_told_to_all() {
        let (_dir, pool) = pool().await;
        let group = [keep(1, "NULL"), keep(6, "3")];
        let (group, answers): (Vec<_>, Vec<_>) = group.into_iter().unzip();
        commit(&pool, Dialect::Sqlite, group).await;
        for answer in answers {
            let told = answer.await.unwrap().err().unwrap();
            assert!(told.to_string().contains("FOREIGN KEY"), "{told}");
        }
        assert_eq!(kept(&pool).await, [0; 0]);
    }

    #[tokio::test]
    async fn nothing_is_written_for_those_who_have_gone() {
        let (_dir, pool) = pool().await;
        let (wanted, waiting) = mpsc::channel(3);
        let ((first, gone), (second, answer)) = (keep(1, "NULL"), keep(2, "NULL"));
        drop(gone);
        assert!(wanted.send(first).await.is_ok() && wanted.send(second).await.is_ok());
        drop(wanted);
        commit_all(pool.clone(), Dialect::Sqlite, Arc::new(Mutex::new(waiting))).await;
        assert!(answer.await.unwrap().is_ok());
        assert_eq!(kept(&pool).await, [2]);
    }
}
