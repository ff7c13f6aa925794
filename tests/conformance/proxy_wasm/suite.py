"""Reads the case files, expands them into single cases (call × phase × argument class × ABI version), and writes the driving guest.

A case is: a program for the guest, and what must be seen. The program travels as the plug-in's configuration (and the VM's), as
hexadecimal text, so any host can run it: nothing but the configuration tells the guest what to do.

    suite.py driver 0_2_1 > driver.wat      the guest for one ABI version
    suite.py table cpp 0_2_1 > table.inc    the same calls and callbacks for the guests of guests/, in C++ or Rust
    suite.py expand > cases.json            every single case
"""

import json
import pathlib
import struct
import sys

import yaml

HERE = pathlib.Path(__file__).resolve().parent
ABIS = ["0_1_0", "0_2_0", "0_2_1", "0_2_100"]
STATUS = {"OK": 0, "NF": 1, "BA": 2, "SF": 3, "PF": 4, "EM": 7, "CAS": 8, "IMA": 6, "IF": 10}
ERRNO = {"SUCCESS": 0, "BADF": 8, "FAULT": 21, "INVAL": 28, "NOENT": 44, "NOSYS": 52, "NOTDIR": 54, "NOTSUP": 58, "NOTCAPABLE": 76}

# Phases: name, export, parameters (0.1.0 has no end_of_stream), whether it returns a value, that value by default.
CALLBACKS = [
    ("vm_start", "proxy_on_vm_start", 2, True, 1), ("configure", "proxy_on_configure", 2, True, 1), ("tick", "proxy_on_tick", 1, False, 0),
    ("request_headers", "proxy_on_request_headers", 3, True, 0), ("request_body", "proxy_on_request_body", 3, True, 0),
    ("request_trailers", "proxy_on_request_trailers", 2, True, 0), ("response_headers", "proxy_on_response_headers", 3, True, 0),
    ("response_body", "proxy_on_response_body", 3, True, 0), ("response_trailers", "proxy_on_response_trailers", 2, True, 0),
    ("log", "proxy_on_log", 1, False, 0), ("done", "proxy_on_done", 1, True, 1), ("delete", "proxy_on_delete", 1, False, 0),
    ("http_call_response", "proxy_on_http_call_response", 5, False, 0),
    ("grpc_initial", "proxy_on_grpc_receive_initial_metadata", 3, False, 0), ("grpc_receive", "proxy_on_grpc_receive", 3, False, 0),
    ("grpc_trailing", "proxy_on_grpc_receive_trailing_metadata", 3, False, 0), ("grpc_close", "proxy_on_grpc_close", 3, False, 0),
    ("queue_ready", "proxy_on_queue_ready", 2, False, 0), ("redis_response", "proxy_on_redis_call_response", 4, False, 0),
    ("foreign_function", "proxy_on_foreign_function", 3, False, 0), ("context_create", "proxy_on_context_create", 2, False, 0),
    ("validate", "proxy_validate_configuration", 2, True, 1),
]
PHASE = {row[0]: i for i, row in enumerate(CALLBACKS)}
ROOT = ["vm_start", "configure", "tick", "http_call_response", "grpc_initial", "grpc_receive", "grpc_trailing", "grpc_close",
        "queue_ready", "redis_response"]
STREAM = ["request_headers", "request_body", "request_trailers", "response_headers", "response_body", "response_trailers", "log",
          "done", "delete"]
MATRIX = ROOT + STREAM
GROUPS = {"root": ROOT, "stream": STREAM, "request": STREAM[:3], "response": STREAM[3:6], "end": STREAM[6:], "all": MATRIX}

# The guest's memory.
DATA, OUT, STATUSES, EVENTS, PROGRAM, SCRATCH = 0x1000, 0x4000, 0x8000, 0xA000, 0x20000, 0x6000
ARGUMENTS, RECORD = 14, 16 + 8 * 14
NOT_CALLED = 0xFFFFFFFF


def load():
    """All case files in order: dictionaries with the file's name under "file"."""
    out = []
    for path in sorted((HERE / "cases").glob("*.yaml")):
        entry = yaml.safe_load(path.read_text())
        entry["file"] = path.name
        out.append(entry)
    return out


