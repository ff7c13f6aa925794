#!/usr/bin/env python3
"""Writes cases/layers.json: layers as registries may send them, good and hostile. The same run gives the same bytes."""

import base64
import gzip
import io
import json
import pathlib
import subprocess

MODULE = b"\0asm\1\0\0\0" + b"\0\4\1xyz"
BLOCK = 512


def octal(number, width):
    return f"{number:0{width - 1}o}".encode() + b"\0"


def header(name, size, kind=b"0", link=b"", size_field=None, magic=b"ustar\00000"):
    field = size_field if size_field is not None else octal(size, 12)
    block = bytearray(name.encode().ljust(100, b"\0") + octal(0o644, 8) + octal(0, 8) + octal(0, 8) + field + octal(0, 12)
                      + b" " * 8 + kind + link.ljust(100, b"\0") + magic)
    block += bytes(BLOCK - len(block))
    block[148:156] = f"{sum(block):06o}".encode() + b"\0 "
    return bytes(block)


def padded(data):
    return data + bytes(-len(data) % BLOCK)


def entry(name, data=b"", **kwargs):
    return header(name, kwargs.pop("size", len(data)), **kwargs) + padded(data)


def pax(records, target):
    body = b""
    for key, value in records.items():
        text = f" {key}={value}\n".encode()
        length = len(text) + 1
        while len(str(length)) + len(text) != length:
            length += 1
        body += str(length).encode() + text
    return entry("pax", body, kind=b"x") + target


def tar(*entries):
    return b"".join(entries) + bytes(2 * BLOCK)


def gz(data):
    stream = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=stream, mode="wb", compresslevel=9, mtime=0) as packer:
        packer.write(data)
    return stream.getvalue()


def zstd(data):
    return subprocess.run(["zstd", "-19", "-q", "-c"], input=data, check=True, capture_output=True).stdout


CASES = []


def good(name, layer, module=MODULE, spec=""):
    CASES.append({"name": name, "layer": base64.b64encode(layer).decode(), "has_module": module is not None,
                  "module": base64.b64encode(module or b"").decode(), "spec": spec})


def refused(name, layer, error, says=""):
    CASES.append({"name": name, "layer": base64.b64encode(layer).decode(), "error": error, "says": says})


PLUGIN = entry("plugin.wasm", MODULE)
BASE256_8TB = b"\x80" + (8 << 40).to_bytes(11, "big")

good("plain tar", tar(PLUGIN))
good("gzip", gz(tar(PLUGIN)))
good("zstd", zstd(tar(PLUGIN)))
good("leading ./", gz(tar(entry("./", kind=b"5"), entry("./plugin.wasm", MODULE))))
good("in a folder", gz(tar(entry("opt/", kind=b"5"), entry("opt/plugin.wasm", MODULE))))
good("with spec.yaml", gz(tar(PLUGIN, entry("spec.yaml", b"apiVersion: 1.0.0\n"))), spec="apiVersion: 1.0.0\n")
good("root wins over a folder", gz(tar(entry("old/plugin.wasm", b"\0asm\1\0\0\0"), PLUGIN)))
good("root wins, folder later", gz(tar(PLUGIN, entry("old/plugin.wasm", b"\0asm\1\0\0\0"))))
good("no end blocks", gz(PLUGIN))
good("two gzip members", gz(PLUGIN) + gz(bytes(2 * BLOCK)))
good("other files only", gz(tar(entry("etc/passwd", b"x"))), module=None)
good("a link of another name is passed over", gz(tar(entry("latest", kind=b"2", link=b"plugin.wasm"), PLUGIN)))
good("whiteout is no module", gz(tar(entry(".wh.plugin.wasm"))), module=None)
good("PAX name", gz(tar(pax({"path": "plugin.wasm"}, entry("x", MODULE)))))
good("64 entries", gz(tar(*[entry(f"f{i}") for i in range(63)], PLUGIN)))
good("a large file of zeros within the free part", gz(tar(entry("zeros", bytes(900_000)), PLUGIN)))

