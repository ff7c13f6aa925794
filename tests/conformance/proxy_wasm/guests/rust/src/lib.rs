//! The driving guest in Rust: what suite.py's text form does, by another tool chain. It takes its program from its configuration and
//! makes the calls of each phase; statuses and the order of callbacks stand where the text form leaves them: at the far end of the
//! stack, which comes first in memory and is never that deep.

use std::alloc::Layout;

const DATA: usize = 0x1000;
const STATUSES: usize = 0x8000;
const STATUSES_SIZE: usize = 0x1000;
const EVENTS: usize = 0xA000;
const NOT_CALLED: u32 = u32::MAX;
const OWN_DEFAULT: u32 = u32::MAX - 1;
const VM_START: u32 = 0;
const CONFIGURE: u32 = 1;
const RECORD_WORDS: usize = 4 + 2 * 14;

type Thunk = fn(&[u64; 14]) -> u32;

struct Record {
    phase: u32,
    function: usize,
    references: u32, // bit k: argument k is the address of a u32
    arguments: [u64; 14],
}

struct Driver {
    records: Vec<Record>,
    returns: Vec<u32>, // by phase; empty: not loaded
    next_event: usize,
}

static mut DRIVER: Driver = Driver {
    records: Vec::new(),
    returns: Vec::new(),
    next_event: EVENTS,
};

include!(env!("DRIVER_TABLE"));

#[link(wasm_import_module = "env")]
extern "C" {
    #[link_name = "proxy_get_buffer_bytes"]
    fn get_buffer_bytes(
        id: u32,
        start: u32,
        size: u32,
        data: *mut *const u8,
        data_size: *mut usize,
    ) -> u32;
}

#[no_mangle]
pub extern "C" fn proxy_on_memory_allocate(size: usize) -> *mut u8 {
    unsafe { std::alloc::alloc(Layout::from_size_align_unchecked(size, 8)) }
}

fn word(address: usize) -> *mut u32 {
    std::ptr::with_exposed_provenance_mut(address)
}

fn digit(c: u8) -> u8 {
    if c >= b'a' {
        c - b'a' + 10
    } else {
        c - b'0'
    }
}

impl Driver {
    /// Hexadecimal text, between quotes or alone.
    fn load(&mut self, buffer: u32) {
        let (mut data, mut size) = (std::ptr::null(), 0);
        if !self.returns.is_empty()
            || unsafe { get_buffer_bytes(buffer, 0, 0xFFFFF, &mut data, &mut size) } != 0
            || size == 0
        {
            return;
        }
        let text = unsafe { std::slice::from_raw_parts(data, size) };
        let bytes: Vec<u8> = text
            .strip_prefix(b"\"")
            .and_then(|rest| rest.strip_suffix(b"\""))
            .unwrap_or(text)
            .chunks_exact(2)
            .map(|pair| digit(pair[0]) << 4 | digit(pair[1]))
            .collect();
        let words: Vec<u32> = bytes
            .chunks_exact(4)
            .map(|c| u32::from_le_bytes(c.try_into().unwrap()))
            .collect();
        let (count, data_size) = (words[0] as usize, words[1] as usize);
        self.returns = words[2..34].to_vec();
        self.records = words[34..34 + count * RECORD_WORDS]
            .chunks_exact(RECORD_WORDS)
            .map(|record| Record {
                phase: record[0],
                function: record[1] as usize,
                references: record[2],
                arguments: std::array::from_fn(|k| {
                    u64::from(record[4 + 2 * k]) | u64::from(record[5 + 2 * k]) << 32
                }),
            })
            .collect();
        let data = &bytes[4 * (34 + count * RECORD_WORDS)..][..data_size];
        unsafe {
            std::ptr::copy_nonoverlapping(data.as_ptr(), word(DATA).cast(), data_size);
            std::ptr::write_bytes(word(STATUSES).cast::<u8>(), 0xFF, STATUSES_SIZE);
        }
    }

    fn note(&mut self, value: u32) {
        unsafe { word(self.next_event).write_volatile(value) };
        self.next_event += 4;
    }

    fn run(&mut self, phase: u32) {
        for (i, record) in self.records.iter_mut().enumerate() {
            let status = word(STATUSES + 4 * i);
            if record.phase != phase || unsafe { status.read_volatile() } != NOT_CALLED {
                continue;
            }
            for (k, argument) in record.arguments.iter_mut().enumerate() {
                if record.references >> k & 1 != 0 {
                    *argument = u64::from(unsafe { word(*argument as usize).read_volatile() });
                }
            }
            let value = THUNKS[record.function](&record.arguments);
            unsafe { status.write_volatile(value) };
        }
    }
}

#[allow(static_mut_refs)] // one thread, and no callback inside a callback
fn callback(phase: u32, arguments: &[u32], result: u32) -> u32 {
    let driver = unsafe { &mut DRIVER };
    match phase {
        VM_START => driver.load(6),
        CONFIGURE => driver.load(7),
        _ => {}
    }
    driver.note(phase);
    driver.note(arguments.len() as u32);
    for argument in arguments {
        driver.note(*argument);
    }
    driver.run(phase);
    match driver.returns.get(phase as usize) {
        Some(&value) if value != OWN_DEFAULT => value,
        _ => result,
    }
}