def functions(entries=None):
    return [e for e in entries or load() if "function" in e]


def parameters(entry):
    """[(name, kind)]. Kinds: u32, u64, in (followed by len), len, out4, out8, ptr and size (an allocated result), iov, count."""
    return [tuple(word.split(":")) for word in (entry.get("parameters") or "").split()]


def wasm_type(entry):
    kinds = [kind for _, kind in parameters(entry)]
    return " ".join("i64" if kind == "u64" else "i32" for kind in kinds), entry.get("result", "status") != "none"


# ---- the guest ----

def driver(abi):
    names = functions()
    out = ["(module"]
    for i, entry in enumerate(names):
        params, result = wasm_type(entry)
        out.append(f'  (import "{entry.get("module", "env")}" "{entry["function"]}" (func $f{i} '
                   + (f"(param {params}) " if params else "") + ("(result i32)" if result else "") + "))")
    out.append('  (memory (export "memory") 16)\n  (type $thunk (func (param i32) (result i32)))')
    for i, entry in enumerate(names):
        loads = []
        for k, (_, kind) in enumerate(parameters(entry)):
            load_text = f"(i64.load offset={8 * k} (local.get 0))"
            loads.append(load_text if kind == "u64" else f"(i32.wrap_i64 {load_text})")
        result = "" if wasm_type(entry)[1] else " (i32.const 0)"
        out.append(f"  (func $t{i} (type $thunk) (call $f{i} {' '.join(loads)}){result})")
    out.append(f"  (table {len(names)} funcref) (elem (i32.const 0) {' '.join(f'$t{i}' for i in range(len(names)))})")
    read = next(i for i, e in enumerate(names) if e["function"] == "proxy_get_buffer_bytes")
    out.append(DRIVER.replace("$read", f"$f{read}"))
    for i, (_, export, count, returns, default) in enumerate(CALLBACKS):
        if abi == "0_1_0" and export.endswith(("request_headers", "response_headers")):
            count = 2
        loads = "".join(f"(call $note_argument (local.get {k}))" for k in range(count))
        start = {"proxy_on_vm_start": "(call $load (i32.const 6))", "proxy_on_configure": "(call $load (i32.const 7))"}.get(export, "")
        result = f"(call $result (i32.const {i}) (i32.const {default}))" if returns else ""
        out.append(f'  (func (export "{export}") (param{" i32" * count}) {"(result i32)" if returns else ""}\n'
                   f"    {start} (call $note (i32.const {i}) (i32.const {count})) {loads} (call $run (i32.const {i})) {result})")
    out.append(f'  (func (export "proxy_abi_version_{abi}")))')
    return "\n".join(out)


