# How to build, test and install tram. `make help` lists the targets; this file is the only place
# that knows how.

SWIFT ?= swift
PREFIX ?= /usr/local
# With the trait Server, tram-serve is built with the libraries that it needs. Every target may import
# what Package.swift says, and nothing else.
OPTIONS = --traits Server --explicit-target-dependency-import-check error
RELEASE = -c release --scratch-path .build/release-static --static-swift-stdlib \
	-Xswiftc -static-executable $(OPTIONS)

.DEFAULT_GOAL := help
.PHONY: help demo test build release install lint format examples conformance schema outside \
	docs guides load sanitize ci dependencies

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: dependencies ## Build, and follow one order from PENDING to APPROVED
	$(SWIFT) build --product tram $(OPTIONS)
	@examples/run --show 01-happy-path

test: build ## Build, and run all tests
	$(SWIFT) test --parallel $(OPTIONS)

build: dependencies ## Build everything for debugging
	$(SWIFT) build --build-tests $(OPTIONS)

release: dependencies ## Build two static stripped binaries: bin/tram and bin/tram-serve
	$(SWIFT) build $(RELEASE) --product tram
	$(SWIFT) build $(RELEASE) --product tram-serve
	@mkdir -p bin && rm -rf bin/share
	strip -o bin/tram .build/release-static/release/tram
	strip -o bin/tram-serve .build/release-static/release/tram-serve
	@ls -l bin/tram bin/tram-serve

# What is installed is made by whoever builds; root need only copy it.
bin/tram:
	$(MAKE) release

# The plugin makes manual pages for every program of the package: those of examples and tests are not
# installed.
bin/share: bin/tram
	mkdir -p bin/share/bash-completion/completions bin/share/zsh/site-functions \
		bin/share/fish/vendor_completions.d bin/share/man/man1
	bin/tram --generate-completion-script bash > bin/share/bash-completion/completions/tram
	bin/tram --generate-completion-script zsh > bin/share/zsh/site-functions/_tram
	bin/tram --generate-completion-script fish > bin/share/fish/vendor_completions.d/tram.fish
	$(SWIFT) package plugin --allow-writing-to-package-directory generate-manual \
		--multi-page --output-directory bin/share/man/man1
	find bin/share/man/man1 -type f ! -name 'tram.*' -delete
	test -e bin/share/man/man1/tram.1

install: bin/tram bin/share ## Install tram, its completions and its man pages below PREFIX
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share
	install -m 755 bin/tram bin/tram-serve $(DESTDIR)$(PREFIX)/bin
	cp -R bin/share/. $(DESTDIR)$(PREFIX)/share

lint: ## Check form and style
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests examples

format: ## Put every file into form
	$(SWIFT) format format --in-place --recursive Package.swift Sources Tests examples

examples: build ## Run the examples against their transcripts
	@.ci/install-dependencies curl sqlite3
	examples/run

conformance: build ## Test the running server, and messages, against their own descriptions
	@.ci/install-dependencies curl python3 venv
	.ci/check-conformance

schema: build ## Tell what breaks since the messages were last recorded (Tests/Fixtures/schema.json)
	.build/debug/tram schema --against Tests/Fixtures/schema.json

outside: ## Build examples as a package of their own: what they need must be public
	.ci/check-public-api

docs: build ## Build the documentation of all libraries into .build/site, links checked
	@.ci/install-dependencies python3
	.ci/build-docs

guides: dependencies ## Follow the guides of the documentation: their code is built, run and tested
	.ci/check-guides

load: release ## Measure the released server under load, and the commands beside it
	$(SWIFT) build $(RELEASE) --product LoadTest
	Tests/LoadTest/run

sanitize: dependencies ## Run the tests of the SQLite binding under the address sanitizer
	ASAN_OPTIONS=detect_leaks=0 $(SWIFT) test --scratch-path .build/asan --sanitize address \
		--filter TramSQLiteTests

ci: ## What CI runs
	.ci/run

dependencies:
	@.ci/install-dependencies
