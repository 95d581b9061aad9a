//! What the routes for workers ask of the server behind them.

use std::io;

use asu_protocol::worker::{File, Finish, Foreseen, Job, News, Terms};
use asu_store::{Claim, Lease, StoreError, Wanted};
use axum::body::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use thiserror::Error;

/// A file as it arrives.
pub type Upload = BoxStream<'static, io::Result<Bytes>>;

/// Why a file or the end of a build was not taken from a worker.
#[derive(Debug, Error)]
pub enum NotTaken {
    /// It is not what the worker said it is, or too much; said in words for people.
    #[error("{0}")]
    Wrong(String),
    /// Files that were told of are not here, or no longer.
    #[error("these files are not here: {}", .0.join(", "))]
    Missing(Vec<String>),
    /// The database failed, or the lease was lost.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// This server's disk failed.
    #[error("what a worker sent could not be stored: {0}")]
    Storage(#[from] io::Error),
}

/// Gives jobs to workers elsewhere, and takes what they make. All but [`Foreman::claim`] is asked only
/// with leases that a worker holds; that it still does so at the end is [`Foreman::finish`]'s to see.
pub trait Foreman: Send + Sync + 'static {
    /// How builds are to be made.
    fn terms(&self) -> Terms;

    /// The next job for this worker, if there is one now.
    fn claim<'a>(
        &'a self,
        worker: &'a str,
        wanted: &'a Wanted,
    ) -> BoxFuture<'a, Result<Option<Job>, StoreError>>;

    /// Takes a sign of life, and what has happened since the last one.
    fn report<'a>(
        &'a self,
        lease: &'a Lease,
        news: &'a [News],
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// The packages the image will have, if that can be told; `anew` from indexes as they are now.
    fn foresee<'a>(&'a self, claim: &'a Claim, anew: bool) -> BoxFuture<'a, Option<Foreseen>>;

    /// Takes a file of a build; it counts for nothing before the build's end.
    fn take<'a>(
        &'a self,
        lease: &'a Lease,
        file: &'a File,
        bytes: Upload,
    ) -> BoxFuture<'a, Result<(), NotTaken>>;

    /// Takes the end of a build, with its files.
    fn finish<'a>(
        &'a self,
        claim: &'a Claim,
        finish: Finish,
    ) -> BoxFuture<'a, Result<(), NotTaken>>;

    /// Takes a job back that was not finished.
    fn take_back<'a>(&'a self, lease: &'a Lease) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Takes all jobs back that this worker had: it begins anew, or ends.
    fn release<'a>(&'a self, worker: &'a str) -> BoxFuture<'a, Result<(), StoreError>>;
}
