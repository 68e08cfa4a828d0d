# Gavel's commands. Every target sets up what it needs, once, into this folder; none asks a question.
# `make` alone lists them.

.DEFAULT_GOAL := help
SHELL := /bin/sh
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$(PATH)
export UV_PYTHON_DOWNLOADS := never
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 1
PYTHON_SOURCES := app.py infra lambdas cli local tests benchmarks proofs
environment ?= production

.PHONY: help setup demo up down test benchmark growth million large check prove sbom synth deploy openapi format lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' Makefile

setup: ## Install the tool chain into .venv, .venv-twin and node_modules
	@tools/setup.sh

demo: setup ## Deploy Gavel onto the embedded AWS, evaluate two models on a real dataset, show the comparison
	@python -m local demo

up: setup ## Start the embedded AWS and deploy Gavel onto it
	@python -m local up && python -m local deploy

down: setup ## Stop the embedded AWS
	@python -m local down

test: check ## Run the gate, then every test: fast ones without sockets, the report in a browser, the deployed system
	@python -m pytest -q -n auto -m "not slow and not twin and not browser"
	@python -m pytest -q -m browser tests/browser
	@python -m pytest -q -m "slow or twin"

prove: setup ## Prove every claim about safety anew, and write docs/proofs (some hours)
	@tools/setup.sh proofs
	@PYTHONPATH=.:lambdas:cli python -m proofs.permissions.record
	@PYTHONPATH=.:lambdas:cli python -m proofs

benchmark: setup ## Measure Gavel beside the usual script and the floor, in one table
	@PYTHONPATH=.:lambdas python -m benchmarks

growth: setup ## Measure the stages from 1,000 to 1,000,000 records, and simulate an evaluation of 10 million
	@PYTHONPATH=.:lambdas python -m benchmarks growth

million: setup ## Plan and summarise a million records and hold it against the limits of one Lambda each
	@PYTHONPATH=.:lambdas python -m benchmarks.plan_million
	@PYTHONPATH=.:lambdas python -m benchmarks.summarize_million

large: setup ## Evaluate 25,000 records with two models and two judges on the embedded AWS, and count everything
	@python -m benchmarks.large_evaluation

check: setup ## Lint, types, layers, the API's document against its routes, import budgets, and the quick proofs
	@ruff format --check $(PYTHON_SOURCES)
	@ruff check $(PYTHON_SOURCES)
	@mypy
	@PYTHONPATH=.:lambdas:cli lint-imports --no-logo
	@PYTHONPATH=lambdas python -m handlers.routes.document --check
	@PYTHONPATH=.:lambdas python -m benchmarks.import_budgets
	@PYTHONPATH=.:lambdas:cli python -m proofs --gate --check

sbom: setup ## Write the bill of materials of this version, CycloneDX, to dist/
	@PYTHONPATH=.:lambdas:cli python -m proofs.supply_chain

synth: setup ## Synthesise the template into cdk.out (environment=production)
	@cdk synth --quiet -c environment=$(environment)

deploy: setup ## Deploy to the AWS account of the current credentials (environment=production)
	@cdk deploy --require-approval never -c environment=$(environment)

openapi: setup ## Write the OpenAPI document of the API anew from its routes
	@PYTHONPATH=lambdas python -m handlers.routes.document

format: setup ## Format the code
	@ruff check --fix --quiet $(PYTHON_SOURCES) || true
	@ruff format $(PYTHON_SOURCES)

lock: setup ## Resolve the dependencies anew into the hashed lock files
	@tools/lock.sh

clean: ## Remove everything that make created
	@if [ -x .venv/bin/python ]; then .venv/bin/python -m local down; fi
	@rm -rf .venv .venv-twin .venv-proofs node_modules .twin .build cdk.out dist
