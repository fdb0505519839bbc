# Each target does all the set-up it needs, says what it is doing, and costs nothing the second time.
#
#   make run        serve the page
#   make demo       answer the sample turn into demo-output/
#   make test       lint, then every test this machine can run
#   make test-fast  the tests that need neither weights nor a browser
#   make lint       ruff, pyright and import-linter
#   make setup      only the set-up of `run` and `demo`
#
# `make run PYTHON=python3.12` chooses the Python that makes `.venv`.

SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	if $$p -c '$(SUPPORTED)' 2>/dev/null; then echo $$p; break; fi; done)

BIN := .venv/bin
# The packages are installed anew when what they depend on changes, or when the checkout moves.
KEY := $(shell { pwd; cat pyproject.toml constraints.txt; } | cksum | cut -d ' ' -f 1)
VENV_READY := .venv/made
READY := .venv/ready-$(KEY)
TEST_READY := .venv/test-ready-$(KEY)
BROWSER_TRIED := .venv/browser-tried

# pip's own settings apply, but a user install cannot go into a virtual environment.
export PIP_USER := 0

.PHONY: run demo test test-fast lint setup weights

run: $(READY)
	@echo "==> Serving the page; stop with Ctrl-C"
	@$(BIN)/samesense serve

demo: setup
	@echo "==> Answering the sample turn into demo-output/"
	@$(BIN)/samesense ask "$$(cat assistant/samples/typed.txt)" \
		--image assistant/samples/screenshot.png \
		--audio assistant/samples/question.wav --out demo-output
	@echo "==> Done: read demo-output/reply.md, hear demo-output/reply.wav"

test: lint weights $(BROWSER_TRIED)
	@echo "==> Running every test"
	@$(BIN)/python -m pytest

test-fast: $(TEST_READY)
	@echo "==> Running the tests that need neither weights nor a browser"
	@$(BIN)/python -m pytest -m "not weights and not browser"

lint: $(TEST_READY)
	@echo "==> Checking style, types and the direction of imports"
	@$(BIN)/python -m ruff check
	@$(BIN)/python -m ruff format --check
	@$(BIN)/python -m pyright
	@$(BIN)/python -c "from importlinter.cli import lint_imports_command as run; run()"

setup: weights

weights: $(READY)
	@$(BIN)/samesense models fetch

$(READY): $(VENV_READY)
	@echo "==> Installing packages into .venv (the first time takes some minutes)"
	@$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(TEST_READY): $(READY)
	@echo "==> Installing what the tests need into .venv"
	@$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@$(BIN)/python -m pyright --version
	@touch $@

$(VENV_READY):
	@if [ -z "$(PYTHON)" ]; then \
		echo "Python 3.11, 3.12 or 3.13 is needed, and none was found on PATH."; \
		echo "Install one, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12"; \
		exit 1; \
	elif ! "$(PYTHON)" -c '$(SUPPORTED)'; then \
		echo "$(PYTHON) is $$("$(PYTHON)" --version), but Python 3.11, 3.12 or 3.13 is needed."; \
		exit 1; \
	fi
	@echo "==> Making .venv with $$("$(PYTHON)" --version)"
	@"$(PYTHON)" -m venv .venv
	@touch $@

# The browser tests are skipped, with what to install, where no Chromium can be had.
$(BROWSER_TRIED): $(TEST_READY)
	@if for name in chromium chromium-browser google-chrome google-chrome-stable; do \
		command -v $$name && break; done; then \
		echo "==> The browser tests use the Chromium that is installed"; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
		&& echo "==> Installing Chromium for the browser tests" \
		&& apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends chromium; then :; \
	else \
		echo "==> Fetching Chromium for the browser tests"; \
		$(BIN)/python -m playwright install chromium \
			|| echo "No Chromium: the browser tests will be skipped and say what to install"; \
	fi
	@touch $@
