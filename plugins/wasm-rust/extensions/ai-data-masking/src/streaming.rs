//! A streaming answer: events in, checked and restored events out.
//!
//! The text of each choice, content and reasoning apart, goes through a window. What leaves it has
//! been checked against the denied words and has its masks put back; the last characters are kept, so
//! that neither a word nor a mask is torn between two events.

use std::collections::BTreeMap;
use std::rc::Rc;

use higress_wasm_rust::event_stream::EventStream;
use serde_json::{json, Map, Value};

use crate::config::MaskingConfig;
use crate::deny;
use crate::masking::Masks;

const FIELDS: [&str; 2] = ["content", "reasoning_content"];
const END_MARK: &str = "[DONE]";

/// A denied word was found.
struct Denied;

/// Text of one choice and field that has not left yet.
#[derive(Default)]
struct Window {
    text: String,
    /// The character that stood before `text`.
    before: Option<char>,
}

impl Window {
    /// The text beyond the last `hold` characters, restored.
    fn release(&mut self, hold: usize, masks: &Masks) -> String {
        let count = self.text.chars().count();
        if count <= hold {
            return String::new();
        }
        let last = self.text.char_indices().nth(count - hold);
        let cut = last.map_or(self.text.len(), |(at, _)| at);
        let (out, end) = masks.restore_until(&self.text, cut);
        self.before = self.text[..end].chars().next_back().or(self.before);
        self.text.drain(..end);
        out
    }
}

/// One streaming answer.
pub(crate) struct Streaming {
    config: Rc<MaskingConfig>,
    masks: Masks,
    events: EventStream,
    windows: BTreeMap<(u64, usize), Window>,
    /// What every event has beside choices and usage, from the last one seen.
    envelope: Map<String, Value>,
    usage: Option<Value>,
    denied: bool,
}

impl Streaming {
    pub(crate) fn new(config: Rc<MaskingConfig>, masks: Masks) -> Self {
        Self {
            config,
            masks,
            events: EventStream::new(),
            windows: BTreeMap::new(),
            envelope: Map::new(),
            usage: None,
            denied: false,
        }
    }

    /// What goes on in the place of a piece of the body.
    pub(crate) fn push(&mut self, piece: Vec<u8>) -> Vec<u8> {
        self.events.update(piece);
        let mut out = Vec::new();
        while let Some(event) = self.events.next() {
            self.event(event, &mut out);
        }
        out
    }

    /// What is left at the end of the body.
    pub(crate) fn finish(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        if let Some(event) = self.events.flush() {
            self.event(event, &mut out);
        }
        if self.denied {
            return out;
        }
        let keys: Vec<(u64, usize)> = self.windows.keys().copied().collect();
        let mut choices = Vec::new();
        for (index, field) in keys {
            match self.pass(index, field, "", true) {
                Ok(text) if text.is_empty() => {}
                Ok(text) => choices.push(json!({"index": index, "delta": {FIELDS[field]: text}})),
                Err(Denied) => return self.deny(),
            }
        }
        if !choices.is_empty() {
            self.emit(Value::Array(choices), None, &mut out);
        }
        if let Some(usage) = self.usage.take() {
            self.emit(Value::Array(Vec::new()), Some(usage), &mut out);
        }
        out
    }

    fn event(&mut self, event: Vec<u8>, out: &mut Vec<u8>) {
        if self.denied {
            return;
        }
        let data = data_of(&event);
        if data.trim() == END_MARK {
            return;
        }
        match serde_json::from_str(&data) {
            Ok(Value::Object(body)) if body.get("choices").is_some_and(Value::is_array) => {
                if let Err(Denied) = self.chat_event(body, out) {
                    out.extend(self.deny());
                }
            }
            _ => {
                out.extend(event);
                out.extend(b"\n\n");
            }
        }
    }

    fn chat_event(
        &mut self,
        mut body: Map<String, Value>,
        out: &mut Vec<u8>,
    ) -> Result<(), Denied> {
        let Some(Value::Array(mut choices)) = body.remove("choices") else {
            return Ok(());
        };
        if let Some(usage) = body.remove("usage").filter(Value::is_object) {
            add_numbers(self.usage.get_or_insert_with(|| json!({})), usage);
        }
        self.envelope = body;
        let mut has_content = false;
        for choice in &mut choices {
            has_content |= self.choice(choice)?;
        }
        if has_content {
            self.emit(Value::Array(choices), None, out);
        }
        Ok(())
    }

