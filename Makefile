# The same commands as in README, for those who like make.
.PHONY: demo test check

demo: .venv
	.venv/bin/pip install -q -e '.[demo]'
	.venv/bin/flask demo

test: .venv
	.venv/bin/pip install -q -e '.[test]'
	.venv/bin/pytest -n 2 --dist loadfile

check: .venv
	.venv/bin/pip install -q -e '.[check]'
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/flask demo --check
	.venv/bin/pytest -n 2 --dist loadfile

.venv:
	python3 -m venv .venv