DRIVER = f"""
  (global $heap (mut i32) (i32.const 0x60000)) (global $loaded (mut i32) (i32.const 0)) (global $event (mut i32) (i32.const {EVENTS}))
  (func (export "malloc") (param $n i32) (result i32) (local $p i32)
    (local.set $p (global.get $heap))
    (global.set $heap (i32.and (i32.add (i32.add (local.get $p) (local.get $n)) (i32.const 7)) (i32.const -8)))
    (local.get $p))
  (func $digit (param $c i32) (result i32)
    (if (result i32) (i32.ge_u (local.get $c) (i32.const 97))
      (then (i32.sub (local.get $c) (i32.const 87))) (else (i32.sub (local.get $c) (i32.const 48)))))
  ;; Decodes the program, hexadecimal text between quotes or alone, once.
  (func $load (param $buffer i32) (local $at i32) (local $end i32) (local $to i32) (local $i i32)
    (if (global.get $loaded) (then (return)))
    (if (call $read (local.get $buffer) (i32.const 0) (i32.const 0xfffff) (i32.const {SCRATCH}) (i32.const {SCRATCH + 4})) (then (return)))
    (local.set $at (i32.load (i32.const {SCRATCH})))
    (local.set $end (i32.add (local.get $at) (i32.load (i32.const {SCRATCH + 4}))))
    (if (i32.eq (local.get $at) (local.get $end)) (then (return)))
    (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 34)) (then
      (local.set $at (i32.add (local.get $at) (i32.const 1))) (local.set $end (i32.sub (local.get $end) (i32.const 1)))))
    (local.set $to (i32.const {PROGRAM}))
    (loop $next (if (i32.lt_u (local.get $at) (local.get $end)) (then
      (i32.store8 (local.get $to) (i32.or (i32.shl (call $digit (i32.load8_u (local.get $at))) (i32.const 4))
                                          (call $digit (i32.load8_u offset=1 (local.get $at)))))
      (local.set $to (i32.add (local.get $to) (i32.const 1))) (local.set $at (i32.add (local.get $at) (i32.const 2))) (br $next))))
    (memory.copy (i32.const {DATA})
      (i32.add (i32.const {PROGRAM + 8 + 128}) (i32.mul (i32.load (i32.const {PROGRAM})) (i32.const {RECORD})))
      (i32.load (i32.const {PROGRAM + 4})))
    (memory.fill (i32.const {STATUSES}) (i32.const 0xff) (i32.const 0x1000))
    (global.set $loaded (i32.const 1)))
  (func $put (param i32) (i32.store (global.get $event) (local.get 0)) (global.set $event (i32.add (global.get $event) (i32.const 4))))
  (func $note (param $phase i32) (param $count i32) (call $put (local.get $phase)) (call $put (local.get $count)))
  (func $note_argument (param i32) (call $put (local.get 0)))
  (func $result (param $phase i32) (param $default i32) (result i32) (local $r i32)
    (local.set $r (i32.load offset={PROGRAM + 8} (i32.mul (local.get $phase) (i32.const 4))))
    (select (local.get $r) (local.get $default) (i32.and (global.get $loaded) (i32.ne (local.get $r) (i32.const -2)))))
  ;; Makes the calls of a phase, in order. An argument may be the u32 at an address (bit k of the record's third word).
  (func $run (param $phase i32) (local $i i32) (local $at i32) (local $k i32)
    (if (i32.eqz (global.get $loaded)) (then (return)))
    (local.set $at (i32.const {PROGRAM + 8 + 128}))
    (loop $next (if (i32.lt_u (local.get $i) (i32.load (i32.const {PROGRAM}))) (then
      (if (i32.and (i32.eq (i32.load (local.get $at)) (local.get $phase))
                   (i32.eq (i32.load offset={STATUSES} (i32.mul (local.get $i) (i32.const 4))) (i32.const -1))) (then
        (local.set $k (i32.const 0))
        (loop $argument (if (i32.lt_u (local.get $k) (i32.const {ARGUMENTS})) (then
          (if (i32.and (i32.shr_u (i32.load offset=8 (local.get $at)) (local.get $k)) (i32.const 1)) (then
            (i64.store offset=16 (i32.add (local.get $at) (i32.mul (local.get $k) (i32.const 8)))
              (i64.load32_u (i32.load offset=16 (i32.add (local.get $at) (i32.mul (local.get $k) (i32.const 8))))))))
          (local.set $k (i32.add (local.get $k) (i32.const 1))) (br $argument))))
        (i32.store offset={STATUSES} (i32.mul (local.get $i) (i32.const 4))
          (call_indirect (type $thunk) (i32.add (local.get $at) (i32.const 16)) (i32.load offset=4 (local.get $at))))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (local.set $at (i32.add (local.get $at) (i32.const {RECORD}))) (br $next)))))
"""


# ---- tables for guests in other languages: declarations, one thunk per host function, one export per callback ----

def exports(abi):
    """[(phase, export, parameters, returns, default)] of one ABI version."""
    for phase, (_, export, count, returns, default) in enumerate(CALLBACKS):
        yield phase, export, 2 if abi == "0_1_0" and export.endswith(("request_headers", "response_headers")) else count, returns, default


