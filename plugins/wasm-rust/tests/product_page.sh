#!/usr/bin/env bash
# The tutorial's crate, exactly as it is printed there, builds and passes its verbs, offline.
#
# Works on a copy of the SDK, so that nothing is left in extensions/. Needs `make fetch` once before. MODULE_OUT names a file to keep the
# module in.
set -euo pipefail
sdk=$(cd "$(dirname "$0")/.." && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT

mkdir -p "$copy/plugins/wasm-rust"
cp -r "$sdk/../cases" "$copy/plugins/"
for part in Makefile Cargo.toml Cargo.lock .cargo src vendor tools; do
  cp -r "$sdk/$part" "$copy/plugins/wasm-rust/"
done
[ ! -d "$sdk/../tools" ] || cp -r "$sdk/../tools" "$copy/plugins/"
cd "$copy/plugins/wasm-rust"
mkdir extensions
cp -r "$sdk/tests/product_page/my-plugin" extensions/my-plugin

export CARGO_NET_OFFLINE=true
make build PLUGIN_NAME=my-plugin
test -s extensions/my-plugin/plugin.wasm
[ -z "${MODULE_OUT:-}" ] || cp extensions/my-plugin/plugin.wasm "$MODULE_OUT"
make build PLUGIN_NAME=my_plugin | tee second.log
grep -q "output wasm file: extensions/my-plugin/plugin.wasm" second.log
make test PLUGIN_NAME=my-plugin
if cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1; then
  (cd extensions/my-plugin && cargo fmt)
  make lint PLUGIN_NAME=my-plugin
fi
if [ -f ../tools/pack_image.py ]; then
  make build-image PLUGIN_NAME=my-plugin PLUGIN_VERSION=1.0.0 | tee image.log
  grep -q "image:            my-plugin:1.0.0" image.log
  test -f extensions/my-plugin/image/index.json
fi
echo "the tutorial's crate builds, tests, lints and packs"
