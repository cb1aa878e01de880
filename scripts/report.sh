#!/usr/bin/env bash
# report.sh TARGET... makes each target, goes on after a failure, and ends with
# one line per target. Exit code 1 when one failed.
set -uo pipefail
cd "$(dirname "$0")/.."

lines=()
status=0
for target in "$@"; do
	printf '==> %s\n' "$target"
	began=$SECONDS
	if make "$target"; then
		lines+=("$(printf '%-11s ok     %4d s' "$target" $((SECONDS - began)))")
	else
		lines+=("$(printf '%-11s FAILED %4d s' "$target" $((SECONDS - began)))")
		status=1
	fi
done
printf '\n'
printf '%s\n' "${lines[@]}"
exit "$status"