refused("65 entries", gz(tar(*[entry(f"f{i}") for i in range(64)], PLUGIN)), "limit exceeded", "64 entries")
refused("8 TB, base-256", gz(tar(header("plugin.wasm", 0, size_field=BASE256_8TB))), "limit exceeded", "claims 8796093022208")
refused("8 TB, base-256, other name", gz(tar(header("data", 0, size_field=BASE256_8TB))), "limit exceeded", "claims")
refused("8 GB, octal", gz(tar(header("plugin.wasm", 0o77777777777))), "limit exceeded", "claims")
refused("8 GB, octal, other name", gz(tar(header("a/b", 0o77777777777))), "limit exceeded", "claims")
refused("8 TB, PAX", gz(tar(pax({"size": str(8 << 40)}, entry("plugin.wasm", MODULE)))), "limit exceeded", "claims")
refused("8 TB, PAX, other name", gz(tar(pax({"size": str(8 << 40)}, entry("x", MODULE)))), "limit exceeded", "claims")
refused("negative size", gz(tar(header("plugin.wasm", 0, size_field=b"\xff" * 12))), "malformed")
refused("40 MB claimed, 12 bytes there", gz(header("plugin.wasm", 40_000_000) + MODULE), "malformed")
refused("17 MB module", gz(tar(entry("plugin.wasm", MODULE + bytes(range(256)) * 66_500))), "limit exceeded")
refused("parent path", gz(tar(entry("../plugin.wasm", MODULE))), "refused", "..")
refused("parent path inside", gz(tar(entry("a/../../plugin.wasm", MODULE))), "refused", "..")
refused("absolute path", gz(tar(entry("/plugin.wasm", MODULE))), "refused", "absolute")
refused("absolute path of another entry", gz(tar(entry("/etc/shadow", b"x"), PLUGIN)), "refused", "absolute")
refused("control bytes in a name", gz(tar(entry("a\nb", b"x"), PLUGIN)), "refused", "control")
refused("symlink", gz(tar(entry("plugin.wasm", kind=b"2", link=b"/etc/passwd"))), "refused", "regular file")
refused("hard link", gz(tar(entry("a", MODULE), entry("plugin.wasm", kind=b"1", link=b"a"))), "refused", "regular file")
refused("character device", gz(tar(entry("plugin.wasm", kind=b"3"))), "refused", "regular file")
refused("block device", gz(tar(entry("plugin.wasm", kind=b"4"))), "refused", "regular file")
refused("fifo", gz(tar(entry("plugin.wasm", kind=b"6"))), "refused", "regular file")
refused("folder", gz(tar(entry("plugin.wasm/", kind=b"5"))), "refused", "regular file")
refused("twice", gz(tar(PLUGIN, PLUGIN)), "refused", "twice")
refused("twice, other spelling", gz(tar(PLUGIN, entry("./plugin.wasm", MODULE))), "refused", "twice")
refused("twice in folders", gz(tar(entry("a/plugin.wasm", MODULE), entry("b/plugin.wasm", MODULE))), "refused", "2 times")
refused("gzip bomb", gz(tar(entry("zeros", bytes(4_000_000)), PLUGIN)), "limit exceeded", "unpacks to more")
refused("gzip bomb in the module", gz(tar(entry("plugin.wasm", MODULE + bytes(4_000_000)))), "limit exceeded", "unpacks to more")
refused("zstd bomb", zstd(tar(entry("zeros", bytes(4_000_000)), PLUGIN)), "limit exceeded", "unpacks to more")
refused("many gzip members that add up", gz(tar(entry("zeros", bytes(900_000)))) * 3, "limit exceeded", "unpacks to more")
refused("gzip in gzip", gz(gz(tar(PLUGIN))), "malformed")
refused("zstd in gzip", gz(zstd(tar(PLUGIN))), "malformed")
refused("bytes after gzip", gz(tar(PLUGIN)) + b"garbage", "malformed", "followed by")
refused("truncated gzip", gz(tar(PLUGIN))[:-12], "malformed", "cut short")
refused("gzip header only", b"\x1f\x8b\x08\0\0\0\0\0\0\xff", "malformed")
refused("damaged gzip", (lambda d: d[:40] + bytes([d[40] ^ 0x55]) + d[41:])(gz(tar(entry("p", bytes(range(256)) * 8), PLUGIN))), "malformed")
refused("wrong gzip checksum", (lambda d: d[:-8] + bytes([d[-8] ^ 1]) + d[-7:])(gz(tar(PLUGIN))), "malformed", "damaged")
refused("truncated zstd", zstd(tar(PLUGIN))[:-8], "malformed")
refused("damaged tar header", gz(PLUGIN[:10] + b"!" + PLUGIN[11:] + bytes(2 * BLOCK)), "malformed")
refused("not an archive", b"<html>" + b"x" * 2000, "malformed")
refused("raw module", MODULE + bytes(1000), "malformed")

target = pathlib.Path(__file__).parent / "cases/layers.json"
target.write_text("[\n" + ",\n".join(json.dumps(c) for c in CASES) + "\n]\n")
print(f"{len(CASES)} cases, {target.stat().st_size} bytes")
