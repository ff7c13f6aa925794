#!/usr/bin/env bash
# Builds every plug-in of this folder with the SDK's tool chain: against the public crate `proxy-wasm`, or
# with --ours against vendor/proxy-wasm.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
source tools/lib/toolchain.sh

die() {
  echo "error: $*" >&2
  exit 1
}

ABI=${ABI:-0_2_100}
use_wasm_toolchain
output=plugin.wasm
work=$here
if [ "${1:-}" = --ours ]; then
  # The lock file of this folder is for the public crate, so the other one gets a copy.
  output=plugin-ours.wasm
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  cp -r "$here"/*/ "$here/Cargo.toml" "$here/Cargo.lock" "$work/"
  sed -i "s|^proxy-wasm = .*|proxy-wasm = { path = \"$PWD/vendor/proxy-wasm\" }|" "$work/Cargo.toml"
fi

cd "$work"
offline=(--offline)
"$CARGO_PROGRAM" fetch --quiet --offline --target "$TARGET" "${CARGO_FLAGS[@]}" 2>/dev/null || offline=()
for plugin in */; do
  plugin=${plugin%/}
  # The public crate declares host functions without their import module.
  "$CARGO_PROGRAM" rustc --release --target "$TARGET" "${CARGO_FLAGS[@]}" "${offline[@]}" \
    --package "stranger-$plugin" --lib -- -C link-arg=--allow-undefined
  cp "$CARGO_TARGET_DIR/$TARGET/release/stranger_${plugin//-/_}.wasm" "$here/$plugin/$output"
  echo "output wasm file: tests/strangers/$plugin/$output"
done
