#!/usr/bin/env bash
# Builds the generator, once, outside the tree, and writes COUNT random modules:  generate.sh MODEL.wasm COUNT SEED OUT
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache="${WASMGATE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/wasmgate}"
cargo="${CARGO:-cargo}"
command -v "$cargo" >/dev/null 2>&1 || cargo=/usr/bin/cargo
key=$(cat "$here/Cargo.toml" "$here/Cargo.lock" "$here/src/main.rs" | sha256sum | cut -c1-12)
program="$cache/rust/random-modules-$key"

if [ ! -x "$program" ]; then
  target="$cache/rust/random-modules-target"
  mkdir -p "$target"
  (
    flock 9
    cd "$here"
    offline=(--offline)
    "$cargo" fetch --quiet --offline --locked 2>/dev/null || offline=()
    CARGO_BUILD_JOBS="${JOBS:-2}" "$cargo" build --quiet --release --locked "${offline[@]}" --target-dir "$target"
    cp "$target/release/random-modules" "$program.part" && mv "$program.part" "$program"
  ) 9>"$target/.lock"
fi
"$program" "$1" "$2" "$3" "$4"
