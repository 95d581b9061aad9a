//! How fast workers get jobs, `cargo xtask bench queue`, and what a growing store costs, `cargo xtask
//! bench scale`.

#![expect(clippy::unwrap_used, reason = "a panic is how a measurement fails")]

mod fill;
mod held;
mod page;
mod place;
mod plot;
mod queue;
mod scale;

#[tokio::main]
async fn main() {
    let within = match std::env::args().nth(1).as_deref() {
        Some("queue") => queue::measure().await,
        Some("scale") => scale::measure().await,
        _ => panic!("the first argument is queue or scale"),
    };
    if !within {
        std::process::exit(1);
    }
}
