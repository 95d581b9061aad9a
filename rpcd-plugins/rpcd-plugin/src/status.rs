//! `UBUS_STATUS_*` of `libubus.h`: what a handler returns.

use core::ffi::c_int;

/// Why a call has no reply. The numbers are those of ubus and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum Status {
    /// An argument is missing or has the wrong form.
    InvalidArgument = 2,
    /// What was asked for is not on this router.
    NotFound = 4,
    /// Reading or running something failed.
    UnknownError = 9,
    /// Memory ran out, or the reply would be larger than ubus carries.
    NoMemory = 11,
}

impl Status {
    /// The number C code expects: 0 when there was no error.
    pub(crate) fn code(outcome: Result<(), Self>) -> c_int {
        match outcome {
            Ok(()) => 0,
            Err(status) => status as c_int,
        }
    }

    /// The reverse of [`Status::code`]; a number without a name here is an unknown error.
    pub(crate) fn check(code: c_int) -> Result<(), Self> {
        match code {
            0 => Ok(()),
            2 => Err(Self::InvalidArgument),
            4 => Err(Self::NotFound),
            11 => Err(Self::NoMemory),
            _ => Err(Self::UnknownError),
        }
    }
}
