//! Downloads, verifies, unpacks and runs ImageBuilders.
