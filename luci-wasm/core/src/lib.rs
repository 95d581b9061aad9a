//! The upgrade view without a browser: model, messages, update and drawing.
