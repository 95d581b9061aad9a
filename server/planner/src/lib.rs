//! Installed packages and a catalogue in; a plan, or the reasons why there is none, out.
//!
//! | module | what it is |
//! |---|---|
//! | [`solve`] | the closure of a request, by the rules of apk or opkg |
//!
//! Pure: no files, no network, no clock. The same question always has the same answer.

pub mod solve;
