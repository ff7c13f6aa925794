//! What is said in the place of a denied text.

use serde_json::json;

/// A whole answer in the form of a chat completion.
pub(crate) fn completion(message: &str) -> String {
    json!({
        "choices": [{"index": 0, "message": {"role": "assistant", "content": message}}],
        "usage": {},
    })
    .to_string()
}

/// The same as one event of a streaming answer.
pub(crate) fn event(message: &str) -> String {
    let body = json!({
        "choices": [{"index": 0, "delta": {"role": "assistant", "content": message}}],
        "usage": {},
    });
    format!("data:{body}\n\n")
}
