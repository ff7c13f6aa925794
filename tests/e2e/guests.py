"""Small plug-ins written by hand as WebAssembly text, for what no SDK would let through. Needs wat2wasm (Debian's wabt)."""

import pathlib
import subprocess
import tempfile

_folder = tempfile.TemporaryDirectory(prefix="wasmgate-guests-")

HEAD = """
  (memory (export "memory") 1)
  (global $next (mut i32) (i32.const 32768))
  (func (export "proxy_abi_version_0_2_1"))
"""
ALLOCATOR = """
  (func (export "proxy_on_memory_allocate") (param $size i32) (result i32) (local $at i32)
    (local.set $at (global.get $next))
    (global.set $next (i32.add (global.get $next) (local.get $size)))
    (if (i32.gt_u (global.get $next) (i32.const 65000)) (then (global.set $next (i32.const 32768))))
    (local.get $at))
"""


def guest(name, body, imports="", head=HEAD, allocator=ALLOCATOR):
    """Builds `(module imports head allocator body)`; returns the module's path."""
    source = pathlib.Path(_folder.name) / f"{name}.wat"
    source.write_text(f"(module {imports} {head} {allocator} {body})")
    module = source.with_suffix(".wasm")
    subprocess.run(["wat2wasm", str(source), "-o", str(module)], check=True)
    return module


def file(name, data):
    """A module from bytes; returns its path."""
    path = pathlib.Path(_folder.name) / name
    path.write_bytes(data)
    return path


def looping(callback="proxy_on_request_headers", parameters="i32 i32 i32", result="(result i32)"):
    """Never comes back from `callback`."""
    tail = "(i32.const 0)" if result else ""
    return guest(f"loop-{callback}", f"""
      (func (export "{callback}") (param {parameters}) {result}
        (loop $for_ever (br $for_ever)) {tail})""")


def trapping(callback="proxy_on_request_headers", parameters="i32 i32 i32", result="(result i32)"):
    return guest(f"trap-{callback}", f"""
      (func (export "{callback}") (param {parameters}) {result} unreachable)""")


def growing():
    """Takes memory until it is refused, then traps."""
    return guest("grow", """
      (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
        (loop $more (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
        unreachable)""")


def pausing():
    """Stops every request and never lets it go on."""
    return guest("pause", """
      (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) (i32.const 1))""")


def adding_header(name, value):
    """Adds one request header."""
    return guest(f"add-{name}-{value}", f"""
      (data (i32.const 0) "{name}") (data (i32.const 1024) "{value}")
      (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
        (drop (call $add (i32.const 0) (i32.const 0) (i32.const {len(name)}) (i32.const 1024) (i32.const {len(value)})))
        (i32.const 0))""",
                 imports='(import "env" "proxy_add_header_map_value" (func $add (param i32 i32 i32 i32 i32) (result i32)))')
