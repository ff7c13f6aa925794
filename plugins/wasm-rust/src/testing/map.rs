//! Headers and trailers as the host keeps them.

use proxy_wasm::types::Bytes;

/// An ordered list of pairs; names are lower-cased on write and compared without case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeaderMap {
    pairs: Vec<(String, Bytes)>,
}

impl HeaderMap {
    /// A map of these pairs.
    pub fn new<K: AsRef<str>, V: AsRef<[u8]>>(pairs: &[(K, V)]) -> Self {
        let mut map = Self::default();
        for (name, value) in pairs {
            map.add(name.as_ref(), value.as_ref());
        }
        map
    }

    /// Every pair, in order.
    pub fn pairs(&self) -> &[(String, Bytes)] {
        &self.pairs
    }

    /// How many pairs there are.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether there is no pair.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The value of a name as text, bytes that are not UTF-8 replaced; several are joined.
    pub fn get(&self, name: &str) -> Option<String> {
        self.get_bytes(name)
            .map(|value| String::from_utf8_lossy(&value).into_owned())
    }

    /// The value of a name; several are joined by `,` (`cookie`: `; `, `set-cookie`: the first).
    pub fn get_bytes(&self, name: &str) -> Option<Bytes> {
        let name = name.to_ascii_lowercase();
        let values: Vec<&[u8]> = self
            .pairs
            .iter()
            .filter(|(n, _)| *n == name)
            .map(|(_, v)| v.as_slice())
            .collect();
        match name.as_str() {
            _ if values.is_empty() => None,
            "set-cookie" => Some(values[0].to_vec()),
            "cookie" => Some(values.join(&b"; "[..])),
            _ => Some(values.join(&b","[..])),
        }
    }

    /// Adds a pair.
    pub fn add(&mut self, name: &str, value: impl AsRef<[u8]>) {
        self.pairs
            .push((name.to_ascii_lowercase(), value.as_ref().to_vec()));
    }

    /// Sets a name to one value, in the place of its first.
    pub fn set(&mut self, name: &str, value: impl AsRef<[u8]>) {
        let name = name.to_ascii_lowercase();
        match self.pairs.iter().position(|(n, _)| *n == name) {
            None => self.add(&name, value),
            Some(first) => {
                self.pairs[first].1 = value.as_ref().to_vec();
                let mut index = 0;
                self.pairs.retain(|(n, _)| {
                    index += 1;
                    *n != name || index == first + 1
                });
            }
        }
    }

    /// Removes a name.
    pub fn remove(&mut self, name: &str) {
        let name = name.to_ascii_lowercase();
        self.pairs.retain(|(n, _)| *n != name);
    }

    pub(super) fn encode(&self) -> Bytes {
        match self.pairs.is_empty() {
            true => Bytes::new(),
            false => proxy_wasm::encode_pairs(&self.pairs),
        }
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut map = Self::default();
        for (name, value) in proxy_wasm::decode_pairs(bytes)? {
            map.add(&String::from_utf8_lossy(name), value);
        }
        Some(map)
    }
}
