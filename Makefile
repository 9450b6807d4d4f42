# Everything runs in this checkout: Python packages in .venv, the CDK CLI in node_modules, what is built in build/.
# A target sets up what it needs; stamp files remember, so that a second run sets up nothing.

PYTHON ?= python3
BIN := .venv/bin
SETUP := .venv/setup.stamp $(BIN)/poolwarden node_modules/setup.stamp build/dependencies.stamp
# Node and npm come from a wheel, so only what needs them gets this path.
WITH_NODE := PATH="$(CURDIR)/$(BIN):$$PATH" CDK_DISABLE_VERSION_CHECK=1
CDK := $(WITH_NODE) node_modules/.bin/cdk

.PHONY: setup help demo test test-deep bench chaos breaks mutation coverage fuzz sbom audit check simulator reference bootstrap deploy deploy-spoke lock clean

setup: $(SETUP) ## set everything up, as plain make does; the others set up what they need

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-14s %s\n", $$1, $$2}' Makefile

# An interrupted set-up leaves no stamp, and may leave a broken pip: the next one begins with an empty folder.
.venv/setup.stamp: requirements/dev.txt
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or later is needed, this is ' + sys.version)"
	$(PYTHON) -m venv $(if $(wildcard $@),,--clear) .venv
	@rm -f $@
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt
	@touch $@

# The command line, as a script that runs this checkout; everything that it needs is there already.
$(BIN)/poolwarden: .venv/setup.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation --editable .
	@touch $@

# Where the CDK CLI is gone, whatever its stamp says, it is installed anew.
ifeq ($(wildcard node_modules/.bin/cdk),)
.PHONY: node_modules/setup.stamp
endif

node_modules/setup.stamp: package-lock.json .venv/setup.stamp
	$(WITH_NODE) $(BIN)/npm ci --silent --no-audit --no-fund --no-update-notifier
	@touch $@

build/dependencies.stamp: requirements/lambdas.txt infra/bundling.py .venv/setup.stamp
	$(WITH_NODE) $(BIN)/python -m infra.bundling > /dev/null
	@touch $@

demo: $(SETUP) ## play an incident in a simulated AWS account, and judge it by the promises
	@exec $(BIN)/python -m simulator.demo

simulator: $(SETUP) ## serve a simulated AWS account: SCENARIO=start-up, PORT=4566
	@exec $(BIN)/python -m simulator $(if $(SCENARIO),--scenario $(SCENARIO)) $(if $(PORT),--port $(PORT))

# The scenarios note what roles use of their permissions; one that nobody used fails the build.
test: $(SETUP) ## run the whole test suite
	@rm -rf build/permissions
	POOLWARDEN_PERMISSIONS=build/permissions $(WITH_NODE) $(BIN)/python -m pytest -n 2 --dist loadfile
	$(WITH_NODE) $(BIN)/python -m tests.scenarios.least_privilege build/permissions

# Twenty times the random cases of what is promised, and many more examples of every other property; a quarter of an hour.
test-deep: $(SETUP) ## run twenty times the random cases, and what takes too long for every run
	POOLWARDEN_CASES=200000 $(WITH_NODE) $(BIN)/python -m pytest -n 2 --hypothesis-profile=deep --timeout 3600 \
		tests/bench tests/lambdas/refill_pools tests/lambdas/release_eips
	$(WITH_NODE) $(BIN)/python -m pytest -m deep

bench: $(SETUP) ## measure everything, and write docs/benchmarks.md anew
	@exec $(BIN)/python -m bench

# Random faults over all functions, promises 1 to 8 held after each episode; the same seed gives the same episodes.
chaos: $(SETUP) ## play random faults over all functions: EPISODES=100 SEED=1
	@exec $(BIN)/python -m chaos --episodes $(or $(EPISODES),100) --seed $(or $(SEED),1)

# Breaks one promise after the other in a copy, each to be named by its judges: NAMES of assurance/break_list.py, or all.
breaks: $(SETUP) ## break promises on purpose, each to be named by its judges: NAMES=...
	@exec nice -n 10 $(BIN)/python -m assurance.breaks $(NAMES)

# They would take most of the time, and what only they reach would be measured by chance.
RANDOM_CASES := refill_pools/promises release_eips/test_histories.py test_hostile_events.py

# What docs/testing.md tells about the tests themselves. GROUPS names some of the groups of assurance/mutation.py.
mutation: $(SETUP) .venv/assurance.stamp ## break the code line by line, to see a test fail: GROUPS=...
	@exec nice -n 10 $(BIN)/python -m assurance.mutation $(GROUPS)

