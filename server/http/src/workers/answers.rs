//! The answers that several of the workers' routes may give, as the document has them.

use utoipa::IntoResponses;

use crate::failure::Told;

/// Who asks is no worker of this server.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it is never made: `Caller` refuses")]
pub(super) enum Stranger {
    /// As for `register`.
    #[response(status = 400)]
    Unnamed(Told),
    /// As for `register`.
    #[response(status = 401)]
    Unknown(Told),
}

/// The worker has lost the job (`lease-lost`).
#[derive(IntoResponses)]
#[response(status = 409)]
#[expect(dead_code, reason = "it is never made: `Failure::lease_lost` is")]
pub(super) struct Lost(Told);

/// A field is missing or has the wrong form (`invalid-request`).
#[derive(IntoResponses)]
#[response(status = 422)]
#[expect(dead_code, reason = "it is never made: `body::read_as` refuses")]
pub(super) struct Misread(Told);
