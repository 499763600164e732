# The two commands a newcomer needs are `make demo` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DEMO ?= .demo
PREFIX ?= $(HOME)/.local
MAN := docs/man

.PHONY: help demo test test-long lint bench man install-man install-completion clean

help:
	@echo "make demo       five companies' models trained, judged, deployed and forecasting, in $(DEMO)"
	@echo "make test       linters, types and tests, about 10 minutes on 2 cores"
	@echo "make test-long  the proofs that take longer"
	@echo "make bench      measurements, as ratios; limits beside them"
	@echo "make install-man install-completion   man pages; completion for bash, zsh and fish; below $(PREFIX)"

$(BIN)/stockml: setup.cfg pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "stockml needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[sample]'
	$(BIN)/python -m compileall -q stockml
	@touch $@

$(BIN)/pytest: $(BIN)/stockml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: $(BIN)/stockml
	rm -rf $(DEMO)
	$(BIN)/stockml --home $(DEMO) init --provider sample
	$(BIN)/stockml --home $(DEMO) train --all
	$(BIN)/stockml --home $(DEMO) evaluate --from 2011-03-01
	$(BIN)/stockml --home $(DEMO) predict
	$(BIN)/stockml --home $(DEMO) status
	$(BIN)/stockml --home $(DEMO) replay --from 2012-12-03 --policy default --policy never

lint: $(BIN)/pytest
	$(BIN)/ruff check .
	$(BIN)/mypy

test: lint
	$(BIN)/python -m pytest -n 3 --dist worksteal -m "not long"

test-long: $(BIN)/pytest
	$(BIN)/python -m pytest -n 2

bench: $(BIN)/pytest
	$(BIN)/python benchmarks/run.py

man: $(BIN)/stockml
	rm -rf $(MAN)
	$(BIN)/python -m stockml.cli._man $(MAN)

install-man: man
	install -d "$(DESTDIR)$(PREFIX)/share/man/man1"
	install -m 644 $(MAN)/*.1 "$(DESTDIR)$(PREFIX)/share/man/man1"

# Where each shell looks by itself; zsh only if the folder is in its fpath.
install-completion: $(BIN)/stockml
	$(call completion,bash,bash-completion/completions,stockml)
	$(call completion,zsh,zsh/site-functions,_stockml)
	$(call completion,fish,fish/vendor_completions.d,stockml.fish)
	@echo 'zsh: put  fpath=("$(PREFIX)/share/zsh/site-functions" $$fpath)  before compinit in ~/.zshrc'

define completion
install -d "$(DESTDIR)$(PREFIX)/share/$(2)"
_STOCKML_COMPLETE=$(1)_source $(BIN)/stockml > "$(DESTDIR)$(PREFIX)/share/$(2)/$(3).new"
mv "$(DESTDIR)$(PREFIX)/share/$(2)/$(3).new" "$(DESTDIR)$(PREFIX)/share/$(2)/$(3)"
endef

clean:
	rm -rf $(VENV) $(DEMO) $(MAN) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
