# make alone lists the targets.
SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

GO       ?= go
FUZZTIME ?= 30s

# The linter is built once per version and kept; it takes a minute or two.
lint_version := $(shell sed -n 's/^\tgithub.com\/golangci\/golangci-lint\/v2 \(v[^ ]*\).*/\1/p' tools/go.mod)
lint         := .bin/golangci-lint-$(lint_version)

# The race detector needs cgo and a C compiler; without them the leak checks
# run without it.
race := $(shell command -v "$$($(GO) env CC)" >/dev/null && echo -race)

.PHONY: help build test unit short lint fmt fuzz bench interop chaos leasecheck cover golden run demo ci clean

help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## /\1|/p' $(firstword $(MAKEFILE_LIST)) | awk -F'|' '{ printf "  make %-11s %s\n", $$1, $$2 }'

build: ## build the program: ./viaduct
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w' -o viaduct ./cmd/viaduct

test: ## everything that must pass: unit, leasecheck, lint, interop, each reported apart
	@scripts/report.sh unit leasecheck lint interop

unit: ## hermetic tests of all packages
	$(GO) test -shuffle=on ./...

short: ## hermetic tests without the long ones
	$(GO) test -short ./...

# Packages whose tests start the built program see neither the race detector nor
# the checks, so they are left out.
leasecheck: ## the same tests with the race detector, and with leases that check their owners
	$(GO) test $(race) -tags leasecheck $$($(GO) list ./... | grep -Ev '/internal/(archtest|bench|chaos|hostile)$$')

lint: $(lint) ## golangci-lint as .golangci.yml says, and go vet for Windows and macOS
	$(lint) run ./...
	GOOS=windows $(GO) vet ./...
	GOOS=darwin $(GO) vet ./...

fmt: $(lint) ## format as the linter wants it
	$(lint) fmt ./...

fuzz: ## each fuzz target in turn for FUZZTIME (30s)
	@scripts/fuzz.sh $(FUZZTIME)

bench: ## the ESB scenarios against nginx, haproxy and ReverseProxy
	@scripts/peers.sh
	$(GO) run ./internal/bench

interop: ## foreign clients through Viaduct to foreign services; installs them on Debian
	@status=0; scripts/peers.sh || status=$$?; \
	if [ $$status = 77 ]; then echo 'interop: skipped'; exit 0; fi; \
	if [ $$status != 0 ]; then exit $$status; fi; \
	$(GO) test -count=1 -tags interop -v -run '^TestInterop' ./internal/wssec ./internal/xmltext ./internal/xpath && \
	$(GO) test -count=1 -timeout 15m -tags interop -v ./interop/...

chaos: ## connections cut at every octet, slow peers, kill -9
	$(GO) test -count=1 -timeout 30m -tags chaos ./internal/chaos/...

cover: ## coverage of the hermetic tests: cover.html
	$(GO) test -coverprofile=cover.out ./...
	$(GO) tool cover -html=cover.out -o cover.html
	@$(GO) tool cover -func=cover.out | tail -n 1

golden: ## rewrite the golden files; read the diff before you commit
	@packages=$$(grep -rl --include='*_test.go' --exclude-dir='.*' 'testbed.RunGoldens' . | xargs -r -n1 dirname | sort -u); \
	if [ -z "$$packages" ]; then echo 'no package has golden files'; exit 0; fi; \
	$(GO) test $$packages -update

run: ## serve the sample configuration: make run CONFIG=web.config
	$(GO) run ./cmd/viaduct serve $(or $(CONFIG),configs/samples/router-basic.config)

demo: ## two back ends, a router in front of them, and messages through it
	$(GO) run ./cmd/viaduct demo

ci: ## what .ci/run runs
	@bash .ci/run

clean: ## remove what make made, the peers and tools too
	rm -rf viaduct .bin .peers cover.out cover.html

$(lint): tools/go.mod
	mkdir -p .bin
	cd tools && $(GO) build -trimpath -o ../$(lint) github.com/golangci/golangci-lint/v2/cmd/golangci-lint
