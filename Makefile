# The same commands as in README, for those who like make.
.PHONY: demo test check

demo: .venv
	.venv/bin/pip install -q -e '.[demo]'
	.venv/bin/flask demo

test: .venv
	.venv/bin/pip install -q -e '.[test]'
	.venv/bin/pytest -n 2 --dist worksteal

check: .venv .venv-rules
	.venv/bin/pip install -q -e '.[check]'
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/bandit -q -r src -ll
	.venv-rules/bin/semgrep scan --quiet --metrics=off --disable-version-check --error --strict --config rules/ src/
	.venv/bin/flask demo --check
	.venv/bin/pytest -n 2 --dist worksteal

.venv:
	python3 -m venv .venv

.venv-rules:
	python3 -m venv .venv-rules
	.venv-rules/bin/pip install -q -r rules/requirements.txt