    /// Takes a choice's texts through their windows; whether anything is left to be sent.
    fn choice(&mut self, choice: &mut Value) -> Result<bool, Denied> {
        let index = choice["index"].as_u64().unwrap_or(0);
        let finished = choice
            .get("finish_reason")
            .is_some_and(|reason| !reason.is_null());
        let Some(Value::Object(delta)) = choice.get_mut("delta") else {
            return Ok(true);
        };
        for (field, name) in FIELDS.iter().enumerate() {
            let text = match delta.get(*name) {
                Some(Value::String(text)) => text.clone(),
                _ => String::new(),
            };
            let released = self.pass(index, field, &text, finished)?;
            if released.is_empty() {
                delta.remove(*name);
            } else {
                delta.insert(name.to_string(), Value::String(released));
            }
        }
        Ok(finished || delta.values().any(|value| !value.is_null()))
    }

    /// Puts text into a window and takes out what may leave; everything at the end.
    fn pass(&mut self, index: u64, field: usize, text: &str, end: bool) -> Result<String, Denied> {
        let hold = match end {
            true => 0,
            false => (2 * self.masks.longest_chars()).max(self.config.longest_word_chars()),
        };
        let window = self.windows.entry((index, field)).or_default();
        window.text.push_str(text);
        if self.config.is_denied(&window.text, window.before, end) {
            return Err(Denied);
        }
        Ok(window.release(hold, &self.masks))
    }

    fn deny(&mut self) -> Vec<u8> {
        self.denied = true;
        self.windows.clear();
        deny::event(&self.config.deny_message).into_bytes()
    }

    fn emit(&self, choices: Value, usage: Option<Value>, out: &mut Vec<u8>) {
        let mut body = self.envelope.clone();
        body.insert("choices".to_string(), choices);
        if let Some(usage) = usage {
            body.insert("usage".to_string(), usage);
        }
        out.extend(format!("data:{}\n\n", Value::Object(body)).into_bytes());
    }
}

/// The data lines of an event, joined.
fn data_of(event: &[u8]) -> String {
    let text = String::from_utf8_lossy(event);
    let lines = text
        .split(['\n', '\r'])
        .filter_map(|line| line.strip_prefix("data:"));
    let lines: Vec<&str> = lines
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    lines.join("\n")
}