def cpp_table(abi):
    out = ['extern "C" {']
    thunks = []
    for i, entry in enumerate(functions()):
        params, result = wasm_type(entry)
        kinds = ["uint64_t" if kind == "i64" else "uint32_t" for kind in params.split()]
        out.append(f'__attribute__((import_module("{entry.get("module", "env")}"), import_name("{entry["function"]}"))) '
                   f'{"uint32_t" if result else "void"} f{i}({", ".join(kinds)});')
        call = f"f{i}({', '.join(f'static_cast<{kind}>(a[{k}])' for k, kind in enumerate(kinds))})"
        thunks.append(f"    []([[maybe_unused]] const uint64_t* a) -> uint32_t {{ {'return ' + call if result else call + '; return 0'}; }},")
    for phase, export, count, returns, default in exports(abi):
        params = ", ".join(f"uint32_t a{k}" for k in range(count))
        call = f"callback({phase}, {{{', '.join(f'a{k}' for k in range(count))}}}, {default})"
        out.append(f'__attribute__((export_name("{export}"))) {"uint32_t" if returns else "void"} c{phase}({params}) '
                   f'{{ {"return " if returns else ""}{call}; }}')
    out.append(f'__attribute__((export_name("proxy_abi_version_{abi}"))) void marker() {{}}\n}}')
    return "\n".join([*out, "const Thunk thunks[] = {", *thunks, "};"])


def rust_table(abi):
    out, thunks = [], []
    for i, entry in enumerate(functions()):
        params, result = wasm_type(entry)
        kinds = ["u64" if kind == "i64" else "u32" for kind in params.split()]
        args = ", ".join(f"a{k}: {kind}" for k, kind in enumerate(kinds))
        out.append(f'#[link(wasm_import_module = "{entry.get("module", "env")}")]\nextern "C" {{\n    #[link_name = "{entry["function"]}"]\n'
                   f'    fn f{i}({args}){" -> u32" if result else ""};\n}}')
        call = f"f{i}({', '.join(f'a[{k}] as {kind}' for k, kind in enumerate(kinds))})"
        thunks.append(f"    |_a| unsafe {{ {(call if result else call + '; 0').replace('a[', '_a[')} }},")
    for phase, export, count, returns, default in exports(abi):
        params = ", ".join(f"a{k}: u32" for k in range(count))
        out.append(f'#[no_mangle]\npub extern "C" fn {export}({params}){" -> u32" if returns else ""} {{\n'
                   f"    callback({phase}, &[{', '.join(f'a{k}' for k in range(count))}], {default}){'' if returns else ';'}\n}}")
    out.append(f'#[no_mangle]\npub extern "C" fn proxy_abi_version_{abi}() {{}}')
    return "\n".join([*out, f"static THUNKS: [Thunk; {len(thunks)}] = [", *thunks, "];"])


# ---- programs ----

class Program:
    """Calls for the guest, and the bytes they point at."""

    def __init__(self, index):
        self.index, self.records, self.data, self.outs = index, [], b"", OUT
        self.returns = [0xFFFFFFFE] * 32

    def text(self, value):
        """Places bytes in the guest's memory; returns (address, size)."""
        raw = to_bytes(value)
        address = DATA + len(self.data)
        self.data += raw + b"\0" * (-len(raw) % 8 or 8)
        return address, len(raw)

    def out(self):
        self.outs += 16
        return self.outs - 16

    def call(self, entry, phase, values, raw=None):
        """Adds a call; `values` by parameter name, `raw` replaces single numbers. Returns {parameter: address} of its outputs."""
        arguments, references, outs, size = [], 0, {}, 0
        for k, (name, kind) in enumerate(parameters(entry)):
            value = values.get(name)
            if kind == "in" or kind == "iov":
                address, size = self.text(value if value is not None else "")
                arguments.append(address)
            elif kind == "len":
                arguments.append(size if value is None else value)
            elif kind in ("out4", "out8", "ptr", "size", "buf"):
                outs[name] = self.out()
                arguments.append(outs[name])
            elif isinstance(value, dict):  # {from: address}
                references |= 1 << k
                arguments.append(value["from"])
            else:
                arguments.append(value or 0)
            if raw and name in raw:
                arguments[-1] = raw[name]
                references &= ~(1 << k)
        self.records.append((PHASE[phase], self.index[entry["function"]], references, arguments))
        return outs

    def hex(self):
        out = struct.pack("<II", len(self.records), len(self.data)) + struct.pack("<32I", *self.returns)
        for phase, function, references, arguments in self.records:
            padded = [a & 0xFFFFFFFFFFFFFFFF for a in arguments] + [0] * (ARGUMENTS - len(arguments))
            out += struct.pack("<IIII", phase, function, references, 0) + struct.pack(f"<{ARGUMENTS}Q", *padded)
        return (out + self.data).hex()


