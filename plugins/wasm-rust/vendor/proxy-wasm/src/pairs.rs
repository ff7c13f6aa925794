//! The ABI's serialised pair list (header maps, metadata, map properties).
//!
//! All numbers are u32 little-endian: count; then per pair key length and value length; then per
//! pair key, byte 0, value, byte 0. No bytes at all are the empty list, as is a single zero byte.

use crate::types::Bytes;

/// Serialises pairs in the given order. Keys and values may hold any byte.
pub fn encode<K: AsRef<[u8]>, V: AsRef<[u8]>>(pairs: &[(K, V)]) -> Bytes {
    let content: usize = pairs
        .iter()
        .map(|(key, value)| key.as_ref().len() + value.as_ref().len() + 10)
        .sum();
    let mut out = Bytes::with_capacity(4 + content);
    out.extend_from_slice(&(pairs.len() as u32).to_le_bytes());
    for (key, value) in pairs {
        out.extend_from_slice(&(key.as_ref().len() as u32).to_le_bytes());
        out.extend_from_slice(&(value.as_ref().len() as u32).to_le_bytes());
    }
    for (key, value) in pairs {
        out.extend_from_slice(key.as_ref());
        out.push(0);
        out.extend_from_slice(value.as_ref());
        out.push(0);
    }
    out
}

/// Reads a serialised list as slices of it; `None` when it is malformed.
pub fn decode(bytes: &[u8]) -> Option<Vec<(&[u8], &[u8])>> {
    if bytes.is_empty() || bytes == [0] {
        return Some(Vec::new());
    }
    let count = number(bytes, 0)?;
    let mut position = count.checked_mul(8)?.checked_add(4)?;
    if position > bytes.len() {
        return None;
    }
    let mut pairs = Vec::with_capacity(count);
    for index in 0..count {
        let key = text(bytes, &mut position, number(bytes, 4 + index * 8)?)?;
        let value = text(bytes, &mut position, number(bytes, 8 + index * 8)?)?;
        pairs.push((key, value));
    }
    (position == bytes.len()).then_some(pairs)
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(four.try_into().ok()?) as usize)
}

fn text<'a>(bytes: &'a [u8], position: &mut usize, size: usize) -> Option<&'a [u8]> {
    let end = position.checked_add(size)?;
    let text = bytes.get(*position..end)?;
    if *bytes.get(end)? != 0 {
        return None;
    }
    *position = end + 1;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded() {
        let pairs = [("a", "1"), ("", ""), ("a", "zero\0inside")];
        let bytes = encode(&pairs);
        let read = decode(&bytes).unwrap();
        let expected: Vec<(&[u8], &[u8])> = pairs
            .iter()
            .map(|(k, v)| (k.as_bytes(), v.as_bytes()))
            .collect();
        assert_eq!(read, expected);
    }

    #[test]
    fn every_form_of_empty_is_empty() {
        for bytes in [&[][..], &[0][..], &[0, 0, 0, 0][..]] {
            assert_eq!(decode(bytes), Some(vec![]));
        }
    }

    #[test]
    fn every_cut_of_a_list_is_malformed() {
        let bytes = encode(&[("key", "value"), ("k", "v")]);
        for end in 2..bytes.len() {
            assert_eq!(decode(&bytes[..end]), None, "cut at {end}");
        }
        let mut longer = bytes.clone();
        longer.push(0);
        assert_eq!(decode(&longer), None);
    }

    #[test]
    fn impossible_counts_and_lengths_are_malformed() {
        assert_eq!(decode(&[255, 255, 255, 255]), None);
        let mut bytes = encode(&[("key", "value")]);
        bytes[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(decode(&bytes), None);
    }
}