/// Adds the numbers of an object to those of a sum, objects inside too.
fn add_numbers(sum: &mut Value, more: Value) {
    match (sum, more) {
        (Value::Object(sum), Value::Object(more)) => {
            for (name, value) in more {
                add_numbers(sum.entry(name).or_insert(Value::Null), value);
            }
        }
        (sum, more) => {
            *sum = match (sum.as_u64(), more.as_u64()) {
                (Some(a), Some(b)) => json!(a.saturating_add(b)),
                _ => match (sum.as_f64(), more.as_f64()) {
                    (Some(a), Some(b)) => json!(a + b),
                    _ => more,
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::masking::{mask, Role};

    const ROLE: &str =
        r#"{"regex": "\\d{11}", "type": "replace", "value": "<PHONE>", "restore": true}"#;

    fn streaming(config: &str) -> Streaming {
        let mut masks = Masks::default();
        let role: Role = serde_json::from_str(ROLE).unwrap();
        mask(&[role], "13800138000", &mut masks).unwrap();
        Streaming::new(Rc::new(serde_json::from_str(config).unwrap()), masks)
    }

    fn chunk(text: &str) -> String {
        let body = json!({"id": "1", "choices": [{"index": 0, "delta": {"content": text}}]});
        format!("data: {body}\n\n")
    }

    fn events(bytes: &[u8]) -> Vec<Value> {
        let text = std::str::from_utf8(bytes).unwrap();
        let events = text.split("\n\n").filter(|event| !event.is_empty());
        events
            .map(|event| serde_json::from_str(event.strip_prefix("data:").unwrap()).unwrap())
            .collect()
    }

    /// All text of choice 0 that goes out when a body arrives in pieces of `size` bytes.
    fn text_out(streaming: &mut Streaming, body: &str, size: usize) -> String {
        let mut out = Vec::new();
        for piece in body.as_bytes().chunks(size) {
            out.extend(streaming.push(piece.to_vec()));
        }
        out.extend(streaming.finish());
        let texts = events(&out).into_iter().filter_map(|event| {
            event["choices"][0]["delta"]["content"]
                .as_str()
                .map(str::to_string)
        });
        texts.collect()
    }

    #[test]
    fn masks_are_put_back_however_text_and_bytes_are_cut() {
        let answer = "请拨打<PHONE>。Or <PHONE>, or <PHON.";
        let restored = answer.replace("<PHONE>", "13800138000");
        for letters in 1..=answer.chars().count() {
            let letters: Vec<String> = answer
                .chars()
                .collect::<Vec<_>>()
                .chunks(letters)
                .map(|part| chunk(&part.iter().collect::<String>()))
                .collect();
            let body = letters.concat() + "data: [DONE]\n\n";
            for size in [1, 2, 7, 1000] {
                assert_eq!(
                    text_out(&mut streaming("{}"), &body, size),
                    restored,
                    "{size}"
                );
            }
        }
    }

    #[test]
    fn text_leaves_beyond_twice_the_longest_mask() {
        let mut streaming = streaming("{}");
        assert_eq!(streaming.push(chunk("0123456789abcd").into()), b"");
        let out = events(&streaming.push(chunk("ef").into()));
        assert_eq!(out[0]["choices"][0]["delta"]["content"], "01");
        assert_eq!(out[0]["id"], "1");
    }

    #[test]
    fn a_denied_word_across_events_ends_the_answer() {
        let mut streaming = streaming(r#"{"deny_words": ["秘密计划"], "deny_message": "no"}"#);
        assert_eq!(streaming.push(chunk("一个秘密").into()), b"");
        let out = events(&streaming.push(chunk("计划是").into()));
        assert_eq!(out.len(), 1);
        assert_eq!(out[0]["choices"][0]["delta"]["content"], "no");
        assert_eq!(streaming.push(chunk("more").into()), b"");
        assert_eq!(streaming.finish(), b"");
    }

    #[test]
    fn a_latin_word_is_judged_when_its_end_is_known() {
        let config = r#"{"deny_words": ["ass"]}"#;
        let body = [chunk("an ass"), chunk("et")].concat();
        assert_eq!(text_out(&mut streaming(config), &body, 1000), "an asset");
        let denied = text_out(&mut streaming(config), &chunk("an ass"), 1000);
        assert!(denied.contains("敏感词"), "{denied}");
    }

    #[test]
    fn the_end_mark_is_swallowed_and_usage_is_summed() {
        let mut streaming = streaming("{}");
        let usage = |n: u64| json!({"choices": [], "usage": {"total_tokens": n, "d": {"x": 1}}});
        let body = format!(
            "data: {}\n\ndata: {}\n\ndata: [DONE]\n\n",
            usage(2),
            usage(3)
        );
        assert_eq!(streaming.push(body.into()), b"");
        let out = events(&streaming.finish());
        assert_eq!(
            out,
            [json!({"choices": [], "usage": {"total_tokens": 5, "d": {"x": 2}}})]
        );
    }

    #[test]
    fn the_finishing_event_carries_what_was_kept() {
        let mut streaming = streaming("{}");
        streaming.push(chunk("call <PHONE>").into());
        let last = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]});
        let out = events(&streaming.push(format!("data: {last}\n\n").into()));
        assert_eq!(out[0]["choices"][0]["delta"]["content"], "call 13800138000");
        assert_eq!(out[0]["choices"][0]["finish_reason"], "stop");
        assert_eq!(streaming.finish(), b"");
    }

    #[test]
    fn content_and_reasoning_of_every_choice_are_kept_apart() {
        let mut streaming = streaming("{}");
        for (index, field, text) in [
            (0, "content", "<PHO"),
            (0, "reasoning_content", "why <PH"),
            (1, "content", "NE>"),
            (0, "content", "NE>"),
            (0, "reasoning_content", "ONE>"),
        ] {
            let body = json!({"choices": [{"index": index, "delta": {field: text}}]});
            streaming.push(format!("data:{body}\n\n").into());
        }
        let out = events(&streaming.finish());
        let choices = out[0]["choices"].as_array().unwrap();
        assert_eq!(choices[0]["delta"]["content"], "13800138000");
        assert_eq!(choices[1]["delta"]["reasoning_content"], "why 13800138000");
        assert_eq!(choices[2], json!({"index": 1, "delta": {"content": "NE>"}}));
    }

    #[test]
    fn other_events_and_other_parts_of_a_delta_pass() {
        let mut streaming = streaming("{}");
        assert_eq!(
            streaming.push(b": ping\n\nevent: x\ndata: y\n\n".to_vec()),
            b": ping\n\nevent: x\ndata: y\n\n"
        );
        let tool = json!({"choices": [{"index": 0, "delta": {"tool_calls": [1]}}]});
        assert_eq!(
            events(&streaming.push(format!("data:{tool}\n\n").into())),
            [tool]
        );
    }

    #[test]
    fn an_empty_answer_stays_empty() {
        assert_eq!(streaming("{}").finish(), b"");
    }
}
