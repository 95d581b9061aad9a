//! `UBUS_STATUS_*` of `libubus.h`: what a handler returns.

use core::ffi::c_int;
use core::num::NonZero;

/// Why a call has no reply. The numbers are those of ubus and never change.
///
/// A number that is not zero: so a `Result<(), Status>` is the number C code expects, as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Status(NonZero<c_int>);

impl Status {
    /// An argument is missing or has the wrong form.
    pub const INVALID_ARGUMENT: Self = Self::new(2);
    /// The object has no such method.
    pub const METHOD_NOT_FOUND: Self = Self::new(3);
    /// What was asked for is not on this router.
    pub const NOT_FOUND: Self = Self::new(4);
    /// Reading or running something failed.
    pub const UNKNOWN_ERROR: Self = Self::new(9);
    /// Memory ran out, or the reply would be larger than ubus carries.
    pub const NO_MEMORY: Self = Self::new(11);

    const fn new(number: c_int) -> Self {
        match NonZero::new(number) {
            Some(number) => Self(number),
            None => panic!("0 is no failure"),
        }
    }

    /// The number C code expects: 0 when there was no error.
    pub(crate) fn code(outcome: Result<(), Self>) -> c_int {
        match outcome {
            Ok(()) => 0,
            Err(status) => status.0.get(),
        }
    }

    /// The reverse of [`Status::code`].
    pub(crate) fn check(code: c_int) -> Result<(), Self> {
        NonZero::new(code).map_or(Ok(()), |code| Err(Self(code)))
    }
}
