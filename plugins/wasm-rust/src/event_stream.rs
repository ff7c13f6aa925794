//! Cuts a `text/event-stream` body, as it arrives in pieces, into its events.

/// Collects bytes and gives out whole events.
///
/// An event ends at two consecutive line ends (LF, CR, CRLF, also mixed; CRLF counts once). What is
/// given out is the event's bytes without those line ends; empty events are not given out. Bytes of an
/// unfinished event stay for the next [`update`](EventStream::update).
///
/// ```
/// use higress_wasm_rust::event_stream::EventStream;
///
/// let mut events = EventStream::new();
/// events.update(b"data: 1\n\ndata".to_vec());
/// assert_eq!(events.next(), Some(b"data: 1".to_vec()));
/// assert_eq!(events.next(), None);
/// events.update(b": 2\n".to_vec());
/// assert_eq!(events.flush(), Some(b"data: 2".to_vec()));
/// ```
#[derive(Debug, Default)]
pub struct EventStream {
    buffer: Vec<u8>,
    /// Bytes before this were given out.
    start: usize,
    /// Up to here no end of an event was found.
    searched: usize,
}

impl EventStream {
    /// A stream without bytes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends bytes that arrived.
    pub fn update(&mut self, bytes: Vec<u8>) {
        self.drop_given_out();
        if self.buffer.is_empty() {
            self.buffer = bytes;
        } else {
            self.buffer.extend_from_slice(&bytes);
        }
    }

    /// At the end of the stream: the unfinished event, without a last line end. `None` when empty.
    ///
    /// Call it after `next` has returned `None`.
    pub fn flush(&mut self) -> Option<Vec<u8>> {
        let rest = self.buffer.split_off(self.start);
        *self = Self::default();
        let first = rest.iter().position(|byte| !is_line_end(*byte))?;
        let last = rest.iter().rposition(|byte| !is_line_end(*byte))?;
        Some(rest[first..=last].to_vec())
    }

    fn drop_given_out(&mut self) {
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.searched -= self.start;
            self.start = 0;
        }
    }

    /// The end of the line end at `at`; `None` when there is none, or it may still grow to CRLF.
    fn line_end(&self, at: usize) -> LineEnd {
        match (self.buffer.get(at), self.buffer.get(at + 1)) {
            (Some(b'\n'), _) => LineEnd::Until(at + 1),
            (Some(b'\r'), Some(b'\n')) => LineEnd::Until(at + 2),
            (Some(b'\r'), Some(_)) => LineEnd::Until(at + 1),
            (Some(b'\r'), None) | (None, _) => LineEnd::Unknown,
            (Some(_), _) => LineEnd::None,
        }
    }
}

enum LineEnd {
    Until(usize),
    None,
    /// More bytes are needed to say.
    Unknown,
}

fn is_line_end(byte: u8) -> bool {
    byte == b'\n' || byte == b'\r'
}

impl Iterator for EventStream {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let mut at = self.searched;
        while let Some(offset) = self.buffer[at..].iter().position(|byte| is_line_end(*byte)) {
            let content_end = at + offset;
            self.searched = content_end;
            let LineEnd::Until(line_end) = self.line_end(content_end) else {
                return None;
            };
            if content_end == self.start {
                // A line end before any content: the rest of the last separator, or an empty event.
                self.start = line_end;
                self.searched = line_end;
                at = line_end;
                continue;
            }
            match self.line_end(line_end) {
                LineEnd::Until(next) => {
                    let event = self.buffer[self.start..content_end].to_vec();
                    self.start = next;
                    self.searched = next;
                    return Some(event);
                }
                // CR at the very end: it ends the line whether or not LF follows.
                LineEnd::Unknown if self.buffer.get(line_end) == Some(&b'\r') => {
                    let event = self.buffer[self.start..content_end].to_vec();
                    self.start = line_end + 1;
                    self.searched = self.start;
                    return Some(event);
                }
                LineEnd::Unknown => return None,
                LineEnd::None => at = line_end,
            }
        }
        self.searched = self.buffer.len();
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All events of a body that arrives in pieces of `size` bytes, the last one flushed.
    fn events(body: &[u8], size: usize) -> Vec<String> {
        let mut stream = EventStream::new();
        let mut events = Vec::new();
        for piece in body.chunks(size) {
            stream.update(piece.to_vec());
            events.extend(stream.by_ref());
        }
        events.extend(stream.flush());
        events
            .into_iter()
            .map(|event| String::from_utf8(event).unwrap())
            .collect()
    }

    #[test]
    fn every_mixture_of_line_ends_separates_events_however_the_bytes_arrive() {
        for (body, expected) in [
            ("a\n\nb\n\n", vec!["a", "b"]),
            ("a\r\rb\r\r", vec!["a", "b"]),
            ("a\r\n\r\nb\r\n\r\n", vec!["a", "b"]),
            ("a\n\r\nb\r\n\nc\r\r\nd", vec!["a", "b", "c", "d"]),
            ("a\nb\n\nc", vec!["a\nb", "c"]),
            ("a\r\nb\r\n\r\nc\r\n", vec!["a\r\nb", "c"]),
            ("\n\n\r\n\na\n\n\n\n\nb", vec!["a", "b"]),
            ("a\rb\r\rc", vec!["a\rb", "c"]),
            ("\n\n", vec![]),
            ("", vec![]),
        ] {
            for size in 1..=body.len().max(1) {
                assert_eq!(
                    events(body.as_bytes(), size),
                    expected,
                    "{body:?} by {size}"
                );
            }
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_stay_as_they_are() {
        let mut stream = EventStream::new();
        stream.update(b"\xff\xfe\n\n".to_vec());
        assert_eq!(stream.next(), Some(b"\xff\xfe".to_vec()));
    }

    #[test]
    fn an_unfinished_event_waits() {
        let mut stream = EventStream::new();
        stream.update(b"data: 1\n".to_vec());
        assert_eq!(stream.next(), None);
        assert_eq!(stream.next(), None);
        stream.update(b"\n".to_vec());
        assert_eq!(stream.next(), Some(b"data: 1".to_vec()));
        assert_eq!(stream.flush(), None);
    }

    #[test]
    fn a_long_stream_keeps_only_what_is_unfinished() {
        let mut stream = EventStream::new();
        for _ in 0..1000 {
            stream.update(b"data: x\n\ndata:".to_vec());
            while stream.next().is_some() {}
            stream.update(b" y\n\n".to_vec());
            while stream.next().is_some() {}
        }
        assert!(stream.buffer.len() < 64);
    }
}
