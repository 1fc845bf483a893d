# Tidegate needs only make and Python >= 3.11 with venv. uv is used when it is there and works (20 x faster), never required.
PY   ?= $(firstword $(foreach p,python3.13 python3.12 python3.11 python3.14 python3 python,$(shell command -v $(p) >/dev/null 2>&1 && $(p) -c 'import sys,ensurepip,venv; sys.exit(sys.version_info<(3,11))' >/dev/null 2>&1 && echo $(p))))
VENV ?= .venv
BIN  := $(VENV)/bin
PORT ?= 8000
ARGS ?=
JOBS ?= auto
VAR  := $(if $(TIDEGATE_VAR),$(TIDEGATE_VAR),var)

# The same suite on real services. Each may be set from outside; .ci/run starts them when they do not run.
SERVICES_DATABASE_URL ?= postgres://tidegate:tidegate@127.0.0.1:5432/tidegate
SERVICES_BROKER_URL   ?= redis://127.0.0.1:6379/5
SERVICES_AMQP_URL     ?= amqp://guest:guest@127.0.0.1:5672//

.PHONY: help demo test check test-services test-browser test-faults bench lock clean
help:
	@echo "make demo [PORT=8000]   set up and run a living demo organisation"
	@echo "make test               the suite on SQLite, without any service"
	@echo "make check              the house rules, the linters, the schema: everything CI checks beside the tests"
	@echo "make test-services      the suite on PostgreSQL with Redis, and the tests that need RabbitMQ"
	@echo "make test-browser       the pages in Chromium"
	@echo "make test-faults        kill processes and brokers, lose nothing"
	@echo "make bench              measure against the floor; writes docs/reference/performance.md"
	@echo "make lock               resolve requirements again (maintainers; needs uv)"

define install
	@test -n "$(PY)" || { echo "Python >= 3.11 with venv is needed (Debian/Ubuntu: apt install python3-venv)."; exit 1; }
	@echo "Installing $(1) into $(VENV) …"
	@if uv --version >/dev/null 2>&1 \
	    && uv venv -q --allow-existing --python "$$($(PY) -c 'import sys; print(sys.executable)')" $(VENV) \
	    && uv pip install -q --python $(BIN)/python --require-hashes -r $(1); then :; \
	else \
	    test -x $(BIN)/python && $(BIN)/python -m pip --version >/dev/null 2>&1 || $(PY) -m venv --clear $(VENV); \
	    $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r $(1); \
	fi
endef

# Two locks: the demo needs the first; tests need the second, which holds the first.
$(VENV)/.demo-ok: requirements.lock
	$(call install,requirements.lock)
	@touch $@
$(VENV)/.test-ok: requirements-dev.lock
	$(call install,requirements-dev.lock)
	@touch $@ $(VENV)/.demo-ok

$(VAR)/static/.ok: $(VENV)/.demo-ok $(shell find static apps/*/static -type f 2>/dev/null)
	@mkdir -p $(VAR)/static
	$(BIN)/python manage.py collectstatic --no-input -v0
	@touch $@

demo: $(VENV)/.demo-ok $(VAR)/static/.ok
	$(BIN)/python manage.py migrate -v0
	TIDEGATE_BASE_URL=http://127.0.0.1:$(PORT) $(BIN)/python manage.py seed
	TIDEGATE_BASE_URL=http://127.0.0.1:$(PORT) $(BIN)/python manage.py runall --bind 127.0.0.1:$(PORT)

test: $(VENV)/.test-ok
	$(BIN)/python -m pytest -q -n $(JOBS) -m "not services and not browser and not faults" $(ARGS)

test-services: export DATABASE_URL = $(SERVICES_DATABASE_URL)
test-services: export BROKER_URL = $(SERVICES_BROKER_URL)
test-services: export AMQP_URL = $(SERVICES_AMQP_URL)
test-services: export CI = true
test-services: $(VENV)/.test-ok
	$(BIN)/python -m pytest -q -n $(JOBS) -m "not services and not browser and not faults" $(ARGS)
	$(BIN)/python -m pytest -q -m "services" $(ARGS)

test-browser: $(VENV)/.test-ok
	$(BIN)/python -m pytest -q -m browser $(ARGS)

test-faults: export DATABASE_URL = $(SERVICES_DATABASE_URL)
test-faults: $(VENV)/.test-ok
	$(BIN)/python -m pytest -q -m faults $(ARGS)

bench: export DATABASE_URL = $(SERVICES_DATABASE_URL)
bench: $(VENV)/.test-ok
	$(BIN)/python -m bench $(ARGS)

# Production settings as docs/howto/run-in-production.md documents them, for Django's own deployment check.
PRODUCTION = TIDEGATE_ENV=production SECRET_KEY=check-$$(head -c 48 /dev/urandom | od -An -tx1 | tr -d ' \n') \
	ALLOWED_HOSTS=tidegate.example.org TIDEGATE_BASE_URL=https://tidegate.example.org

check: $(VENV)/.test-ok
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/python manage.py check --fail-level WARNING
	$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py lifecycles --check
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file /dev/null
	$(MAKE) --no-print-directory lock-is-clean

.PHONY: lock-is-clean
lock-is-clean:
	@! grep -nE 'https?://|index-url|find-links' requirements.lock requirements-dev.lock || { echo "A lock names an index."; exit 1; }

UV_COMPILE = uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q
lock:
	$(UV_COMPILE) requirements.in -o requirements.lock
	$(UV_COMPILE) requirements-dev.in -c requirements.lock -o requirements-dev.lock
	@$(MAKE) --no-print-directory lock-is-clean

clean:
	rm -rf $(VENV) var .pytest_cache .ruff_cache .hypothesis .coverage
