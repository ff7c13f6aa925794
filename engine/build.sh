#!/usr/bin/env bash
# Builds the WebAssembly engine (Wasmtime's C API) as one static library and keeps it outside the tree, by version and features.
# A second checkout finds it there. Prints the folder as its last line; --print-dir only prints where it is or would be.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cache="${WASMGATE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/wasmgate}"
cargo="${CARGO:-cargo}"
if ! command -v "$cargo" >/dev/null 2>&1; then cargo=/usr/bin/cargo; fi

crate=$(sed -n '/^name = "wasmtime-c-api-impl"/{n;s/^version = "\(.*\)"/\1/p}' "$here/Cargo.lock")
key=$(cat "$here/Cargo.toml" "$here/Cargo.lock" "$here/src/lib.rs" | sha256sum | cut -c1-12)
dir="$cache/engine/$crate-$(uname -m)-$key"
if [ "${1:-}" = "--print-dir" ]; then echo "$dir"; exit 0; fi

if [ ! -f "$dir/complete" ]; then
  echo "engine: building Wasmtime $crate (about 5 minutes on two cores), kept in $dir" >&2
  target="$cache/engine/target-$key"
  (cd "$here" && CARGO_BUILD_JOBS="${JOBS:-2}" "$cargo" build --release --locked --target-dir "$target" >&2)
  source=$(cd "$here" && "$cargo" metadata --locked --format-version 1 --filter-platform "$(uname -m)-unknown-linux-gnu" |
    python3 -c 'import json,os,sys
for p in json.load(sys.stdin)["packages"]:
    if p["name"] == "wasmtime-c-api-impl": print(os.path.dirname(p["manifest_path"]))')
  rm -rf "$dir.part"
  mkdir -p "$dir.part/lib" "$dir.part/include"
  cp -r "$source/include/." "$dir.part/include/"
  # conf.h comes from conf.h.in by the features that Cargo.toml names.
  python3 - "$here/Cargo.toml" "$dir.part/include/wasmtime/conf.h.in" "$dir.part/include/wasmtime/conf.h" <<'PY'
import re, sys
manifest, template, out = sys.argv[1:]
block = re.search(r"features = \[(.*?)\]", open(manifest).read(), re.S).group(1)
on = {f.upper().replace("-", "_") for f in re.findall(r'"([^"]+)"', block)}
text = re.sub(r"#cmakedefine (WASMTIME_FEATURE_(\w+))",
              lambda m: f"#define {m[1]}" if m[2] in on else f"/* #undef {m[1]} */", open(template).read())
open(out, "w").write(text)
PY
  cp "$target/release/libwasmgate_engine.a" "$dir.part/lib/"
  touch "$dir.part/complete"
  rm -rf "$dir"
  mv "$dir.part" "$dir"
  rm -rf "$target"
fi
echo "$dir"
