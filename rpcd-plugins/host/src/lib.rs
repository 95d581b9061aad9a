//! Plays rpcd and libubus for one call of one method, and prints the answer as JSON.
//!
//! `host PLUGIN OBJECT METHOD ROOT [ARGUMENT]` loads the shared object PLUGIN as rpcd does, calls
//! METHOD of its OBJECT with `{ARGUMENT: true}` or nothing, and prints `{"status":N,"reply":{…}}`.
//! Files are looked for below ROOT. It has neither Rust's standard library nor any crate, so that
//! it runs wherever there is a C library, as big-endian MIPS under an emulator.

#![cfg_attr(not(test), no_std)]

mod c;
mod files;
mod json;
mod message;
mod ubus;

use core::ffi::{CStr, c_char, c_int};

use crate::c::{RTLD_LAZY, dlerror, dlopen, dlsym, exit, perror, puts};

/// What the C library calls.
///
/// # Safety
/// `arguments` must hold `count` C strings.
#[unsafe(no_mangle)]
unsafe extern "C" fn main(count: c_int, arguments: *const *const c_char) -> c_int {
    let count = usize::try_from(count).unwrap_or_default();
    // SAFETY: the C library passes as many as it says.
    let arguments = unsafe { core::slice::from_raw_parts(arguments, count) };
    let [_, plugin, object, method, root, rest @ ..] = arguments else {
        fail(c"usage: host PLUGIN OBJECT METHOD ROOT [ARGUMENT]");
    };
    // SAFETY: each argument is a C string that lives as long as the program.
    unsafe {
        files::set_root(*root);
        load(*plugin);
        let argument = rest.first().map(|name| CStr::from_ptr(*name));
        let status = ubus::call(CStr::from_ptr(*object), CStr::from_ptr(*method), argument);
        json::answer(status, ubus::reply());
    }
    0
}

/// Loads a plugin in the way of rpcd: lazily, for itself, and writing into its registration.
///
/// # Safety
/// `path` must be a C string that names a plugin.
unsafe fn load(path: *const c_char) {
    // SAFETY: the caller vouches for the path; the symbol is checked before it is used.
    unsafe {
        let library = dlopen(path, RTLD_LAZY);
        if library.is_null() {
            fail(CStr::from_ptr(dlerror()));
        }
        let plugin = dlsym(library, c"rpc_plugin".as_ptr()).cast::<c::Plugin>();
        if plugin.is_null() {
            fail(c"the plugin does not export rpc_plugin");
        }
        if ubus::start(plugin) != 0 {
            fail(c"the plugin did not start");
        }
    }
}

/// Says why there is no answer, and ends.
fn fail(why: &CStr) -> ! {
    // SAFETY: both take C strings; `exit` does not return.
    unsafe {
        puts(why.as_ptr());
        perror(c"host".as_ptr());
        exit(1)
    }
}

#[cfg(not(test))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    fail(c"the test program is wrong")
}
