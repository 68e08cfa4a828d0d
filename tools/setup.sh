#!/bin/sh
# Makes .venv, .venv-twin and node_modules from the lock files; asks nothing, and does nothing when they are up to date.
# Usage: tools/setup.sh          make runs it before every target that needs it
#        tools/setup.sh proofs   also .venv-proofs, the scanners that only `make prove` runs
set -eu
cd "$(dirname "$0")/.."

# A stamp holds the hash of everything that its environment was built from.
fingerprint() { cat tools/setup.sh "$@" | cksum | tr -d ' \n'; }
fresh() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }

# The first interpreter that really runs and is new enough. pyenv's shims may exist and still refuse, so each is tried.
find_python() {
    for candidate in "${PYTHON:-}" python3.13 python3.12 python3.14 python3 \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.13*/bin/python \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.12*/bin/python \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.14*/bin/python; do
        [ -n "$candidate" ] || continue
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1; then
            "$candidate" -c 'import sys; print(sys.executable)'
            return
        fi
    done
    echo "setup: Gavel needs Python 3.12 or newer, as python3, python3.12, python3.13 or through pyenv; none was found." >&2
    echo "setup: install one, or name it: make setup PYTHON=/path/to/python3.13" >&2
    exit 1
}

make_environment() { # folder, lock file
    if ! "$1/bin/python" -c '' >/dev/null 2>&1; then
        rm -rf "$1"
        if ! "$python" -m venv "$1"; then
            echo "setup: '$python -m venv' failed; on Debian and Ubuntu install the package python3-venv." >&2
            exit 1
        fi
        "$1/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/uv.txt
    fi
    "$1/bin/uv" pip sync --quiet --python "$1/bin/python" --require-hashes "$2"
}

export UV_PYTHON_DOWNLOADS=never
# Silent about caches that lie on another disk than the checkout: then uv copies.
export UV_LINK_MODE="${UV_LINK_MODE:-copy}"
dev=$(fingerprint requirements/dev.txt requirements/uv.txt pyproject.toml)
twin=$(fingerprint requirements/twin.txt)
proofs=$(fingerprint requirements/proofs.txt)
node=$(fingerprint package.json package-lock.json)

if ! fresh .venv/.stamp "$dev"; then
    python=$(find_python)
    echo "setup: Python environment (.venv) with $("$python" -V)"
    make_environment .venv requirements/dev.txt
    .venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
    echo "$dev" > .venv/.stamp
fi
if ! fresh .venv-twin/.stamp "$twin"; then
    # The same interpreter as .venv, so that a bundle built for one runs in the other.
    python=$(.venv/bin/python -c 'import sys; print(sys._base_executable)')
    echo "setup: environment of the embedded AWS (.venv-twin)"
    make_environment .venv-twin requirements/twin.txt
    echo "$twin" > .venv-twin/.stamp
fi
if ! fresh node_modules/.stamp "$node"; then
    echo "setup: AWS CDK CLI (node_modules)"
    PATH="$PWD/.venv/bin:$PATH" .venv/bin/npm ci --silent --no-audit --no-fund --no-update-notifier
    echo "$node" > node_modules/.stamp
fi
if [ "${1:-}" = proofs ] && ! fresh .venv-proofs/.stamp "$proofs"; then
    python=$(.venv/bin/python -c 'import sys; print(sys._base_executable)')
    echo "setup: environment of the scanners (.venv-proofs)"
    make_environment .venv-proofs requirements/proofs.txt
    echo "$proofs" > .venv-proofs/.stamp
fi
