//! Writes random valid plug-ins: modules that import only what a model module imports, and export exactly what it exports, with code
//! that means nothing. One file holds them all: for each its size (u32, little-endian) and its bytes.
//!
//!     random-modules MODEL.wasm COUNT SEED OUT

use std::io::Write;

use arbitrary::Unstructured;

/// xorshift64*: the same seed gives the same modules everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn one_in(&mut self, count: u64) -> bool {
        (self.next() >> 32) % count == 0
    }

    fn bytes(&mut self, size: usize) -> Vec<u8> {
        (0..size).map(|_| (self.next() >> 56) as u8).collect()
    }
}

/// Everything that the host's engine takes, and no more. A part of the modules has a start section, a part may trap: with both, hardly any
/// module would come to its first request.
fn config(model: &[u8], random: &mut Random) -> wasm_smith::Config {
    wasm_smith::Config {
        available_imports: Some(model.to_vec()),
        exports: Some(model.to_vec()),
        min_imports: 0,
        max_imports: 200,
        max_funcs: 60,
        max_instructions: 300,
        max_memories: 0, // beside the exported one
        max_memory32_bytes: 64 * 65536,
        max_table_elements: 1000,
        reference_types_enabled: false, // externref needs a collector
        memory64_enabled: false,
        tail_call_enabled: false,
        relaxed_simd_enabled: false,
        allow_start_export: random.one_in(4),
        disallow_traps: !random.one_in(4),
        exceptions_enabled: false,
        gc_enabled: false,
        threads_enabled: false,
        shared_everything_threads_enabled: false,
        custom_page_sizes_enabled: false,
        wide_arithmetic_enabled: false,
        ..wasm_smith::Config::default()
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, model, count, seed, out] = &arguments[..] else {
        return Err("usage: random-modules MODEL.wasm COUNT SEED OUT".into());
    };
    let model = std::fs::read(model)?;
    let mut random = Random(seed.parse::<u64>()?.max(1));
    let mut file = std::io::BufWriter::new(std::fs::File::create(out)?);
    let mut written = 0;
    while written < count.parse::<u32>()? {
        let size = 1024 + (random.next() >> 50) as usize;
        let input = random.bytes(size);
        let config = config(&model, &mut random);
        let Ok(module) = wasm_smith::Module::new(config, &mut Unstructured::new(&input)) else {
            continue; // these bytes were not enough for a module
        };
        let bytes = module.to_bytes();
        file.write_all(&u32::try_from(bytes.len())?.to_le_bytes())?;
        file.write_all(&bytes)?;
        written += 1;
    }
    file.flush()?;
    Ok(())
}
