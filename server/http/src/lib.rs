//! HTTP routes: API v1, documents and the image store.
