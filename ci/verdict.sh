#!/usr/bin/env bash
# Ends as the evaluation did: $CODE is its exit code, $UNDECIDED says what 4 does.
set -euo pipefail
case "${CODE:-1}" in
    0) echo "Gavel: every gate passes, or there are none." ;;
    3) echo "::error::Gavel: a gate fails." ; exit 3 ;;
    4)
        if [ "${UNDECIDED:-fail}" = pass ]; then
            echo "::warning::Gavel: a gate cannot be decided; add records or move its bound."
        else
            echo "::error::Gavel: a gate cannot be decided; add records or move its bound." ; exit 4
        fi ;;
    2) echo "::error::Gavel: dataset, suite or usage are wrong; nothing was paid for." ; exit 2 ;;
    *) echo "::error::Gavel: AWS or the tool failed; that is no verdict." ; exit 1 ;;
esac
