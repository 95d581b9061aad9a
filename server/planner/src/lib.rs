//! Installed packages and a catalogue in; a plan, or the reasons why there is none, out.
//!
//! Pure: no files, no network, no clock. The same question always has the same answer.
