#!/usr/bin/env bash
# Runs one evaluation for a CI system and keeps its exit code for later steps: $DATASET, $SUITE, $STACK, $BUDGET,
# $CANDIDATE or else $PULL_REQUEST.
# Writes evaluation-id, exit-code and folder to $GITHUB_OUTPUT, the id as soon as there is one, and the verdict to
# $GITHUB_STEP_SUMMARY.
set -euo pipefail
output=${GITHUB_OUTPUT:-/dev/stdout}
summary=${GITHUB_STEP_SUMMARY:-/dev/stderr}
folder=$(mktemp -d "${RUNNER_TEMP:-/tmp}/gavel-XXXXXX")
echo "folder=$folder" >> "$output"
where=()
[ -z "${STACK:-}" ] || where=(--stack "$STACK")
arguments=(run --detach --json ${where[@]+"${where[@]}"})
[ -z "${SUITE:-}" ] || arguments+=(--suite "$SUITE")
[ -z "${BUDGET:-}" ] || arguments+=(--budget "$BUDGET")
# A pull request is held against what is merged, and changes nothing for others.
candidate=${CANDIDATE:-${PULL_REQUEST:+pr-$PULL_REQUEST}}
[ -z "$candidate" ] || arguments+=(--candidate "$candidate")
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
# Before anything else can happen to this job: the evaluation goes on without it.
echo "evaluation-id=$evaluation" >> "$output"
if [ "$code" = 0 ]; then
    echo "Gavel: evaluation \`$evaluation\`; \`gavel watch $evaluation\` follows it from anywhere." >> "$summary"
    files=()
    for file in report.html junit.xml summary.json comment.md; do files+=(-o "$folder/$file"); done
    gavel watch "$evaluation" --json ${where[@]+"${where[@]}"} "${files[@]}" > "$folder/evaluation.json" || code=$?
fi
echo "exit-code=$code" >> "$output"
if [ -s "$folder/comment.md" ]; then
    { echo; cat "$folder/comment.md"; } >> "$summary"
else
    echo "Gavel: there is no result (exit code $code); the log says why." >> "$summary"
fi
