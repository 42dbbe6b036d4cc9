# Shared by the scripts beside it; to be sourced. After it the working folder is the project's.
# Needs bash, coreutils, grep, awk, dpkg and apt-get, as a bare Debian has them.
# shellcheck shell=bash
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
project=$PWD

say() { printf '%s\n' "$*"; }
note() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() {
    note "$*"
    exit 1
}

# The packages of the named groups, as scripts/packages.txt lists them.
packages_of() {
    awk -v groups=" $* " '!/^#/ && NF == 2 && index(groups, " " $1 " ") { print $2 }' \
        "$project/scripts/packages.txt"
}

# Those of the given packages that are not installed.
missing_of() {
    local installed package
    # shellcheck disable=SC2016 # the fields are dpkg-query's
    installed=$(dpkg-query --show --showformat '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null |
        awk '$2 == "installed" { print $1 }') || true
    for package in "$@"; do
        grep -qxF -- "$package" <<<"$installed" || printf '%s\n' "$package"
    done
}

# ensure_packages GROUP...: installs what is missing; says nothing when nothing is.
ensure_packages() {
    local wanted missing root=()
    { command -v dpkg-query && command -v apt-get; } >/dev/null ||
        die "this is not a Debian system; install by its own means: $(packages_of "$@" | xargs)"
    mapfile -t wanted < <(packages_of "$@")
    mapfile -t missing < <(missing_of "${wanted[@]}")
    [ ${#missing[@]} -gt 0 ] || return 0

    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null ||
            die "packages are missing and there is no sudo; as root: apt-get install ${missing[*]}"
        root=(sudo)
    fi
    note "installing ${missing[*]}"
    if ! apt_get install "${missing[@]}"; then
        # Most often the package lists are old, or there are none yet.
        apt_get update || apt_failed "apt-get update" "${missing[@]}"
        apt_get install "${missing[@]}" || apt_failed "apt-get install" "${missing[@]}"
    fi
    rm -f "$apt_log"
}

# Only for ensure_packages: uses its array `root`, keeps apt's words in a file for the error text.
apt_get() {
    local verb=$1
    shift
    apt_log=${TMPDIR:-/tmp}/tickd-apt.$$.log
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get --yes --quiet \
        --option Dpkg::Use-Pty=0 --option APT::Install-Recommends=0 "$verb" "$@" \
        >"$apt_log" 2>&1 </dev/null
}

apt_failed() {
    local what=$1 words
    shift
    words=$(tail -n 3 "$apt_log" | tr '\n' ' ')
    rm -f "$apt_log"
    die "$what failed ($words); mend that, or as root: apt-get install $*"
}

# How many compilers or tests at a time.
jobs_count() { nproc 2>/dev/null || echo 1; }

# build_preset PRESET [TARGET...]: configures and builds build/PRESET; quiet but for errors.
build_preset() {
    local preset=$1 log=build/$1/build.log target targets=()
    shift
    for target in "$@"; do targets+=(--target "$target"); done
    mkdir -p "build/$preset"
    if ! cmake --preset "$preset" >"$log" 2>&1; then
        cat "$log" >&2
        die "cmake could not configure the preset $preset (log: $log)"
    fi
    if ! cmake --build "build/$preset" --parallel "$(jobs_count)" "${targets[@]}" \
        >"$log" 2>&1; then
        # Without ninja's progress and the command lines.
        grep -v '^\[[0-9]*/[0-9]*\] \|^ninja: \|^/[^ ]*/\(gcc\|clang\) ' "$log" |
            tail -n 60 >&2 || true
        die "the preset $preset does not build (whole log: $log)"
    fi
}

# fuzz SECONDS [PATTERN]: runs each fuzzer of the preset `fuzz` (already built) whose name contains
# PATTERN for that long, as many at a time as there are processors. New inputs are kept in
# build/fuzz/corpus, findings in build/fuzz/findings. Prints a line for each; sets fuzz_passed and
# fuzz_failed.
fuzz() {
    local seconds=$1 pattern=${2:-} program name running=()
    fuzz_passed=0 fuzz_failed=0
    for program in build/fuzz/bin/fuzz_*"$pattern"*; do
        [ -x "$program" ] || continue
        name=${program##*/fuzz_}
        fuzz_one "$name" "$seconds" &
        running+=("$name:$!")
        [ ${#running[@]} -lt "$(jobs_count)" ] || fuzz_reap
    done
    fuzz_reap
}

# Only for fuzz: waits for those in its array `running` and counts them.
fuzz_reap() {
    local entry name
    for entry in "${running[@]}"; do
        name=${entry%:*}
        if wait "${entry##*:}"; then
            fuzz_passed=$((fuzz_passed + 1))
            say "fuzz $name: $(fuzz_summary "build/fuzz/$name.log")"
        else
            fuzz_failed=$((fuzz_failed + 1))
            say "fuzz $name: FAILED (build/fuzz/$name.log, input in build/fuzz/findings)"
            grep -E 'ERROR: |runtime error|SUMMARY: |unit written' "build/fuzz/$name.log" || true
        fi
    done
    running=()
}

fuzz_one() {
    local name=$1 seconds=$2 seeds=tests/fuzz/corpus/$1 options=()
    mkdir -p "build/fuzz/corpus/$name" build/fuzz/findings
    [ ! -d "$seeds" ] || options+=("$seeds")
    [ ! -f "tests/fuzz/$name.dict" ] || options+=("-dict=tests/fuzz/$name.dict")
    "build/fuzz/bin/fuzz_$name" "build/fuzz/corpus/$name" "${options[@]}" \
        -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="build/fuzz/findings/$name-" >"build/fuzz/$name.log" 2>&1 </dev/null
}

fuzz_summary() {
    awk '/stat::number_of_executed_units/ { runs = $2 } /#[0-9]+.*cov: / {
            for (i = 1; i < NF; i++) if ($i == "cov:") cov = $(i + 1) }
        END { printf "%d inputs run, %d edges covered, nothing found\n", runs, cov }' "$1"
}
