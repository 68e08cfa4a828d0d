#!/bin/sh
# Resolves requirements/*.in into hashed lock files that name no registry. Usage: make lock
set -eu
cd "$(dirname "$0")/../requirements"
compile() { # name, further options
    name=$1
    shift
    ../.venv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.12 --generate-hashes --no-annotate --no-header \
        --no-emit-index-url --no-emit-find-links "$@" --output-file "$name.txt" "$name.in"
}
compile dev
# What ships is what was tested: the Lambdas' locks follow the developer's.
for name in uv lambda lambda-api lambda-data; do compile "$name" --constraint dev.txt; done
compile twin
compile proofs
