//! The catalog against a small upstream that can be made to misbehave.

mod answers;
mod requests;
mod resilience;
mod upstream;
