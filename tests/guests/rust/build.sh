#!/usr/bin/env bash
# Builds every plug-in of this folder with the SDK's tool chain into OUT/<name>.wasm: against the public crate `proxy-wasm`, or
# with --ours against plugins/wasm-rust/vendor/proxy-wasm.
#
#   tests/guests/rust/build.sh OUT [--ours]
set -euo pipefail

die() {
  echo "error: $*" >&2
  exit 1
}

[ $# -ge 1 ] || die "usage: $0 OUT [--ours]"
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
out=$(realpath "$1")
cd "$here/../../../plugins/wasm-rust"
source tools/lib/toolchain.sh
export ABI=${ABI:-0_2_100}
use_wasm_toolchain

# Nothing has changed since it was last built there.
state=$(find "$here" -type f -not -path '*/target/*' -print0 | LC_ALL=C sort -z | xargs -0 cat | sha256sum | cut -c1-16)-$(vendor_digest)-${CARGO_TARGET_DIR##*/}
if [ "$(cat "$out/stamp" 2>/dev/null)" = "$state" ]; then exit 0; fi

work=$here
if [ "${2:-}" = --ours ]; then
  # The lock file of this folder is for the public crate, so the other one gets a copy.
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  cp -r "$here"/*/ "$here/Cargo.toml" "$here/Cargo.lock" "$work/"
  sed -i "s|^proxy-wasm = .*|proxy-wasm = { path = \"$PWD/vendor/proxy-wasm\" }|" "$work/Cargo.toml"
fi

cd "$work"
offline=(--offline)
RUSTFLAGS= "$CARGO_PROGRAM" fetch --quiet --offline --target "$TARGET" "${CARGO_FLAGS[@]}" 2>/dev/null || offline=()
(
  flock 9
  for plugin in */; do
    plugin=${plugin%/}
    # The public crate declares host functions without their import module.
    "$CARGO_PROGRAM" rustc --quiet --release --target "$TARGET" "${CARGO_FLAGS[@]}" "${offline[@]}" \
      --package "stranger-$plugin" --lib -- -C link-arg=--allow-undefined
    cmp -s "$CARGO_TARGET_DIR/$TARGET/release/stranger_${plugin//-/_}.wasm" "$out/$plugin.wasm" ||
      cp "$CARGO_TARGET_DIR/$TARGET/release/stranger_${plugin//-/_}.wasm" "$out/$plugin.wasm"
  done
) 9>"$CARGO_TARGET_DIR/.plugin-lock"
echo "$state" >"$out/stamp"