def to_bytes(value):
    """Text, {hex: …}, {pairs: [[name, value], …]}, {path: [segments]}, {iov: text}."""
    if isinstance(value, str):
        return value.encode()
    if "hex" in value:
        return bytes.fromhex(value["hex"])
    if "path" in value:
        return b"\0".join(s.encode() for s in value["path"])
    if "iov" in value:  # one piece, its text right behind the vector
        return struct.pack("<II", 0, 0)
    pairs = [(n.encode(), v.encode()) for n, v in value["pairs"]]
    return (struct.pack("<I", len(pairs)) + b"".join(struct.pack("<II", len(n), len(v)) for n, v in pairs)
            + b"".join(n + b"\0" + v + b"\0" for n, v in pairs))


def expand_phases(value):
    if value is None:
        return MATRIX
    out = []
    for word in [value] if isinstance(value, str) else value:
        out += GROUPS.get(word, [word])
    return out


def by_phase(table, phase, abi):
    """Looks a status up: a plain word, or a map of phases, groups, ABI versions and `default`; an inner map is looked up again."""
    while isinstance(table, dict):
        for key in [abi, phase] + [g for g in ("request", "response", "end", "stream", "root") if phase in GROUPS[g]] + ["default"]:
            if key in table:
                table = table[key]
                break
        else:
            raise KeyError(f"{phase} {abi}: {table}")
    return table


