# What contributors type. `ext/test` is the whole; these are its parts.
python = .venv/bin/python

.PHONY: venv test lint docs bench

venv:  ## an environment with all that tests need
	ext/venv test

test:  ## the tests that need no Puppet
	$(python) -m pytest -n auto tests/unit tests/docs

lint:  ## style and types
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy

docs:  ## tables and man pages, made again from the program
	$(python) ext/docs.py
	$(python) ext/man.py

bench:  ## the tables of timings
	$(python) ext/bench
