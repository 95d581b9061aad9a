//! The Wasm module: draws the view, listens, fetches and uploads.
