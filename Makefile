# What people type most; CMake and Ninja do the work.
#   make up       on a fresh Debian 12, as root: build the package, install it, look at this machine (nothing is enabled)
#   make test     unit tests, fuzz seeds, structure, lab       make demo   a hosting server with five faults, checked
#   make deb      build/deb/bansho_*.deb                        make lab    the lab's server, to play with
#   make fuzz     libFuzzer, a short run for each parser        make bench  figures against other tools
SHELL = /bin/bash
JOBS ?= 2
PRESET ?= dev
FUZZ_SECONDS ?= 20

build:
	cmake --preset $(PRESET)
	cmake --build --preset $(PRESET)

up:
	@debian/up

test:
	@tests/run

demo: deb
	tests/lab/demo build/deb/bansho_*.deb

lab: deb
	tests/lab/lab up bookworm --deb build/deb/bansho_*.deb
	@echo "tests/lab/lab run bansho check    tests/lab/lab shell    tests/lab/lab down"

bench: deb
	tests/bench/run build/deb/bansho_*.deb

fuzz:
	cmake --preset fuzz
	cmake --build --preset fuzz
	FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz/run build/fuzz

deb:
	@debian/build

clean:
	rm -rf build

.PHONY: build up test demo lab bench fuzz deb clean
