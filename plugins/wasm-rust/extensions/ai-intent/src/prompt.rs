//! The text that the model gets.

use crate::config::Category;

const DEFAULT_PROMPT: &str = "\
You classify questions of users. Below, in YAML, are the things to find out about a question: each has \
a name (use_for) and the options to choose from.

${categories}
The question is:

${question}

For each name choose the one option that fits the question best, or NotFound when none fits. Do not \
answer the question itself and explain nothing. Reply with one line per name, each a JSON object of \
this form:
{\"use_for\": \"<name>\", \"result\": \"<option>\"}
";

/// The prompt with its two places filled.
pub(crate) fn fill(prompt: Option<&str>, categories: &[Category], question: &str) -> String {
    let prompt = prompt.unwrap_or(DEFAULT_PROMPT);
    // The question comes last, so that nothing in it is taken for a place.
    prompt
        .split("${question}")
        .map(|part| part.replace("${categories}", &as_yaml(categories)))
        .collect::<Vec<_>>()
        .join(question)
}

fn as_yaml(categories: &[Category]) -> String {
    let mut yaml = String::new();
    for category in categories {
        yaml.push_str(&format!("- use_for: {}\n", scalar(&category.use_for)));
        yaml.push_str("  options:\n");
        for option in &category.options {
            yaml.push_str(&format!("  - {}\n", scalar(option)));
        }
    }
    yaml
}

/// A text as YAML: plain when that is safe, else in double quotes.
fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    let starts_well = text.chars().next().is_some_and(char::is_alphabetic);
    match starts_well && text.chars().all(plain) {
        true => text.to_string(),
        false => serde_json::Value::from(text).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_places_are_filled() {
        let categories = [Category {
            use_for: "scene".to_string(),
            options: vec!["金融".to_string(), "two words: \"x\"".to_string()],
        }];
        let text = fill(
            Some("A ${categories}B ${question} C"),
            &categories,
            "why ${categories}?",
        );
        assert_eq!(
            text,
            "A - use_for: scene\n  options:\n  - 金融\n  - \"two words: \\\"x\\\"\"\n\
             B why ${categories}? C"
        );
    }

    #[test]
    fn the_built_in_prompt_has_both_places() {
        let text = fill(None, &[], "the question");
        assert!(text.contains("the question") && !text.contains("${"));
    }
}
