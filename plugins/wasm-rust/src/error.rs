//! The SDK's error: a sentence.

use std::fmt;

/// What went wrong, as text for a log line.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct WasmRustError {
    message: String,
}

impl WasmRustError {
    /// An error with this text.
    pub const fn new(message: String) -> Self {
        Self { message }
    }
}

impl fmt::Display for WasmRustError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for WasmRustError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_shows_its_text() {
        let error = WasmRustError::new("no such field".to_string());
        assert_eq!(error.to_string(), "no such field");
        assert_eq!(WasmRustError::default().to_string(), "");
    }
}
