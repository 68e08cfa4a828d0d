#!/usr/bin/env bash
# One comment on a pull request for each suite, updated by later runs: $PULL_REQUEST, $SUITE, $FOLDER, $GH_TOKEN.
set -euo pipefail
marker="<!-- gavel ${SUITE:-default} -->"
body=$(mktemp)
if [ -n "${FOLDER:-}" ] && [ -s "$FOLDER/comment.md" ]; then
    # GitHub takes 65,536 characters, and a comment is cut to that before the marker comes.
    { echo "$marker"; head -c 65000 "$FOLDER/comment.md"; } > "$body"
else
    { echo "$marker"; echo "Gavel: there is no result; the log of the run says why."; } > "$body"
fi
comments="repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments"
# By the bot alone: anybody may write the marker into a comment of their own.
known=$(MARKER="$marker" gh api --paginate "$comments" --jq \
    '.[] | select(.user.type == "Bot" and (.body | startswith(env.MARKER))) | .id')
known=${known%%[!0-9]*}
if [ -n "$known" ]; then
    gh api --silent --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$known" --field "body=@$body"
else
    gh api --silent --method POST "$comments" --field "body=@$body"
fi
