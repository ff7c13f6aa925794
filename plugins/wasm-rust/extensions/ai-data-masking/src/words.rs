//! Finding words that must not be said.
//!
//! Words are found as words: a match inside a longer run of Latin letters or digits does not count
//! ("class" does not hold "ass"). Scripts without spaces between words have no such borders, there a
//! word counts wherever its characters stand together. The cost of a search does not grow with the
//! number of words.

use std::cell::OnceCell;
use std::rc::Rc;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

const SYSTEM_WORDS: &str = include_str!("../data/system_words.txt");

/// A set of words, ready to be searched for.
#[derive(Debug)]
pub(crate) struct WordSet {
    automaton: AhoCorasick,
    longest_chars: usize,
}

impl WordSet {
    /// `None` when there is no word.
    pub(crate) fn new<W: AsRef<str>>(words: &[W], any_case: bool) -> Result<Option<Self>, String> {
        let words = words
            .iter()
            .map(AsRef::as_ref)
            .filter(|word| !word.is_empty());
        let words: Vec<&str> = words.collect();
        if words.is_empty() {
            return Ok(None);
        }
        let automaton = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .ascii_case_insensitive(any_case)
            .build(&words)
            .map_err(|error| error.to_string())?;
        let longest_chars = words
            .iter()
            .map(|word| word.chars().count())
            .max()
            .unwrap_or(0);
        Ok(Some(Self {
            automaton,
            longest_chars,
        }))
    }

    /// The words of the built-in list; made once per VM, when first asked for.
    pub(crate) fn system() -> Option<Rc<Self>> {
        thread_local! {
            static SET: OnceCell<Option<Rc<WordSet>>> = const { OnceCell::new() };
        }
        SET.with(|set| {
            set.get_or_init(|| {
                let lines = SYSTEM_WORDS.lines().map(str::trim);
                let words: Vec<&str> = lines.filter(|line| !line.starts_with('#')).collect();
                WordSet::new(&words, true).ok().flatten().map(Rc::new)
            })
            .clone()
        })
    }

    /// The length of the longest word, in characters.
    pub(crate) fn longest_chars(&self) -> usize {
        self.longest_chars
    }

    /// Whether one of the words is in a text.
    ///
    /// `before`: the character that stood before the text, if any. `complete`: nothing follows; else a
    /// match at the very end does not count yet, since it may go on.
    pub(crate) fn found_in(&self, text: &str, before: Option<char>, complete: bool) -> bool {
        self.automaton.find_overlapping_iter(text).any(|found| {
            let left = text[..found.start()].chars().next_back().or(before);
            let right = text[found.end()..].chars().next();
            let first = text[found.range()].chars().next();
            let last = text[found.range()].chars().next_back();
            let open_end = right.is_none() && !complete && is_spaced(last);
            let inside_a_word = is_spaced(left) && is_spaced(first);
            let goes_on = is_spaced(last) && is_spaced(right);
            !(open_end || inside_a_word || goes_on)
        })
    }
}

/// Whether the character belongs to words that have spaces or marks between them.
fn is_spaced(c: Option<char>) -> bool {
    c.is_some_and(|c| c.is_alphanumeric() && (c as u32) < 0x0590)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(words: &[&str]) -> WordSet {
        WordSet::new(words, false).unwrap().unwrap()
    }

    #[test]
    fn latin_words_count_only_as_whole_words() {
        let words = set(&["ass", "两岸"]);
        for (text, found) in [
            ("an ass.", true),
            ("ass", true),
            ("class", false),
            ("assets", false),
            ("ASS", false),
            ("看ass看", true),
            ("海峡两岸人", true),
            ("", false),
        ] {
            assert_eq!(words.found_in(text, None, true), found, "{text}");
        }
    }

    #[test]
    fn a_match_at_an_open_end_waits_for_what_follows() {
        let words = set(&["ass", "两岸"]);
        assert!(!words.found_in("an ass", None, false));
        assert!(words.found_in("an ass", None, true));
        assert!(words.found_in("海峡两岸", None, false));
        assert!(!words.found_in("ass ", Some('l'), false));
    }

    #[test]
    fn an_overlapping_longer_word_does_not_hide_a_shorter_one() {
        assert!(set(&["bad word here", "word"]).found_in("a bad word.", None, true));
    }

    #[test]
    fn the_system_list_is_there_and_made_once() {
        let first = WordSet::system().unwrap();
        assert!(first.found_in("Selling Heroin today", None, true));
        assert!(first.found_in("有人贩毒吗", None, true));
        assert!(!first.found_in("今天天气很好", None, true));
        assert!(Rc::ptr_eq(&first, &WordSet::system().unwrap()));
    }

    #[test]
    fn no_words_are_no_set() {
        assert!(WordSet::new(&["", ""], false).unwrap().is_none());
    }
}
