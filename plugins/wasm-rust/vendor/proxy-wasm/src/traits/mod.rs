//! What a plug-in implements: contexts, their callbacks, and the host calls that fit each.
//!
//! Callbacks have defaults that let everything pass. The other methods are host calls; a status the
//! plug-in could do nothing about is logged as a warning that names the call, and reads as "nothing
//! there". [`hostcalls`](crate::hostcalls) has the same calls with the status as a result.

mod context;
mod http;
mod root;
mod stream;

pub use context::Context;
pub use http::HttpContext;
pub use root::RootContext;
pub use stream::StreamContext;

use std::fmt::Display;

use crate::hostcalls;
use crate::types::{LogLevel, Status};

/// The value, or its default after a warning that names the call and the status.
fn or_default<T: Default>(call: &str, reply: Result<T, Status>) -> T {
    reply.unwrap_or_else(|status| {
        warn(call, status);
        T::default()
    })
}

fn warn(call: &str, problem: impl Display) {
    // A log line that the host refuses has nowhere else to go.
    let _ = hostcalls::log(LogLevel::Warn, &format!("{call}: {problem}"));
}
