//! The one symbol rpcd looks for in a plugin.

use core::cell::UnsafeCell;
use core::ffi::c_int;
use core::ptr;

use crate::object::{Room, Service};
use crate::{abi, exec};

/// A service with the memory of its object; [`export!`](crate::export) implements it.
pub trait Plugin<const M: usize, const A: usize>: Service {
    /// The memory.
    fn room() -> &'static Room<M, A>;
}

/// What `rpc_plugin` is: rpcd links it into its list, so it must lie in writable memory.
#[repr(transparent)]
pub struct Registration(UnsafeCell<abi::Plugin>);

// SAFETY: only rpcd reads or writes the contents, on its only thread.
unsafe impl Sync for Registration {}

impl Registration {
    /// The registration of `P`.
    pub const fn new<const M: usize, const A: usize, P: Plugin<M, A>>() -> Self {
        let list = abi::ListHead {
            next: ptr::null_mut(),
            prev: ptr::null_mut(),
        };
        Self(UnsafeCell::new(abi::Plugin {
            list,
            init: init::<M, A, P>,
        }))
    }
}

/// What rpcd calls once after loading.
unsafe extern "C" fn init<const M: usize, const A: usize, P: Plugin<M, A>>(
    ops: *const abi::Ops,
    context: *mut abi::Context,
) -> c_int {
    // SAFETY: rpcd passes its own table, a static.
    unsafe { exec::remember(ops) };
    // SAFETY: rpcd passes its live connection, and calls this once.
    unsafe { P::room().register::<P>(context) }
}

/// Ends the process; for the panic handler of [`export!`](crate::export).
pub fn abort() -> ! {
    // SAFETY: takes nothing and does not return.
    unsafe { abi::abort() }
}

/// Makes a crate a plugin with one object on ubus:
///
/// ```text
/// export! {
///     "packagelist" => answer,
///     "list" { "all": Bool },
/// }
/// ```
///
/// `answer` is called as [`Service::answer`]. The kinds of arguments are those of [`crate::Kind`].
/// They are shown by `ubus -v list`; nobody checks calls against them.
///
/// The panic handler it brings is not reached: a plugin whose code can panic imports `abort`, and
/// the tests of the built files refuse that.
#[macro_export]
macro_rules! export {
    ($object:literal => $answer:path, $($method:literal { $($argument:literal: $kind:ident),* },)+) => {
        struct Exported;

        /// How many methods there are.
        const METHODS: usize = [$($method),+].len();
        /// How many arguments they have together.
        const ARGUMENTS: usize = {
            const ALL: &[&str] = &[$($($argument,)*)+];
            ALL.len()
        };

        impl $crate::Service for Exported {
            const SIGNATURE: $crate::Names = $crate::Names::new(
                concat!(
                    $object, "\0",
                    $(".", $method, "\0", $($crate::kind!($kind), $argument, "\0",)*)+
                    "\0",
                )
                .as_bytes(),
            );

            fn answer(call: &mut $crate::Call<'_>) -> Result<(), $crate::Status> {
                $answer(call)
            }
        }

        impl $crate::Plugin<METHODS, ARGUMENTS> for Exported {
            fn room() -> &'static $crate::Room<METHODS, ARGUMENTS> {
                static ROOM: $crate::Room<METHODS, ARGUMENTS> = $crate::Room::new();
                &ROOM
            }
        }

        #[allow(non_upper_case_globals, missing_docs)]
        #[unsafe(no_mangle)]
        pub static rpc_plugin: $crate::Registration =
            $crate::Registration::new::<METHODS, ARGUMENTS, Exported>();

        $crate::panic_handler!();
    };
}

/// The panic handler of a plugin.
#[doc(hidden)]
#[cfg(not(feature = "host"))]
#[macro_export]
macro_rules! panic_handler {
    () => {
        #[cfg(not(test))]
        #[panic_handler]
        fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
            $crate::abort()
        }
    };
}

/// Nothing: on the host the panic handler is that of std.
#[doc(hidden)]
#[cfg(feature = "host")]
#[macro_export]
macro_rules! panic_handler {
    () => {};
}

/// The byte of a [`crate::Kind`] as text.
#[doc(hidden)]
#[macro_export]
macro_rules! kind {
    (String) => {
        "\x03"
    };
    (Bool) => {
        "\x07"
    };
}
