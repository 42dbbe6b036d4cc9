#!/usr/bin/env bash
# recorded_days.sh [SPEED [FILE...]]: whole recorded days by finnhub-sim over TLS to a live tickd,
# at SPEED times real time (50), side by side, against tickd --replay of the same files; without
# FILE all recordings of TICKD_DATA. A day takes 20 minutes at 50, so this is no part of the tests;
# test_tickd.py does the same with some minutes of a day. Ends with 1 if any bar differs or any
# trade is lost.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
export TICKD_BIN=${TICKD_BIN:-$root/build/release/bin}
speed=${1:-50}
shift || true
files=("$@")
if [ ${#files[@]} -eq 0 ]; then
    files=("${TICKD_DATA:-$root/../shared/data}"/trades-*.csv.gz)
fi
if [ ! -e "${files[0]}" ]; then
    echo "skipped: no data"
    exit 77
fi
runs=()
for file in "${files[@]}"; do
    python3 "$here/recorded.py" "$file" "$speed" &
    runs+=($!)
done
failed=0
for process in "${runs[@]}"; do
    wait "$process" || failed=1
done
exit "$failed"
