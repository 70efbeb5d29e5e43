//! lockgate: a deploy gate for PostgreSQL.
//!
//! The pipeline, which is also the import order of the modules (`layers.txt`, held by a test):
//!
//! ```text
//! config ─ chain ─ connect (wait) ─ history ──at head──────────────────────────┐
//!                                      │ pending                               │
//!                                      └ lock ─ history again ─ plan ─ execute ┴ open
//! ```
//!
#![doc = include_str!("layers.txt")]

pub mod alembic;
pub mod assess;
pub mod catalog;
pub mod chain;
pub mod cli;
pub mod config;
pub mod connect;
pub mod execute;
pub mod expect;
pub mod failure;
pub mod files;
pub mod gate;
pub mod history;
pub mod http;
pub mod lock;
pub mod object;
pub mod pg;
pub mod plan;
pub mod process;
pub mod program;
pub mod progress;
pub mod record;
pub mod repair;
pub mod rows;
pub mod scratch;
pub mod source;
pub mod sql;
pub mod statement;
pub mod telemetry;
pub mod tool;
pub mod verify;
