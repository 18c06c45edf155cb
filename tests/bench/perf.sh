#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# octroi-milter beside a trimmed rspamd and a filter that does nothing, in one
# run, with the yardstick in OCTROI_SHARED/perf (default ../shared).
#
#   perf.sh [CONNECTIONS [SECONDS [ROUNDS]]]      default 16,64 5 3; needs root
#
# All that is made lies in $PERF (default /tmp/octroi-perf).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
repo=$(cd "$here/../.." && pwd)
shared=${OCTROI_SHARED:-$repo/../shared}
export OCTROI_BUILD=${OCTROI_BUILD:-$repo/build}
export PERF=${PERF:-/tmp/octroi-perf}
export PYTHONDONTWRITEBYTECODE=1
python=/usr/bin/python3

bench=$shared/perf/bench.py
if [ ! -e "$bench" ]; then
	echo "perf.sh: no $bench: set OCTROI_SHARED" >&2
	exit 69
fi
if [ ! -x "$OCTROI_BUILD/octroi-milter" ]; then
	echo "perf.sh: no octroi-milter in $OCTROI_BUILD: set OCTROI_BUILD" >&2
	exit 69
fi
"$repo/tests/support/install-packages.sh" build run test bench

mkdir -p "$PERF"
chmod 755 "$PERF"
echo "perf: building the load generator"
$python "$bench" build
if [ ! -e "$PERF/world/mail/00000.eml" ]; then
	echo "perf: making the test world"
	$python "$bench" world --seed 1
fi
out=$PERF/octroi.jsonl
rm -f "$out"
echo "perf: running (results in $out)"
$python "$bench" run \
	"octroi:$python $here/octroi_milter.py {sock}" rspamd-trim noop-nr \
	-c "${1:-16,64}" -t "${2:-5}" -r "${3:-3}" -o "$out"
$python "$bench" table "$out"
