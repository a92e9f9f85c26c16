.DEFAULT_GOAL := help
.PHONY: help run test bench chaos fuzz check

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Build pages and broker, start them, print the URLs to open (DEMO=1 also publishes sample events, CAMERAS=1 plays a contest)
	@bash deploy/run

test: ## Install what the tests need where possible, then run all of them (PARTS="broker python": some)
	@bash deploy/test $(PARTS)

bench: ## Measure fan-out, triggers, connects and idle memory on this machine, beside the floor (ARGS=--help)
	@bash tests/bench/run $(ARGS)

chaos: ## Break nodes and Redis under load and look for what is lost (ARGS="--minutes 30 --seed 7"; ARGS=--help)
	@SALURAN_CHAOS="$(ARGS)" cargo test --locked --release --test nodes -- chaos --nocapture

fuzz: ## Run every fuzz target for FUZZ_SECONDS (default 8)
	@bash deploy/test fuzz

check: ## Formatting, lints, documentation, dependencies, file sizes, scripts
	@bash deploy/check
