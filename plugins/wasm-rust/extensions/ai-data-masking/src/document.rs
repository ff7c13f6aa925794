//! The texts of a body: which there are, and replacing them.

use serde_json::Value;
use serde_json_path::JsonPath;

use crate::config::MaskingConfig;

/// Where the texts of a body are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The contents of a chat's messages.
    Chat,
    /// What the configured JSON paths find.
    Paths,
    /// The body is one text.
    Whole,
    Nowhere,
}

/// Which side of a chat a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Request,
    Response,
}

/// A body that was read.
pub(crate) struct Document {
    pub(crate) place: Place,
    side: Side,
    /// `None`: not JSON.
    json: Option<Value>,
    text: String,
}

impl Document {
    /// Reads a body; `None` when it is not UTF-8.
    pub(crate) fn read(body: &[u8], side: Side, config: &MaskingConfig) -> Option<Self> {
        let text = std::str::from_utf8(body).ok()?;
        let json: Option<Value> = serde_json::from_str(text).ok();
        let place = match &json {
            Some(value) if config.deny_openai && is_chat(value, side) => Place::Chat,
            Some(_) if !config.deny_jsonpath.is_empty() => Place::Paths,
            _ if config.deny_raw => Place::Whole,
            _ => Place::Nowhere,
        };
        let text = match &json {
            Some(value) if side == Side::Request => value.to_string(),
            _ => text.to_string(),
        };
        Some(Self {
            place,
            side,
            json,
            text,
        })
    }

    pub(crate) fn is_json(&self) -> bool {
        self.json.is_some()
    }

    /// Whether a chat's request asks for a streaming answer.
    pub(crate) fn wants_stream(&self) -> bool {
        let json = self.json.as_ref().filter(|_| self.place == Place::Chat);
        json.is_some_and(|value| value["stream"] == true)
    }

    /// Calls `f` with every text and puts what it returns in its place. The first error ends it.
    pub(crate) fn replace<E>(
        &mut self,
        paths: &[JsonPath],
        f: &mut dyn FnMut(&str) -> Result<String, E>,
    ) -> Result<(), E> {
        match (self.place, &mut self.json) {
            (Place::Chat, Some(value)) => {
                for text in chat_texts(value, self.side) {
                    *text = f(text)?;
                }
            }
            (Place::Paths, Some(value)) => {
                for pointer in pointers(value, paths) {
                    if let Some(Value::String(text)) = value.pointer_mut(&pointer) {
                        *text = f(text)?;
                    }
                }
            }
            (Place::Whole, _) => self.text = f(&self.text)?,
            _ => {}
        }
        Ok(())
    }

    /// The body again; JSON without white space.
    pub(crate) fn into_body(self) -> Vec<u8> {
        match (self.place, self.json) {
            (Place::Chat | Place::Paths, Some(value)) => value.to_string().into_bytes(),
            _ => self.text.into_bytes(),
        }
    }
}

/// The list of a chat's parts, and the field in which each has its message.
fn chat_parts(side: Side) -> (&'static str, Option<&'static str>) {
    match side {
        Side::Request => ("messages", None),
        Side::Response => ("choices", Some("message")),
    }
}

fn is_chat(value: &Value, side: Side) -> bool {
    let (list, field) = chat_parts(side);
    let Some(parts) = value.get(list).and_then(Value::as_array) else {
        return false;
    };
    parts.iter().all(|part| {
        let message = field.map_or(Some(part), |field| part.get(field));
        message.is_some_and(|message| message.is_object() && has_text_content(message))
    })
}

/// The content is a text, a list of parts, or missing.
fn has_text_content(message: &Value) -> bool {
    matches!(
        message.get("content"),
        None | Some(Value::Null | Value::String(_) | Value::Array(_))
    )
}

fn chat_texts(value: &mut Value, side: Side) -> Vec<&mut String> {
    let (list, field) = chat_parts(side);
    let parts = value.get_mut(list).and_then(Value::as_array_mut);
    let mut texts = Vec::new();
    for part in parts.into_iter().flatten() {
        let message = match field {
            Some(field) => part.get_mut(field),
            None => Some(part),
        };
        let fields = message.and_then(Value::as_object_mut);
        for (name, value) in fields.into_iter().flatten() {
            if name == "content" || name == "reasoning_content" {
                push_texts(value, &mut texts);
            }
        }
    }
    texts
}

fn push_texts<'v>(content: &'v mut Value, texts: &mut Vec<&'v mut String>) {
    match content {
        Value::String(text) => texts.push(text),
        Value::Array(parts) => {
            for part in parts {
                if let Some(Value::String(text)) = part.get_mut("text") {
                    texts.push(text);
                }
            }
        }
        _ => {}
    }
}

/// Where the paths find texts; each place once.
fn pointers(value: &Value, paths: &[JsonPath]) -> Vec<String> {
    let mut pointers = Vec::new();
    for path in paths {
        for node in path.query_located(value) {
            let pointer = node.location().to_json_pointer();
            if node.node().is_string() && !pointers.contains(&pointer) {
                pointers.push(pointer);
            }
        }
    }
    pointers
}
