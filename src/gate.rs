//! One database from waiting to open.
