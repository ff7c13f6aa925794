"""Guests that do what they should not: imports and snippets for test_envoy_holes.py and test_hostile_pack.py."""

import struct

from guests import guest

SIGNATURES = {
    "proxy_log": 3, "proxy_continue_stream": 1, "proxy_send_local_response": 8, "proxy_set_buffer_bytes": 5, "proxy_get_buffer_bytes": 5,
    "proxy_http_call": 10, "proxy_add_header_map_value": 5, "proxy_replace_header_map_value": 5, "proxy_remove_header_map_value": 3,
    "proxy_get_header_map_value": 5, "proxy_get_header_map_pairs": 3, "proxy_set_header_map_pairs": 3,
    "proxy_set_tick_period_milliseconds": 1, "proxy_set_effective_context": 1, "proxy_close_stream": 1, "proxy_set_shared_data": 5,
    "proxy_register_shared_queue": 3, "proxy_enqueue_shared_queue": 3, "proxy_define_metric": 4, "proxy_get_property": 4,
    "proxy_set_property": 4, "proxy_done": 0, "proxy_get_shared_data": 5, "proxy_get_status": 3, "proxy_dequeue_shared_queue": 3,
    "proxy_call_foreign_function": 6,
}
WASI = {"fd_write": 4, "random_get": 2, "environ_get": 2, "environ_sizes_get": 2, "sched_yield": 0, "poll_oneoff": 4}
RETURNING = {"proxy_on_request_headers": 3, "proxy_on_request_body": 3, "proxy_on_request_trailers": 2, "proxy_on_response_headers": 3,
             "proxy_on_response_body": 3, "proxy_on_response_trailers": 2, "proxy_on_vm_start": 2, "proxy_on_configure": 2, "proxy_on_done": 1}
OTHER = {"proxy_on_tick": 1, "proxy_on_log": 1, "proxy_on_delete": 1, "proxy_on_http_call_response": 5, "_initialize": 0}


def escaped(data):
    return "".join(f"\\{b:02x}" for b in data)


def pairs(fields):
    """A serialised header map."""
    fields = [(n.encode("latin-1"), v.encode("latin-1")) for n, v in fields]
    return (struct.pack("<I", len(fields)) + b"".join(struct.pack("<II", len(n), len(v)) for n, v in fields)
            + b"".join(n + b"\0" + v + b"\0" for n, v in fields))


class Guest:
    """`Guest("name").on("proxy_on_log", wat).build()`; texts are placed from 1024 on."""

    def __init__(self, name):
        self.name, self.used, self.data, self.at, self.functions = name, set(), "", 1024, ""
        self.allocator = None

    def text(self, value):
        """Two WebAssembly constants: address and size."""
        value = value.encode("latin-1") if isinstance(value, str) else value
        at, self.at = self.at, self.at + len(value) + 8
        self.data += f'(data (i32.const {at}) "{escaped(value)}")\n'
        return f"(i32.const {at}) (i32.const {len(value)})"

    def call(self, name, *arguments):
        """A call whose status is dropped. Arguments: numbers, text to place, or WebAssembly."""
        self.used.add(name)
        words = []
        for argument in arguments:
            if isinstance(argument, int):
                words.append(f"(i32.const {argument})")
            else:
                words.append(argument if isinstance(argument, str) and argument.startswith("(") else self.text(argument))
        return f"(drop (call ${name} {' '.join(words)}))"

    def status(self, name, *arguments):
        """The same as a value."""
        return self.call(name, *arguments)[len("(drop "):-1]

    def every(self, value):
        """A call of every host function with all arguments `value`."""
        return "".join(self.call(name, *[value] * count) for name, count in SIGNATURES.items())

    def reply(self, code, body="", headers=b"", details=""):
        return self.call("proxy_send_local_response", code, details, body, headers, -1)

    def on(self, callback, body, result=None):
        count = RETURNING.get(callback, OTHER.get(callback, 0))
        if callback in RETURNING:
            default = 1 if callback in ("proxy_on_vm_start", "proxy_on_configure", "proxy_on_done") else 0
            result = default if result is None else result
            tail = result if isinstance(result, str) else f"(i32.const {result})"
            self.functions += f'(func (export "{callback}") (param{" i32" * count}) (result i32) (local $i i32) {body} {tail})\n'
        else:
            self.functions += f'(func (export "{callback}") (param{" i32" * count}) (local $i i32) {body})\n'
        return self

    def add(self, wat):
        self.functions += wat
        return self

    def allocate(self, body):
        """Replaces the allocator: `body` gives an address; $size is what the host asks for."""
        self.allocator = f'(func (export "proxy_on_memory_allocate") (param $size i32) (result i32) (local $i i32) {body})'
        return self

    def build(self):
        imports = ""
        for name in sorted(self.used):
            module, count = ("wasi_snapshot_preview1", WASI[name]) if name in WASI else ("env", SIGNATURES[name])
            params = f"(param{' i32' * count})" if count else ""
            imports += f'(import "{module}" "{name}" (func ${name} {params} (result i32)))\n'
        more = {} if self.allocator is None else {"allocator": self.allocator}
        return guest(self.name, self.data + self.functions, imports, **more)


def times(count, body):
    """`body` that often; $i counts."""
    return f"""(local.set $i (i32.const 0)) (loop $more {body} (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $more (i32.lt_u (local.get $i) (i32.const {count}))))"""
