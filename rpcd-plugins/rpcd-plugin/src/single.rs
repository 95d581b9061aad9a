//! State of a plugin: rpcd has one thread, which is all the locking there is.

use core::cell::Cell;

/// A value that outlives a call, copied in and out so that no reference to it ever exists.
#[derive(Debug)]
pub struct Single<T: Copy>(Cell<T>);

// SAFETY: rpcd runs every handler and callback on its only thread, from uloop; nothing here is
// reached from a signal handler. Values move by copy, so a nested call cannot alias one.
unsafe impl<T: Copy> Sync for Single<T> {}

impl<T: Copy> Single<T> {
    /// A state with its first value.
    pub const fn new(value: T) -> Self {
        Self(Cell::new(value))
    }

    /// The value now.
    pub fn get(&self) -> T {
        self.0.get()
    }

    /// Replaces the value.
    pub fn set(&self, value: T) {
        self.0.set(value);
    }
}
