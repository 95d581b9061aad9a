//! Image files on disk.
