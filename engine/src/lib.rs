//! Exports the whole C API of Wasmtime from one static library.
pub use wasmtime_c_api::*;
