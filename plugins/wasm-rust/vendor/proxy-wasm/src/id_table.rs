//! A table from context or call ids to values, for ids that count up.
//!
//! Open addressing. Living ids are mostly consecutive, and multiplying by the golden ratio spreads
//! such ids evenly, so a look-up is one probe. Removal shifts followers back, so there are no
//! tombstones and no rehash in steady state.

/// See the module's text.
pub(crate) struct IdTable<T> {
    slots: Vec<Option<(u32, T)>>,
    len: usize,
}

impl<T> IdTable<T> {
    pub(crate) const fn new() -> Self {
        Self {
            slots: Vec::new(),
            len: 0,
        }
    }

    fn home(&self, id: u32) -> usize {
        let bits = self.slots.len().trailing_zeros();
        (id.wrapping_mul(0x9E37_79B9) >> (32 - bits)) as usize
    }

    fn next(&self, slot: usize) -> usize {
        (slot + 1) & (self.slots.len() - 1)
    }

    fn find(&self, id: u32) -> Option<usize> {
        if self.slots.is_empty() {
            return None;
        }
        let mut slot = self.home(id);
        while let Some((found, _)) = &self.slots[slot] {
            if *found == id {
                return Some(slot);
            }
            slot = self.next(slot);
        }
        None
    }

    pub(crate) fn get(&self, id: u32) -> Option<&T> {
        let slot = self.find(id)?;
        self.slots[slot].as_ref().map(|(_, value)| value)
    }

    pub(crate) fn get_mut(&mut self, id: u32) -> Option<&mut T> {
        let slot = self.find(id)?;
        self.slots[slot].as_mut().map(|(_, value)| value)
    }

    /// Stores a value and returns the one that was there.
    pub(crate) fn insert(&mut self, id: u32, value: T) -> Option<T> {
        if let Some(old) = self.get_mut(id) {
            return Some(std::mem::replace(old, value));
        }
        if (self.len + 1) * 2 > self.slots.len() {
            self.grow();
        }
        self.place(id, value);
        self.len += 1;
        None
    }

    fn place(&mut self, id: u32, value: T) {
        let mut slot = self.home(id);
        while self.slots[slot].is_some() {
            slot = self.next(slot);
        }
        self.slots[slot] = Some((id, value));
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(16);
        let mut bigger = Vec::with_capacity(size);
        bigger.resize_with(size, || None);
        for (id, value) in std::mem::replace(&mut self.slots, bigger)
            .into_iter()
            .flatten()
        {
            self.place(id, value);
        }
    }

    pub(crate) fn remove(&mut self, id: u32) -> Option<T> {
        let mut hole = self.find(id)?;
        let (_, value) = self.slots[hole].take()?;
        self.len -= 1;
        let mut slot = self.next(hole);
        while let Some((follower, _)) = &self.slots[slot] {
            // The follower may fill the hole unless its home lies after the hole.
            let mask = self.slots.len() - 1;
            let from_home = slot.wrapping_sub(self.home(*follower)) & mask;
            let from_hole = slot.wrapping_sub(hole) & mask;
            if from_home >= from_hole {
                self.slots.swap(hole, slot);
                hole = slot;
            }
            slot = self.next(slot);
        }
        Some(value)
    }

    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn clear(&mut self) {
        *self = Self::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_table_has_nothing() {
        let mut table = IdTable::<u32>::new();
        assert_eq!(table.get(7), None);
        assert_eq!(table.remove(7), None);
    }

    #[test]
    fn a_second_insert_replaces() {
        let mut table = IdTable::new();
        assert_eq!(table.insert(7, 1), None);
        assert_eq!(table.insert(7, 2), Some(1));
        assert_eq!(table.get(7), Some(&2));
    }

    #[test]
    fn it_agrees_with_a_map_under_churn_with_long_lived_ids() {
        let mut table = IdTable::new();
        let mut model = std::collections::HashMap::new();
        let mut random = 12345u64;
        for id in 1..20_000u32 {
            table.insert(id, id * 3);
            model.insert(id, id * 3);
            random = random
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            let victim = id.saturating_sub((random >> 40) as u32 % 60);
            assert_eq!(table.remove(victim), model.remove(&victim), "id {victim}");
        }
        for id in 0..20_000u32 {
            assert_eq!(table.get(id), model.get(&id), "id {id}");
        }
        assert_eq!(table.len, model.len());
    }

    #[test]
    fn ids_that_share_a_home_survive_each_others_removal() {
        let mut table = IdTable::new();
        for id in [1u32, 22, 43, 14, 56] {
            table.insert(id, id);
        }
        table.remove(1);
        for id in [22u32, 43, 14, 56] {
            assert_eq!(table.get(id), Some(&id));
        }
        table.remove(43);
        for id in [22u32, 14, 56] {
            assert_eq!(table.get(id), Some(&id));
        }
    }
}
