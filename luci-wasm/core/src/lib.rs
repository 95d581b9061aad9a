//! The upgrade view without a browser: a model, messages, an update function and a drawing.
//!
//! [`update`] takes what happened and answers with what to do ([`Effect`]); [`view`] draws the
//! model as a tree of elements. Both are pure, so every failure a router or a server can produce
//! is tested natively.
//!
//! This crate does not touch a browser, read a clock, or speak HTTP: time is an argument, requests
//! are effects, and answers come back as messages.
//!
//! | module | what it holds |
//! |---|---|
//! | [`state`] | the states, their limits, and which follow which |
//! | [`model`] | what the view knows |
//! | [`msg`], [`effect`] | what comes in and what goes out |
//! | [`offer`], [`plan`], [`image`] | which versions, what changes, which file |
//! | [`json`], [`read`], [`answer`] | reading answers |
//! | [`Trouble`] | saying what went wrong |
//! | [`node`] | the tree a browser is made to show |

pub mod answer;
mod draw;
pub mod effect;
pub mod image;
pub mod json;
pub mod model;
pub mod msg;
pub mod node;
pub mod offer;
mod order;
pub mod plan;
pub mod read;
pub mod state;
mod trouble;
mod units;
mod update;
pub mod words;

pub use draw::view;
pub use effect::{Body, Effect, Reply};
pub use json::Json;
pub use model::{Model, Options};
pub use msg::{Action, Edit, Msg, Pick};
pub use node::Node;
pub use state::State;
pub use trouble::Trouble;
pub use update::update;
