# The load check of a built module, by the gateway itself.

# The gateway's program: $WASMGATE, the one built in this repository, or the one on the path.
find_wasmgate() {
  local candidate
  for candidate in "${WASMGATE:-}" ../../build/release/apps/wasmgate/wasmgate "$(command -v wasmgate || true)"; do
    if [ -n "$candidate" ] && [ -x "$candidate" ]; then
      echo "$candidate"
      return
    fi
  done
  return 1
}

check_module() {
  local wasmgate
  if ! wasmgate=$(find_wasmgate); then
    echo "load check: skipped, no wasmgate program found (build it, or set WASMGATE)"
  elif ! "$wasmgate" --help 2>/dev/null | grep -qw inspect; then
    echo "load check: skipped, $wasmgate has no verb \`inspect\`"
  else
    "$wasmgate" inspect --check "$1" || die "the gateway cannot load $1"
  fi
}
