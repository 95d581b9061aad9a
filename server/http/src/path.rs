use axum::extract::{FromRequestParts, Path as AxumPath};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::failure::Failure;

/// The variable parts of a path. A path that is no text leads nowhere, which axum's own extractor
/// would say without JSON.
pub(crate) struct Path<T>(pub(crate) T);

impl<T, S> FromRequestParts<S> for Path<T>
where
    T: DeserializeOwned + Send,
    S: Send + Sync,
{
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let read = AxumPath::from_request_parts(parts, state).await;
        read.map(|AxumPath(read)| Self(read))
            .map_err(|_| Failure::not_found())
    }
}
