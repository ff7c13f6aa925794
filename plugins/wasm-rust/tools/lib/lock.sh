# Lock files and crates.
#
# A plug-in names the crate `proxy-wasm` by a repository that is never fetched (.cargo/config.toml puts
# vendor/ in its place). Cargo asks such a source for its revision unless the lock file has one, so each
# lock file gets that entry first. A plug-in without a lock file starts from the SDK's: the same
# versions, already fetched.

PROXY_WASM_SOURCE='git+https://github.com/higress-group/proxy-wasm-rust-sdk?branch=main'

# Makes sure that the lock file of a crate has the entry.
seed_lock() {
  local lock="$1/Cargo.lock"
  if [ ! -f "$lock" ]; then
    # The SDK's packages without the SDK itself, which depends on where the plug-in lies.
    awk 'BEGIN { RS = ""; ORS = "\n\n" } !/name = "higress-wasm-rust"/' Cargo.lock >"$lock"
  fi
  if ! grep -qF "source = \"$PROXY_WASM_SOURCE#" "$lock"; then
    printf '\n[[package]]\nname = "proxy-wasm"\nversion = "0.2.2"\nsource = "%s#%040d"\n' \
      "$PROXY_WASM_SOURCE" 0 >>"$lock"
  fi
}

# Has the crates of $1 for modules (std's own included) here: offline when they are, else fetched once.
# Without the flags for modules: cargo asks the compiler about this machine, too.
fetch_crates() {
  local flags=("${CARGO_FLAGS[@]}")
  [ "$1" = vendor/proxy-wasm ] || seed_lock "$1"
  if ! (cd "$1" && RUSTFLAGS= "$CARGO_PROGRAM" fetch --quiet --offline --target "$TARGET" "${flags[@]}") 2>/dev/null; then
    echo "fetching crates of $1"
    (cd "$1" && RUSTFLAGS= "$CARGO_PROGRAM" fetch --target "$TARGET" "${flags[@]}")
  fi
}

# The same for programs of this machine.
fetch_native_crates() {
  [ "$1" = vendor/proxy-wasm ] || seed_lock "$1"
  if ! (cd "$1" && env -u RUSTC -u RUSTFLAGS -u RUSTC_BOOTSTRAP -u CARGO_PROFILE_RELEASE_TRIM_PATHS cargo fetch --quiet --offline) 2>/dev/null; then
    echo "fetching crates of $1"
    (cd "$1" && env -u RUSTC -u RUSTFLAGS -u RUSTC_BOOTSTRAP -u CARGO_PROFILE_RELEASE_TRIM_PATHS cargo fetch)
  fi
}
