//! SDK for gateway plug-ins in Rust, on top of the crate `proxy-wasm`.
//!
//! * [`rule_matcher`]: one plug-in, different configurations per route, domain and service;
//! * [`plugin_wrapper`]: contexts that get their configuration, whole bodies and HTTP callbacks;
//! * [`cluster_wrapper`], [`redis_wrapper`]: calls to services of the gateway;
//! * [`request_wrapper`], [`event_stream`]: small helpers around messages;
//! * [`log`], [`error`]: what they sound like;
//! * `testing`: a host in the test process (not in modules).

#![warn(missing_docs)]

pub mod cluster_wrapper;
pub mod config;
pub mod error;
pub mod event_stream;
pub mod log;
pub mod plugin_wrapper;
pub mod redis_wrapper;
pub mod request_wrapper;
pub mod rule_matcher;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;

pub use crate::log::Log;
pub use crate::rule_matcher::{on_configure, RuleMatcher, SharedRuleMatcher};
