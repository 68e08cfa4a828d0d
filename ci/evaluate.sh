#!/usr/bin/env bash
# Runs one evaluation for a CI system and keeps its exit code for later steps: $DATASET, $SUITE, $STACK, $BUDGET.
# Writes exit-code, evaluation-id and folder to $GITHUB_OUTPUT, and the verdict to $GITHUB_STEP_SUMMARY.
set -euo pipefail
folder=$(mktemp -d "${RUNNER_TEMP:-/tmp}/gavel-XXXXXX")
arguments=(run --json)
for file in report.html junit.xml summary.json comment.md; do arguments+=(-o "$folder/$file"); done
[ -z "${SUITE:-}" ] || arguments+=(--suite "$SUITE")
[ -z "${STACK:-}" ] || arguments+=(--stack "$STACK")
[ -z "${BUDGET:-}" ] || arguments+=(--budget "$BUDGET")
# A name may begin with a hyphen; behind this none is an option.
arguments+=(-- "$DATASET")

code=0
gavel "${arguments[@]}" > "$folder/evaluation.json" || code=$?
# Wrong data is told on standard output as JSON; a log is read by people.
[ "$code" != 2 ] || cat "$folder/evaluation.json" >&2
evaluation=$(python3 -c 'import json, sys
try:
    print(json.load(open(sys.argv[1])).get("evaluation_id", ""))
except ValueError:
    print("")' "$folder/evaluation.json")
{
    echo "exit-code=$code"
    echo "evaluation-id=$evaluation"
    echo "folder=$folder"
} >> "${GITHUB_OUTPUT:-/dev/stdout}"
if [ -s "$folder/comment.md" ]; then
    cat "$folder/comment.md" >> "${GITHUB_STEP_SUMMARY:-/dev/stderr}"
else
    echo "Gavel: there is no result (exit code $code); the log says why." >> "${GITHUB_STEP_SUMMARY:-/dev/stderr}"
fi
