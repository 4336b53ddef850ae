# Every target sets itself up: Python 3.11 or newer and, for the tests, Debian's apt are enough.
.PHONY: demo test test-slow replay format messages setup fuzz scan

demo: ## A filled demo on SQLite, served; prints addresses, sign-ins and a student link
	@scripts/demo.sh

test: ## Every check: format, lint, types, import contracts, tests on SQLite and PostgreSQL, browser
	@scripts/test.sh

test-slow: ## The long property runs
	@scripts/test.sh slow

fuzz: ## 100,000 invented requests to every address and form, on both engines
	@scripts/fuzz.sh

scan: ## Scanners that are not ours: code, packages, pages
	@scripts/scan.sh

replay: ## 32,938 real records through the product: 30 schools, 30 reports, one comparison
	@scripts/replay.sh

format: setup ## Puts the code in order
	@.venv/bin/ruff format -q . && .venv/bin/ruff check -q --fix . && .venv/bin/python scripts/wrap_templates.py

messages: setup ## Takes new interface words into the catalogues
	@scripts/messages.sh

setup:
	@scripts/setup.sh
