//! The one symbol rpcd looks for in a plugin.

use core::cell::UnsafeCell;
use core::ffi::c_int;
use core::ptr;

use crate::object::Object;
use crate::{abi, exec};

/// A plugin: the object it puts on ubus.
pub trait Plugin {
    /// The object.
    fn object() -> &'static Object;
}

/// What `rpc_plugin` is: rpcd links it into its list, so it must lie in writable memory.
#[repr(transparent)]
pub struct Registration(UnsafeCell<abi::Plugin>);

// SAFETY: only rpcd reads or writes the contents, on its only thread.
unsafe impl Sync for Registration {}

impl Registration {
    /// The registration of `P`.
    pub const fn new<P: Plugin>() -> Self {
        let list = abi::ListHead {
            next: ptr::null_mut(),
            prev: ptr::null_mut(),
        };
        Self(UnsafeCell::new(abi::Plugin {
            list,
            init: init::<P>,
        }))
    }
}

/// What rpcd calls once after loading.
unsafe extern "C" fn init<P: Plugin>(ops: *const abi::Ops, context: *mut abi::Context) -> c_int {
    // SAFETY: rpcd passes its own table, a static.
    unsafe { exec::remember(ops) };
    // SAFETY: rpcd passes its live connection, and calls this once.
    unsafe { P::object().register(context) }
}

/// Ends the process; for the panic handler of [`export!`](crate::export).
pub fn abort() -> ! {
    // SAFETY: takes nothing and does not return.
    unsafe { abi::abort() }
}

/// Makes a crate a plugin that puts `$object`, a `static` [`Object`], on ubus.
///
/// The panic handler it brings is not reached: a plugin whose code can panic imports `abort`, and
/// the tests of the built files refuse that.
#[macro_export]
macro_rules! export {
    ($object:expr) => {
        struct Exported;

        impl $crate::Plugin for Exported {
            fn object() -> &'static $crate::Object {
                &$object
            }
        }

        #[allow(non_upper_case_globals, missing_docs)]
        #[unsafe(no_mangle)]
        pub static rpc_plugin: $crate::Registration = $crate::Registration::new::<Exported>();

        #[cfg(not(test))]
        #[panic_handler]
        fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
            $crate::abort()
        }
    };
}