class Suite:
    def __init__(self):
        self.entries = load()
        self.functions = {e["function"]: e for e in functions(self.entries)}
        self.index = {name: i for i, name in enumerate(self.functions)}

    def number(self, entry, word):
        return word if isinstance(word, int) else (ERRNO if entry.get("result") == "errno" else STATUS)[word]

    def prepare(self, program, phase):
        """What must happen so that the phase comes."""

        def call(function, in_phase, /, **values):
            return program.call(self.functions[function], in_phase, values)

        if phase == "tick":
            call("proxy_set_tick_period_milliseconds", "configure", period=10)
        elif phase == "http_call_response":
            call("proxy_http_call", "request_headers", upstream="known", timeout=1000, body="", trailers="",
                 headers={"pairs": [[":method", "GET"], [":path", "/"], [":authority", "a"]]})
        elif phase.startswith("grpc"):
            call("proxy_grpc_stream", "request_headers", upstream="known", service="s", method="m", metadata="")
        elif phase == "queue_ready":
            queue = call("proxy_register_shared_queue", "configure", name="prepared")["id"]
            call("proxy_enqueue_shared_queue", "request_headers", id={"from": queue}, data="item")
        elif phase == "redis_response":
            call("proxy_redis_init", "configure", service="known", user="", password="", timeout=100)
            call("proxy_redis_call", "request_headers", service="known", query="*1\r\n$4\r\nPING\r\n")

    def one(self, entry, phase, abi, values, status, name, raw=None, before=(), expect=None):
        program = Program(self.index)
        self.prepare(program, phase)
        outs = {}
        for step in before:  # earlier calls of this case; their outputs can be named as {of: parameter}
            target = self.functions[step["call"]]
            outs.update(program.call(target, step.get("in", phase), self.resolve(step.get("with", {}), outs)))
        own = program.call(entry, phase, self.resolve(values, outs), raw)
        index = len(program.records) - 1
        case = {"id": f"{entry['function']}/{phase}/{abi}/{name}", "abi": abi, "program": program.hex(), "call": index,
                "status": status if status in ("trap", "ended") else self.number(entry, status)}
        for kind, value in (expect or {}).items():
            if kind == "out":
                case["out"] = [self.output(own, entry, parameter, wanted) for parameter, wanted in value.items()]
            else:
                case[kind] = value
        return case

    @staticmethod
    def resolve(values, outs):
        return {k: {"from": outs[v["of"]]} if isinstance(v, dict) and "of" in v else v for k, v in values.items()}

    @staticmethod
    def output(outs, entry, parameter, wanted):
        kind = dict(parameters(entry))[parameter]
        if kind == "ptr":
            size = parameters(entry)[[n for n, _ in parameters(entry)].index(parameter) + 1][0]
            return {"pointer": outs[parameter], "size": outs[size], "bytes": to_bytes(wanted).hex()}
        return {"at": outs[parameter], "width": 8 if kind == "out8" else 4, "number": wanted}

    def classes(self, entry, phase, abi):
        """The generated part: (name, replaced numbers, expected status)."""
        valid = by_phase(entry["status"], phase, abi)
        bad = entry.get("memory", "FAULT" if entry.get("result") == "errno" else "IMA")
        state_first = entry.get("state_first", False)
        yield "valid", None, valid
        for name, numbers in (entry.get("bad_numbers") or {}).items():
            for number in numbers["values"]:
                if name != "call":
                    yield f"{name}={number}", {name: number}, by_phase(numbers["status"], phase, abi)
        names = parameters(entry)
        for k, (name, kind) in enumerate(names):
            wrong = valid if bad == "ignored" or (state_first and valid != "OK") else bad
            if kind in ("in", "iov"):
                yield f"{name} outside the memory", {name: 0xFFFFFFF0, names[k + 1][0]: 0x20}, wrong
                yield f"{name} ends outside the memory", {names[k + 1][0]: 0x7FFFFFF if kind == "iov" else 0x7FFFFFFF}, \
                    (entry.get("too_many", wrong) if kind == "iov" else wrong)
            elif kind in ("out4", "out8", "ptr", "size", "buf"):
                yield f"{name} outside the memory", {name: 0xFFFFFFFE}, wrong
                yield f"{name} at the memory's end", {name: 16 * 65536 - 2}, wrong

    def expand(self):
        for entry in self.entries:
            if "function" in entry:
                yield from self.expand_function(entry)
            else:
                yield from self.expand_callback(entry)

    def expand_function(self, entry):
        versions = entry.get("abi", ABIS)
        for abi in versions:
            for phase in expand_phases(entry.get("phases")):
                for name, raw, status in self.classes(entry, phase, abi):
                    yield self.one(entry, phase, abi, entry.get("valid", {}), status, name, raw, entry.get("before", ()))
        for case in entry.get("cases", ()):
            for abi in case.get("abi", versions):
                for phase in expand_phases(case.get("in", "request_headers")):
                    values = {**entry.get("valid", {}), **case.get("with", {})}
                    expect = {k: v for k, v in case.items() if k not in ("name", "in", "with", "status", "abi", "before", "raw")}
                    yield self.one(entry, phase, abi, values, by_phase(case["status"], phase, abi), case["name"], case.get("raw"),
                                   case.get("before", ()), expect)

    def expand_callback(self, entry):
        for case in entry["cases"]:
            for abi in case.get("abi", ABIS):
                program = Program(self.index)
                self.prepare(program, case.get("phase", ""))
                for phase, value in (case.get("returns") or {}).items():
                    program.returns[PHASE[phase]] = value & 0xFFFFFFFF
                out = {"id": f"{entry['callback']}/{abi}/{case['name']}", "abi": abi, "program": program.hex()}
                if "calls" in case:  # "phase argument argument …" in order; others may come between
                    out["events"] = [[PHASE[w.split()[0]]] + [-1 if x == "SIZE" else int(x) for x in w.split()[1:]] for w in case["calls"]]
                for key in ("verdict", "start_fails"):
                    if key in case:
                        out[key] = case[key]
                out["absent"] = [PHASE[phase] for phase in case.get("absent", ())]
                out["allow_stop"] = case.get("allow_on_headers_stop_iteration", False)
                yield out


def main():
    if sys.argv[1] == "driver":
        print(driver(sys.argv[2]))
    elif sys.argv[1] == "table":
        print({"cpp": cpp_table, "rust": rust_table}[sys.argv[2]](sys.argv[3]))
    else:
        suite = Suite()
        json.dump({"functions": [[e.get("module", "env"), e["function"], *wasm_type(e)] for e in suite.functions.values()],
                   "callbacks": [e["callback"] for e in suite.entries if "callback" in e],
                   "exports": [row[1] for row in CALLBACKS], "cases": list(suite.expand())}, sys.stdout)


if __name__ == "__main__":
    main()
