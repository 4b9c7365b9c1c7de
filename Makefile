# Everything that a developer runs. Each command makes the virtual environments that it needs in .work; a second run is quick.
# ARGUMENTS go to the command: make quickstart ARGUMENTS=-v, make simulator ARGUMENTS="--world fleet:200".

# The first Python from 3.10 on that can make virtual environments; or choose one: make test PYTHON=python3.12
PYTHON ?= $(shell for candidate in python3 python3.11 python3.12 python3.13 python3.14 python3.10; do \
	$$candidate -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null \
	&& echo $$candidate && break; done)
ARGUMENTS ?=

COMMANDS := quickstart test simulator lint docs matrix clients build bench proofs soak mutation fuzz

.DEFAULT_GOAL := help
.PHONY: help clean assumptions calendar faults lifecycle scale format python $(COMMANDS)

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile

quickstart: ## watch a simulated fleet being discovered, registered, protected and backed up
test: ## run every check: newest packages in full, the tests with the oldest too
simulator: ## run a simulated Azure in the foreground and print the environment for its clients
lint: ## check style, types, YAML and documentation only
docs: ## build the documentation as a site in .work/docs
build: ## build the archive that ansible-galaxy installs into .work/dist
clients: ## drive the simulator with the az client and azure.azcollection, unchanged (installs 2 GB)
bench: ## measure time, memory and requests of whole fleets on the simulator (some minutes)
proofs: ## take many more random fleets and requests, and moments to kill a run, than the tests do (some minutes)
soak: ## run the role 2,000 times against one hostile simulator, and look for leaks (half an hour)
mutation: ## change the code that decides, place by place, and see whether its tests notice (some minutes)
fuzz: ## send the simulator whatever can be sent, for some minutes (ARGUMENTS="--minutes 60")
matrix: ## run the tests with each supported ansible-core on each Python of this machine

$(COMMANDS): python
	@$(PYTHON) tools/$@.py $(ARGUMENTS)

assumptions: python ## write docs/unverified.md anew
	@$(PYTHON) tools/list_assumptions.py

calendar: python ## draw the picture of the guide Policies anew
	@$(PYTHON) tools/retention_calendar.py

scale: python ## write the tables of the guide Scale anew
	@$(PYTHON) tools/scale_table.py

lifecycle: python ## write the tables of the guide Lifecycle anew
	@$(PYTHON) tools/lifecycle_table.py

faults: python ## write the tables of the guide "When Azure fails" anew
	@$(PYTHON) tools/fault_table.py

format: python ## let ruff put the code into its form
	@$(PYTHON) tools/format.py

python:
	@test -n "$(PYTHON)" || { echo "No Python from 3.10 on with the modules venv and ensurepip was found."; exit 1; }

clean: ## remove the virtual environments and everything else that was made
	rm -rf .work dist .hypothesis .pytest_cache .mypy_cache .ruff_cache .ansible tests/output
