# facteur: every task by name. `make help` lists them.
#
# A new Debian 12 machine needs git, make and Rust; everything else is installed here.
# One build profile (dev) serves the demonstration, the tests and the conformance tests; `make release` is for real use.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.NOTPARALLEL:
.DEFAULT_GOAL := help

export PATH := $(CURDIR)/.tools/bin:$(PATH):$(HOME)/.cargo/bin
export CARGO_TARGET_DIR ?= $(CURDIR)/target
export CARGO_TERM_PROGRESS_WHEN ?= auto

BIN := $(CARGO_TARGET_DIR)/debug
CORPUS := $(or $(FACTEUR_CORPUS),$(abspath $(CURDIR)/../shared/corpus))
CARGO_DENY_VERSION := 0.20.2
KILLS ?= 1000
SEED ?= 20261123

.PHONY: help setup wheels packs build release demo fmt deny locks clippy lint advisories test torture conformance fuzz bench year \
        venv clean-demo clean-all

help: ## This list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: ## Install the system packages that are missing (apt-get, with sudo when not root).
	@scripts/setup.sh

wheels: setup ## Fetch the pinned distributions of schemas and rules into .packs/, checked by SHA-256.
	@scripts/wheels.sh

packs: wheels build ## Install the official schemas and rules from them into .packs/installed.
	@"$(BIN)/facteur" --packs .packs/installed packs add .packs/*.whl
	@"$(BIN)/facteur" --packs .packs/installed packs verify

build: setup ## Build everything (dev profile).
	cargo build --locked --workspace

release: setup ## Build for real use: target/release/facteur.
	cargo build --locked --release -p facteur

demo: packs ## Show the whole road on this machine: import, deposit, follow, report.
	@BIN="$(BIN)" scripts/demo.sh

fmt: ## Is every file formatted?
	cargo fmt --all --check

deny: ## Are licences, sources and versions of what we build with as deny.toml wants them?
	@scripts/cargo_deny.sh "$(CARGO_DENY_VERSION)"
	cargo deny --locked check bans licenses sources

clippy: setup ## Warnings are errors.
	cargo clippy --locked --workspace --all-targets -- -D warnings

locks: ## Do the fuzzers, workspaces of their own, lock what the crates now depend on?
	@for manifest in crates/*/fuzz/Cargo.toml; do \
	  cargo metadata --locked --format-version 1 --manifest-path "$$manifest" >/dev/null; \
	done

lint: fmt deny locks clippy ## fmt, deny, locks, clippy.

advisories: ## Known vulnerabilities of what we build with; needs the open network.
	@scripts/cargo_deny.sh "$(CARGO_DENY_VERSION)"
	cargo deny check advisories

# The tests find .packs/ (wheels) and .packs/installed alone; a tester's own environment must not reach them.
test: packs ## Every test.
	cargo build --locked --workspace --bins
	@unset FACTEUR_PACKS FACTEUR_WHEELS FACTEUR_HOME; export FACTEUR_CORPUS="$(CORPUS)"; \
	if cargo nextest --version >/dev/null 2>&1; then \
	  echo "cargo nextest run --workspace && cargo test --doc --workspace"; \
	  cargo nextest run --locked --workspace --no-fail-fast && cargo test --locked --workspace --doc; \
	else \
	  echo "cargo test --workspace"; \
	  cargo test --locked --workspace --no-fail-fast; \
	fi

torture: packs ## Kill -9 and every other fault, KILLS=1000 times on each back end; SEED=… repeats a run (by hand).
	cargo build --locked -p facteur-simulator
	@unset FACTEUR_PACKS FACTEUR_HOME; \
	FACTEUR_TORTURE=$(KILLS) FACTEUR_TORTURE_SEED=$(SEED) \
	cargo test --locked -p facteur --test torture -- --nocapture nothing_is_lost every_judge

venv: setup
	@scripts/venv.sh .venv conformance/requirements.txt

conformance: packs venv ## Programs that others wrote, unmodified, against ours.
	FACTEUR="$(BIN)/facteur" FACTEUR_BENCHES="$(BIN)/facteur-benches" FACTEUR_SIMULATOR="$(BIN)/facteur-simulator" FACTEUR_CORPUS="$(CORPUS)" \
	FACTEUR_PACKS="$(CURDIR)/.packs/installed" FACTEUR_SWAGGER="$(abspath $(CORPUS)/../domain/swagger-factures.json)" \
	.venv/bin/python -m pytest -q -p no:cacheprovider conformance

fuzz: setup ## Fuzz the loader and the evaluator of the rules, FUZZ_SECONDS=30 each.
	@scripts/fuzz.sh

YEAR_INVOICES ?= 30000
year: wheels release ## Every standing report on an invented year of YEAR_INVOICES=30000, with times and sizes.
	cargo build --locked --release -p facteur-benches
	@scripts/year.sh "$(CARGO_TARGET_DIR)/release" "$(YEAR_INVOICES)"

bench: wheels ## Measure, as ratios to a peer in the same run.
	cargo run --locked --release -p facteur-benches

clean-demo: ## Remove the homes that `make demo` left.
	rm -rf "$${TMPDIR:-/tmp}"/facteur-demo.*

clean-all: clean-demo ## Back to a clean clone: no target, no packs, no Python environment, no tools.
	rm -rf target .packs .venv .tools
