//! Requests, jobs, leases and images in SQL.
