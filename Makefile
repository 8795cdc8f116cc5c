# The commands of this project. `make help` prints the comments after "##".
.DEFAULT_GOAL := help
BIN := .venv/bin

# Bytecode halves the time of each start. The caller's shell settings must not decide what is imported.
unexport PYTHONDONTWRITEBYTECODE PYTHONHOME PYTHONPATH
export GX_ANALYTICS_ENABLED := false

TYPED := $(patsubst %/,%,$(sort $(dir $(wildcard plugins/*.py demo/*.py bench/*.py topology/*.py dags/*.py))))

.PHONY: help demo desk topology up down test test-fast mutants check lint types contracts sql format bench month doctor lock clean ready ready-dev

help: ## Show this page
	@echo 'Usage: make TARGET   (needs python3 3.11-3.13 and a Python package index; sets itself up in .venv/)'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r target what; do \
		printf '  %-10s %s\n' "$$target" "$$what"; done
	@echo 'Variables: PYTHON=/path/to/python3.12 chooses the Python; TESTS="-k grace" goes to pytest; PARTS names parts of the bench; MONTH is for month; DISTURB=1 makes topology kill servers'

demo: ready ## Show the programme at work: the 2015 migration and the month after it, in out/
	@$(BIN)/python -m demo

desk: ready ## Open the demo's months in Airflow, with the pages for people: prints the address and three logins
	@$(BIN)/python -m demo.desk

topology: ready-dev ## Run the demo's months through the real scheduler and two workers, as local processes, in out/topology/
	@$(BIN)/python -m topology $(if $(DISTURB),--disturb)

up: ## Start everything in containers: scheduler, two workers, databases, mail catcher (run bin/make-env first)
	@bin/compose up --build --detach
	@echo 'Airflow: http://127.0.0.1:8080 (AIRFLOW_PORT), mail: http://127.0.0.1:8025 (MAIL_PORT); the passwords are in .env'

down: ## Stop the containers and keep their volumes
	@bin/compose down

test: ready-dev ## Run every test (TESTS="..." is passed to pytest)
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(TESTS)

FAST := tests/domain tests/scenarios tests/letters tests/adapters tests/smtp tests/sources

test-fast: ready-dev ## Run the tests of rules, letters and adapters that need no server, Airflow, other process or engine: a minute
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder \
		-m 'not server and not airflow and not processes and not engine' \
		$(or $(TESTS),$(FAST))

mutants: ready-dev ## Change the rules one by one and count what no test notices, before a release (ROOMS="--sample 200 month letters")
	@$(BIN)/python -m bench.mutants $(or $(ROOMS),domain)

check: ready-dev ## Lint, types, import contracts, SQL
	@$(MAKE) --no-print-directory --keep-going --jobs=4 lint types contracts sql

lint: ready-dev # ruff: rules, then layout
	@$(BIN)/ruff check && $(BIN)/ruff format --check

types: ready-dev # mypy, strict
	@$(BIN)/mypy $(TYPED)

contracts: ready-dev # import-linter: which package may import which
	@$(BIN)/lint-imports --no-logo

sql: ready-dev # sqlfluff, on every core: it takes half of a second a file
	@$(BIN)/sqlfluff lint --disable-progress-bar --processes 0 include/sql

format: ready-dev ## Lay out the code and fix what can be fixed
	@$(BIN)/ruff check --fix && $(BIN)/ruff format

bench: ready-dev ## Measure speed and memory, and compare them with their limits (PARTS="settlement letters" for some)
	@$(BIN)/python -m bench $(PARTS)

month: ready ## Assess one month: make month MONTH=2015-07
	@test -n '$(MONTH)' || { echo 'Which month? make month MONTH=2015-07' >&2; exit 2; }
	@$(BIN)/partner-program run '$(MONTH)'

doctor: ready ## Check this installation and say what is missing
	@$(BIN)/partner-program doctor

lock: ready ## Write requirements*.txt again from requirements*.in, for Python 3.11 to 3.13
	@bin/lock

clean: ## Remove everything that these commands made: .venv, out, caches
	@rm -rf .venv out build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache plugins/*.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

ready: # make .venv for running
	@bin/set-up run

ready-dev: # make .venv for development
	@bin/set-up dev
