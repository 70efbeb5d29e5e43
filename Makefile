# Each target does its own set-up, and says what it finds and installs (.ci/setup).

SHELL := bash
.SHELLFLAGS := -euo pipefail -c

# The places that .ci/setup found.
ENV := . target/lockgate-env

.PHONY: help demo test test-cuts test-long test-traps test-matrix test-platform test-cluster prove-engine prove-engine-quick prove-fresh fuzz bench lint format clippy deny setup-%

help: ## what can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

demo: setup-demo ## the gate on a throw-away PostgreSQL, in a minute
	@$(ENV); examples/demo

test: setup-test ## unit and integration tests, on a throw-away PostgreSQL
	@$(ENV); cargo test --locked

test-cuts: setup-test ## a connection cut before and after every message; `make test` takes a sample
	@$(ENV); LOCKGATE_TEST_CUTS=all cargo test --locked --test it -- --nocapture cuts:: kills::

# The newest package of each major that is supported.
POSTGRES := 13.23.0-beta.16 14.23.0-beta.17 15.18.0-beta.17 16.14.0-beta.17 17.10.0-beta.17 18.4.0-beta.17

test-matrix: ## what reads catalogs and statements, on PostgreSQL 13 to 18
	@for version in $(POSTGRES); do \
	  LOCKGATE_SETUP_POSTGRES=$$version .ci/setup test; $(ENV); echo "=== PostgreSQL $$version"; \
	  cargo test --locked --test it -- catalog:: engine:: plan:: optional:: segments:: scripts:: history:: impostors:: traps:: trust:: adopt::; \
	done

prove-engine-quick: setup-test ## the engine on small, generated and example chains, minutes (SEED=)
	@$(ENV); cargo build --release --locked && tests/engine/prove --lockgate target/release/lockgate --histories small,examples,generated --generated 16 --sample 3 --halves 2 --mutations 2 --ways fresh,whole,prefix,half,mutated --seed $(or $(SEED),2026) --floor-whole 94 --floor-whole-ddl-only 99 --floor-prefix 90 --floor-half 90 $(ARGS)
	@$(ENV); for home in tenant owner; do \
	  tests/engine/prove --lockgate target/release/lockgate --home $$home --histories small,examples --every 3 --sample 1 --halves 1 --mutations 1 --ways fresh,whole,prefix,half,mutated --seed $(or $(SEED),2026) --floor-whole 94 --floor-whole-ddl-only 99 --floor-prefix 90 --floor-half 90; \
	done
	@$(ENV); tests/engine/prove --lockgate target/release/lockgate --enforce --histories small,examples --sample 2 --mutations 3 --ways fresh,whole,prefix,half,mutated --seed $(or $(SEED),2026) --floor-whole 0 --floor-prefix 0 --floor-half 0
	@$(ENV); cargo build --locked && tests/engine/prove --lockgate target/debug/lockgate --histories written --ways once,stepwise,model --seed $(or $(SEED),2026)

prove-engine: setup-bench ## the defensive engine on whole histories, public ones too (ARGS=--help)
	@$(ENV); cargo build --release --locked && tests/engine/prove --lockgate target/release/lockgate $(ARGS)
	@$(ENV); tests/engine/prove --lockgate target/release/lockgate --enforce --sample 2 $(ARGS)
	@$(ENV); tests/engine/prove --lockgate target/release/lockgate --histories wide --wide 60 --sample 2 --halves 2 --mutations 2 --ways fresh,whole,prefix,half,mutated --seed $(or $(SEED),2026) --floor-whole 0 --floor-whole-ddl-only 0 --floor-prefix 0 --floor-half 0
	@$(ENV); cargo build --locked && tests/engine/prove --lockgate target/debug/lockgate --histories written,cases,small,examples,generated,wide --wide 500 --ways once,stepwise,marker,model --seed $(or $(SEED),2026)

prove-fresh: setup-test ## whole chains, written and random, on fresh databases: psql is the judge (ARGS=--wide 500)
	@$(ENV); cargo build --locked && tests/engine/prove --lockgate target/debug/lockgate --histories written,cases,small,examples,generated,wide --wide 20 --ways once,stepwise,model --seed $(or $(SEED),2026) $(ARGS)

fuzz: ## bytes that lockgate reads wrong, looked for by coverage (nightly; FUZZ_SECONDS for each entry)
	@benches/fuzz/run

test-long: setup-test ## a hundred gates before one revision, a network that swallows packets, a hundred crashes, two hundred tenants, all advice followed: some minutes
	@$(ENV); LOCKGATE_TEST_LONG=1 cargo test --locked --test it -- --nocapture --test-threads=1 crowd:: swallowed:: window:: adopt::tenants engine::

test-traps: setup-test ## operators and functions that a lesser role planted, in every case of the engine
	@$(ENV); LOCKGATE_TEST_TRAPS=1 cargo test --locked --test it -- $(or $(ARGS),engine::)

test-platform: setup-test ## the examples, as the platforms run them
	@$(ENV); tests/platform/check

test-cluster: setup-test ## the chart and the manifests on a real Kubernetes
	@$(ENV); tests/cluster/run

bench: setup-bench ## how long a start takes, beside other tools (ARGS=--write=docs/performance.md)
	@$(ENV); benches/run $(ARGS)

lint: format clippy deny ## format, clippy, licences, banned crates and advisories

format:
	@cargo fmt --check

clippy: setup-lint
	@$(ENV); cargo clippy --all-targets --locked -- -D warnings

deny: setup-lint
	@$(ENV); cargo deny --config .deny.toml check --hide-inclusion-graph bans licenses sources
	@$(ENV); if timeout 120 cargo deny --config .deny.toml fetch db >/dev/null 2>&1; \
	then cargo deny --offline --config .deny.toml check --hide-inclusion-graph advisories; \
	else echo "deny: ADVISORIES ARE NOT CHECKED: their database cannot be had here" >&2; fi

setup-%:
	@.ci/setup $*
