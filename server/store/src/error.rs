use thiserror::Error;

/// Why the store could not do as asked.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The database cannot be opened: no right, no such server, no such database.
    #[error(
        "the job database {database} cannot be opened: {source}; check that it is there and may be used, \
         and its address (--database)"
    )]
    Closed {
        /// Where it is, without a password.
        database: String,
        /// What the database or the system says.
        source: sqlx::Error,
    },
    /// The database itself failed: disk full, file damaged, locked for too long, connection lost.
    #[error("the job database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The database could not be brought to this version's form.
    #[error(
        "the job database could not be brought up to date: {0}; it may be of a newer server version"
    )]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A row does not read as this version writes it.
    #[error("job {request_hash} in the database cannot be read: {reason}")]
    Unreadable {
        /// The job's identity.
        request_hash: String,
        /// What is wrong with the row.
        reason: String,
    },
    /// The lease was lost: it ended and somebody else has the job, or the job was given up.
    #[error("the lease on job {request_hash} was lost; what this worker made of it is discarded")]
    LeaseLost {
        /// The job's identity.
        request_hash: String,
    },
}
