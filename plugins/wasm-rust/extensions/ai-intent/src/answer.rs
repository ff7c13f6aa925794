//! What the model's answer says.

use serde::Deserialize;
use serde_json::Value;

use crate::config::Category;

/// One thing found out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Intent {
    pub(crate) use_for: String,
    pub(crate) result: String,
}

/// Reads an answer: JSON as a whole or per line, with or without a fence; else free text, searched
/// for the names and options of the categories.
pub(crate) fn read(answer: &str, categories: &[Category]) -> Vec<Intent> {
    let lines: Vec<&str> = answer
        .lines()
        .map(clean)
        .filter(|line| !line.is_empty())
        .collect();
    let whole = objects(&lines.join("\n"));
    if !whole.is_empty() {
        return whole;
    }
    let by_line: Vec<Intent> = lines.iter().flat_map(|line| objects(line)).collect();
    match by_line.is_empty() {
        true => search(answer, categories),
        false => by_line,
    }
}

/// A line without fence, surrounding quotes, list mark and comma.
fn clean(line: &str) -> &str {
    let line = line.trim();
    if line.starts_with("```") {
        return "";
    }
    let line = line
        .strip_prefix("- ")
        .unwrap_or(line)
        .trim_end_matches(',');
    line.trim_matches(|c| matches!(c, '`' | '\'' | '"')).trim()
}

/// The intents of a JSON object or array.
fn objects(text: &str) -> Vec<Intent> {
    let values = match serde_json::from_str(text) {
        Ok(Value::Array(values)) => values,
        Ok(value @ Value::Object(_)) => vec![value],
        _ => return Vec::new(),
    };
    values
        .into_iter()
        .filter_map(|value| serde_json::from_value(value).ok())
        .collect()
}

/// In free text: after each mention of `use_for`, the first category's name there and the first of
/// its options.
fn search(answer: &str, categories: &[Category]) -> Vec<Intent> {
    let mut found = Vec::new();
    for part in answer.split("use_for").skip(1) {
        let named = categories.iter().filter_map(|category| {
            part.find(category.use_for.as_str())
                .map(|place| (place, category))
        });
        let Some((place, category)) = named.min_by_key(|(place, _)| *place) else {
            continue;
        };
        let rest = &part[place + category.use_for.len()..];
        let options = category.options.iter().filter_map(|option| {
            rest.find(option.as_str())
                .map(|place| (place, std::cmp::Reverse(option.len()), option))
        });
        if let Some((_, _, option)) = options.min() {
            found.push(Intent {
                use_for: category.use_for.clone(),
                result: option.clone(),
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn categories() -> Vec<Category> {
        let category = |name: &str, options: &[&str]| Category {
            use_for: name.to_string(),
            options: options.iter().map(|option| option.to_string()).collect(),
        };
        vec![
            category("scene", &["finance", "finance-law", "law"]),
            category("tone", &["angry", "calm"]),
        ]
    }

    fn read_all(answer: &str) -> Vec<(String, String)> {
        let intents = read(answer, &categories()).into_iter();
        intents
            .map(|intent| (intent.use_for, intent.result))
            .collect()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(a, b)| (a.to_string(), b.to_string()))
            .collect()
    }

    #[test]
    fn lines_of_json_are_read_with_or_without_fences_and_quotes() {
        let expected = pairs(&[("scene", "law"), ("tone", "calm")]);
        for answer in [
            "{\"use_for\":\"scene\",\"result\":\"law\"}\n{\"use_for\":\"tone\",\"result\":\"calm\"}",
            "```json\n{\"use_for\":\"scene\",\"result\":\"law\"}\n\n{\"use_for\":\"tone\",\"result\":\"calm\"}\n```",
            "'{\"use_for\":\"scene\",\"result\":\"law\"}',\n- {\"use_for\":\"tone\",\"result\":\"calm\"}",
            "[{\"use_for\":\"scene\",\"result\":\"law\"},\n {\"use_for\":\"tone\",\"result\":\"calm\"}]",
        ] {
            assert_eq!(read_all(answer), expected, "{answer}");
        }
    }

    #[test]
    fn free_text_is_searched_for_names_and_options() {
        let answer = "The use_for scene is finance-law, and use_for: tone, I think angry.";
        assert_eq!(
            read_all(answer),
            pairs(&[("scene", "finance-law"), ("tone", "angry")])
        );
    }

    #[test]
    fn an_answer_without_anything_known_is_nothing() {
        for answer in [
            "",
            "no idea",
            "use_for",
            "use_for scene",
            "{\"a\":1}",
            "use_for 金",
        ] {
            assert_eq!(read_all(answer), vec![], "{answer}");
        }
    }
}
