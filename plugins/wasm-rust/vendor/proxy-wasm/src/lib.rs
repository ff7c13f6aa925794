//! The proxy-wasm ABI for plug-ins written in Rust.
//!
//! A plug-in implements the [`traits`], registers a root context in [`main!`], and calls the gateway
//! through the traits' provided methods or the functions of [`hostcalls`]. Nothing here panics on
//! what the host answers: an unexpected status is logged and read as "nothing there", text that is
//! not UTF-8 is replaced where a `String` is asked for and left alone where bytes are.
//!
//! ```
//! use proxy_wasm::traits::*;
//! use proxy_wasm::types::*;
//!
//! struct Hello;
//! impl Context for Hello {}
//! impl HttpContext for Hello {
//!     fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
//!         self.add_http_request_header("hello", "world");
//!         Action::Continue
//!     }
//! }
//!
//! proxy_wasm::main! {{
//!     proxy_wasm::set_http_context(|_, _| Box::new(Hello));
//! }}
//! # fn main() {}
//! ```

#![warn(missing_docs)]

pub mod hostcalls;
pub mod traits;
pub mod types;

mod dispatcher;
mod id_table;
mod logger;
mod pairs;

#[cfg(not(target_arch = "wasm32"))]
pub mod native;
#[cfg(not(target_arch = "wasm32"))]
use native as sys;
#[cfg(target_arch = "wasm32")]
mod sys_wasm;
#[cfg(target_arch = "wasm32")]
use sys_wasm as sys;

pub use pairs::{decode as decode_pairs, encode as encode_pairs};

use types::{LogLevel, NewHttpContext, NewRootContext, NewStreamContext};

/// Defines the module's entry point, in which the plug-in registers its contexts.
///
/// The block runs once per VM, before any callback.
#[macro_export]
macro_rules! main {
    ($code:block) => {
        #[cfg(target_arch = "wasm32")]
        extern "C" {
            fn __wasm_call_ctors();
        }

        /// Entry point of the module.
        #[cfg_attr(target_arch = "wasm32", no_mangle)]
        pub extern "C" fn _initialize() {
            #[cfg(target_arch = "wasm32")]
            // SAFETY: the linker's own function, to be called once, here.
            unsafe {
                __wasm_call_ctors();
            }
            $code;
        }
    };
}

/// Sends the `log` crate's lines of `level` and above to the host, and panics as critical lines.
pub fn set_log_level(level: LogLevel) {
    logger::set_log_level(level);
}

/// Registers the function that makes root contexts.
pub fn set_root_context(callback: NewRootContext) {
    logger::report_panics();
    dispatcher::set_root_context(callback);
}

/// Registers the function that makes stream (TCP) contexts, for plug-ins without a root context.
pub fn set_stream_context(callback: NewStreamContext) {
    logger::report_panics();
    dispatcher::set_stream_context(callback);
}

/// Registers the function that makes HTTP contexts, for plug-ins without a root context.
pub fn set_http_context(callback: NewHttpContext) {
    logger::report_panics();
    dispatcher::set_http_context(callback);
}

/// The context on whose behalf code runs now, 0 before there is one.
pub fn active_context_id() -> u32 {
    dispatcher::active_context_id()
}

/// The version marker that hosts look for.
#[cfg(not(abi_0_2_1))]
#[cfg_attr(target_arch = "wasm32", no_mangle)]
pub extern "C" fn proxy_abi_version_0_2_100() {}

/// The version marker that hosts look for.
#[cfg(abi_0_2_1)]
#[cfg_attr(target_arch = "wasm32", no_mangle)]
pub extern "C" fn proxy_abi_version_0_2_1() {}
