# Every target sets itself up: Python 3.11 or newer and, for the tests, Debian's apt are enough.
.PHONY: demo test test-slow coverage many-runs replay format messages lock setup fuzz scan bench nation

demo: ## A filled demo on SQLite, served; prints addresses, sign-ins and a student link
	@scripts/demo.sh

test: ## Every check: format, lint, types, import contracts, tests on SQLite and PostgreSQL, browser
	@scripts/test.sh

test-slow: ## The long attacks, property runs and sweeps, and the pages on PostgreSQL
	@scripts/test.sh slow

coverage: ## The tests of `make test`, the lines and templates they reach, assertions that never ran
	@scripts/coverage.sh

RUNS ?= 20
many-runs: setup ## The tests RUNS times, each in another order, every fourth on a busy machine
	@scripts/many_runs.sh $(RUNS)

fuzz: ## 100,000 invented requests to every address and form, on both engines
	@scripts/fuzz.sh

scan: ## Scanners that are not ours: code, packages, pages
	@scripts/scan.sh

bench: setup ## What is measured, as one table, in about ten minutes: student pages, load, reports
	@.venv/bin/python -m benchmarks

nation: setup ## 4,200 schools from a sample of 5, on a separate PostgreSQL, in some minutes
	@.venv/bin/python -m benchmarks.nation

replay: ## 32,938 real records through the product: 30 schools, 30 reports, one comparison
	@scripts/replay.sh

format: setup ## Puts the code in order
	@.venv/bin/ruff format -q . && .venv/bin/ruff check -q --fix . && .venv/bin/python scripts/wrap_templates.py

messages: setup ## Takes new interface words into the catalogues
	@scripts/messages.sh

lock: ## Pins what pyproject.toml asks for, with hashes
	@scripts/lock.sh

setup: ## Makes .venv with the pinned packages
	@scripts/setup.sh
