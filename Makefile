# Lodge: everything by one word. CMake does the work; see `make help`.

PREFIX ?= /usr/local
JOBS ?= $(shell getconf _NPROCESSORS_ONLN)
# Warnings stop test builds. A release is built by compilers that we have not
# met: there they do with WERROR=ON, which .ci/run sets.
WERROR ?= OFF
export LODGE_WASMTIME_PROFILE ?= release

.PHONY: all run test soak check presets spec spec-all bench bench-start \
	install clean help coverage misuse \
	release debug asan tsan
.DEFAULT_GOAL := all

all: release

run: release                    ## build and run the main example
	@build/release/examples/first_light

test: setup-test                ## every test; ends with 'N passed, N failed'
	@$(MAKE) --no-print-directory release debug asan tsan
	@tools/run-tests debug asan tsan release

soak: debug                     ## long runs: flat memory over millions of turns
	@ctest --preset soak

check: setup-check release      ## what must not drift apart; after make test
	@tools/check

FILTER ?=
PRESET ?= untrusted deterministic pulley small no-signals pooling
presets: setup-test debug       ## all API tests, by preset; PRESET=, FILTER=
	@tests/presets/run build/debug/tests/programs.txt "$(PRESET)" "$(FILTER)"

# MODE is a list of words, FILTER a part of SUITE/NAME.
MODE ?= on-demand pooling pulley suspend
spec: setup-test debug          ## the specification's suite; MODE=, FILTER=
	@tests/spec/run build/debug/tests/spec/spec "$(MODE)" "$(FILTER)"

spec-all: MODE += fuel frame do typed no-signals small deterministic untrusted
spec-all: spec                  ## the same in every mode

bench: release                  ## Lodge beside raw Wasmtime
	@build/release/lodge_bench

misuse: release                 ## 252 mistakes in Wasmtime: docs/misuse.md
	@cmake --build build/release --target raw_misuse
	@tools/misuse.py build/release/raw_misuse

bench-start: release            ## starts of real guests, beside Python's wheel
	@bench/start/run build/release/lodge_bench_start

coverage: setup-test            ## lines of src that the tests run
	@$(call build,coverage)
	@tools/run-tests coverage
	@tools/coverage

# Under sudo the tree is taken as it was built: root has no cache of its own.
install: $(if $(SUDO_USER),,release) ## into PREFIX (/usr/local), with DESTDIR
	@cmake --install build/release --strip --prefix "$(PREFIX)"

clean:                          ## remove build/; the cached engine stays
	rm -rf build

help:                           ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{ printf "make %-10s%s\n", $$1, $$2 }' \
		$(MAKEFILE_LIST)
	@echo "The engine is built once, in the folder that" \
		"'tools/build-wasmtime --print-dir' names."

# Configuring each time is quick, and finds the engine in its cache.
define build
	CMAKE_GENERATOR="$$(command -v ninja >/dev/null \
		&& echo Ninja || echo Unix Makefiles)" \
	cmake --preset $(1) $(2) \
		-DLODGE_WASMTIME_PROFILE=$(LODGE_WASMTIME_PROFILE) >/dev/null && \
	MAKEFLAGS= MAKELEVEL= cmake --build build/$(1) --parallel $(JOBS)
endef

release: setup-run
	@$(call build,$@,-DLODGE_WERROR=$(WERROR))
debug asan tsan: setup-test
	@$(call build,$@)

# What the machine needs, looked at once per goal.
setup-%: build/.setup-%
	@:
build/.setup-%: tools/setup tools/requirements.txt wasmtime/Cargo.toml
	@tools/setup $*
	@mkdir -p build && touch $@
.PRECIOUS: build/.setup-%