coverage: $(SETUP) .venv/assurance.stamp ## measure which lines the tests of the functions reach
	@mkdir -p build/coverage
	$(BIN)/python -m coverage run -m pytest -p no:xdist tests/lambdas $(addprefix --ignore=tests/lambdas/,$(RANDOM_CASES))
	$(BIN)/python -m coverage report

fuzz: $(SETUP) .venv/fuzz.stamp ## feed hostile input to what reads from outside: SECONDS=60
	@exec $(BIN)/python -m assurance.fuzz --seconds $(or $(SECONDS),60)

# What is deployed and what builds it, as CycloneDX documents in build/sbom, and docs/licences.md.
sbom: $(SETUP) ## write the bills of materials, and docs/licences.md
	@exec $(BIN)/python -m assurance.bill_of_materials

# Asks the databases of known vulnerabilities; says so where they cannot be reached.
audit: $(SETUP) .venv/assurance.stamp ## ask for known vulnerabilities of what the lock files name
	@$(WITH_NODE) exec $(BIN)/python -m assurance.audit

.venv/assurance.stamp .venv/fuzz.stamp: .venv/%.stamp: requirements/%.txt .venv/setup.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@

check: $(SETUP) ## check format, linter, types, import contract, synth with cdk-nag, templates
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --num-workers 2 .
	$(BIN)/lint-imports
	$(BIN)/python -m infra.config poolwarden.yaml
	@rm -rf build/check
	$(CDK) synth --quiet --no-notices -c nag=true --output build/check/observe
	$(CDK) synth --quiet --no-notices -c nag=true -c config=infra/everything.yaml --output build/check/everything
	$(BIN)/cfn-lint build/check/*/*.template.json

# Writes the pages of docs/ that come out of the code; tests say when one is not current.
reference: $(SETUP) ## write the pages that come out of the code anew
	$(BIN)/python -m infra.config.reference
	$(WITH_NODE) $(BIN)/python -m infra.permissions_page

# Once in the hub's account and Region, before the first deploy.
bootstrap: $(SETUP) ## bootstrap the hub's account and Region for the CDK, once
	$(CDK) bootstrap

# The CDK CLI asks before it gives permissions; APPROVAL=never, as in a pipeline, lets it not ask.
deploy: $(SETUP) ## deploy the hub: APPROVAL=never in a pipeline
	$(CDK) deploy PoolwardenHub $(if $(APPROVAL),--require-approval $(APPROVAL))

# In a member account, or another Region of the hub's: HUB_ACCOUNT and EXTERNAL_ID are the hub's account and its output
# SpokeExternalId. The spoke goes into each account once, the events stack into each of its Regions.
deploy-spoke: $(SETUP) ## deploy the spoke and events stacks: HUB_ACCOUNT= HUB_REGION= EXTERNAL_ID=
	@test -n "$(HUB_ACCOUNT)" -a -n "$(HUB_REGION)" -a -n "$(EXTERNAL_ID)" || \
		{ echo "make deploy-spoke HUB_ACCOUNT=111122223333 HUB_REGION=us-east-1 EXTERNAL_ID=..., the last is the hub's output SpokeExternalId" >&2; exit 2; }
	$(CDK) deploy $(or $(STACKS),PoolwardenSpoke PoolwardenEvents) $(if $(APPROVAL),--require-approval $(APPROVAL)) \
		--parameters PoolwardenSpoke:HubAccount=$(HUB_ACCOUNT) --parameters PoolwardenSpoke:ExternalId=$(EXTERNAL_ID) \
		--parameters PoolwardenEvents:HubAccount=$(HUB_ACCOUNT) --parameters PoolwardenEvents:HubRegion=$(HUB_REGION)

# The only target that looks for newer versions, within what requirements/*.in and package.json allow. Assurance follows dev.
lock: .venv/setup.stamp ## write the lock files anew, with the newest versions that are allowed
	@set -e; for each in lambdas dev assurance fuzz peers; do echo "requirements/$$each.txt"; \
		$(BIN)/pip-compile $(COMPILE) --output-file requirements/$$each.txt requirements/$$each.in; done
	$(WITH_NODE) $(BIN)/npm update --package-lock-only --no-audit --no-fund

COMPILE := --quiet --upgrade --allow-unsafe --generate-hashes --strip-extras \
	--no-emit-find-links --no-emit-index-url --no-emit-trusted-host

clean: ## remove what was built; .venv and node_modules stay
	rm -rf build cdk.out
