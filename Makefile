# The few verbs of a newcomer. Everything real is done by cmake, ctest, cargo and the plug-ins' own Makefiles.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= /usr/bin/python3
JOBS ?= 2
BUILD := build/release
WASMGATE := $(BUILD)/apps/wasmgate/wasmgate
DEMO_CPP := hello-world request_block
DEMO_RUST := hello-world say-hello request-block

.PHONY: help setup demo check check-asan check-tsan check-long check-portability bench build plugins lint tidy clean

help:
	@echo "make demo      build everything, start the gateway with example plug-ins, show six requests, keep serving"
	@echo "make check     build everything and run all tests"
	@echo "make setup     only install what the two need (idempotent)"
	@echo "make build     only build the gateway          -> $(WASMGATE)"
	@echo "make plugins   only build the example plug-ins"
	@echo "make lint      are the C++ sources formatted? (clang-format-19 -i FILE… formats)"
	@echo "make tidy      what clang-tidy says of them (FILES=… for some)"
	@echo "make bench     compare with nginx, HAProxy and Envoy on this machine"
	@echo "make check-asan | check-tsan | check-long      the tests under sanitizers; the long runs"
	@echo "make check-portability                         the plug-ins' cases on stock Envoy     -> docs/portability.md"

setup:
	@tools/setup.sh

build: setup
	@mkdir -p build
	@[ -f $(BUILD)/build.ninja ] || cmake --preset release
	@cmake --build $(BUILD) --target wasmgate -j $(JOBS)

plugins: build
	@for p in $(DEMO_CPP); do $(MAKE) -s -C plugins/wasm-cpp build PLUGIN_NAME=$$p || exit 1; done
	@for p in $(DEMO_RUST); do $(MAKE) -s -C plugins/wasm-rust build PLUGIN_NAME=$$p || exit 1; done

demo: plugins
	@$(PYTHON) tools/demo.py --wasmgate $(WASMGATE)

# The plug-ins' folders have a `make lint` of their own.
lint:
	@git ls-files | grep -E '^(src|apps|bench|tests)/.*\.(cc|h)$$' | xargs -r clang-format-19 --dry-run -Werror

tidy: FILES ?= $(shell git ls-files 'src/*.cc' 'apps/*.cc' | grep -v _test)
tidy: setup
	@tools/setup.sh tidy
	@cmake --preset tidy >/dev/null
	@clang-tidy-19 -p build/tidy --quiet $(FILES)

check: setup
	@$(PYTHON) tests/check.py --jobs $(JOBS)

check-asan check-tsan check-long: setup
	@$(PYTHON) tests/check.py --jobs $(JOBS) --suite $(@:check-%=%)

check-portability: setup
	@tools/setup.sh bench
	@$(PYTHON) tests/portability/run_envoy.py --output docs/portability.md

bench: plugins
	@tools/setup.sh bench
	@$(PYTHON) bench/run.py

clean:
	rm -rf build
