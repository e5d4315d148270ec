# make demo     serve the example on http://127.0.0.1:5000      make demo BACKEND=postgresql
# make test     the whole suite on real servers                 make test BACKEND=redis
#               what pytest takes goes into ARGS                make test ARGS=--last-failed
#               in three processes, of which many tests wait    make test JOBS=1
# make check    ruff, mypy, pyright
# make images   pull or build the images of all servers
# make bench    measure against Flask-Session 0.8.0             make bench BACKEND=redis
# make soak     random histories against a model                make soak BACKEND=redis
# make docs     build the documentation
# make package  test one package from its wheel                 make package PACKAGE=redis
# make release  check and build one package's release           make release PACKAGE=redis
# make clean    remove what the other targets made
#
# Each target first sets up what it needs with tools/bootstrap.

BACKEND ?=
ARGS ?=
JOBS ?= 3
PACKAGE ?=

export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/.cache/uv/bin:$(PATH)
# Where mypy finds the packages, for it to know each file under one name.
export MYPYPATH = $(subst $() ,:,$(SOURCES))
export TESTCONTAINERS_RYUK_DISABLED := true
# The tests start hundreds of Python processes: compiled modules are kept.
unexport PYTHONDONTWRITEBYTECODE
export UV_COMPILE_BYTECODE := 1

# The package that a server's tests are in, where it has another name.
package_valkey := redis
package_sqlite := sqlalchemy
package_postgresql := sqlalchemy
package_mariadb := sqlalchemy
# A whole run writes what it has shown, and fails if that is not what the page says.
PROMISES := $(if $(BACKEND)$(ARGS),,-p tools.promises --promises docs/promises.md)
TESTS := $(if $(BACKEND),packages/$(or $(package_$(BACKEND)),$(BACKEND))/tests)
SOURCES := $(wildcard packages/*/src) conformance/src
# The rest that mypy looks at: tests, tools and examples.
CHECKED := $(wildcard packages/*/tests) conformance/tests benchmarks examples tools tests/typing \
	docs/conf.py docs/_ext docs/tests

.PHONY: help bootstrap demo test check images bench soak docs package release clean

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile

bootstrap:
	@tools/bootstrap docker

demo:
	@tools/bootstrap $(if $(filter-out cachelib sqlite,$(BACKEND)),docker)
	@python -m tools.demo $(BACKEND)

test:
	@tools/bootstrap docker
	$(if $(BACKEND),,@tools/bootstrap browser || true)
	python -m pytest $(PROMISES) -n $(JOBS) --dist loadscope --no-loadscope-reorder --timeout 900 \
		--conformance-report conformance-report.md $(ARGS) $(TESTS)

check:
	@tools/bootstrap
	ruff check
	ruff format --check
	mypy $(SOURCES) $(CHECKED)
	pyright
	python -m tools.verify_types

images:
	@tools/bootstrap docker
	@python -m flask_session_conformance.servers images

bench:
	@tools/bootstrap docker
	@uv sync --frozen --inexact --quiet --group bench
	python -m benchmarks $(BACKEND)

soak:
	@tools/bootstrap docker
	python -m tools.soak $(BACKEND)

docs:
	@tools/bootstrap
	python -m pytest -p tools.promises --promises docs/promises.md --collect-only -qq packages
	sphinx-build -W --keep-going -b html docs docs/_build/html
	python -m tools.links docs/_build/html

package:
	@tools/bootstrap docker
	python -m tools.package $(PACKAGE) $(if $(OFFLINE),--offline)

release:
	@tools/bootstrap docker
	python -m tools.release $(PACKAGE) $(if $(OFFLINE),--offline)

clean:
	-@python -m flask_session_conformance.servers clean
	rm -rf dist build docs/_build docs/_generated benchmarks/results conformance-report.md
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
