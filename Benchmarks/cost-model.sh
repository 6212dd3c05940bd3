#!/usr/bin/env bash
# Halves and doubles each constant of the compiler's CostModel.fs, one after the other, and prints how long the programs of
# `Benchmarks -- compiler` take beside the standing value: what is 3 % or more off. Leaves the file as it was. Takes about an hour.
# Benchmarks/cost-model.sh [NAME ...]
cd "$(dirname "$0")/.." || exit 2
file=Engine.FSharp/Speed/CostModel.fs
kept=$(mktemp) && cp "$file" "$kept"
trap 'cp "$kept" "$file"' EXIT
measure() {
    dotnet build -c Release -p:CompilesReadyToRun=false -v:q -nologo -clp:NoSummary Benchmarks >/dev/null || return 1
    for turn in 1 2; do dotnet run -c Release --no-build --project Benchmarks -- compiler; done |
        awk '{ time = $(NF - 1); name = $0; sub(/ +[0-9.]+ microseconds/, "", name); if (!(name in least) || time < least[name]) least[name] = time }
             END { for (name in least) print name "\t" least[name] }' | sort
}
standing=$(mktemp)
measure >"$standing" || exit 1
cat "$standing"
names=("$@")
[ $# -gt 0 ] || mapfile -t names < <(sed -nE 's/^    let ([a-zA-Z]+) = [0-9_.]+$/\1/p' "$file")
for name in "${names[@]}"; do
    value=$(sed -nE "s/^    let $name = ([0-9_.]+)\$/\1/p" "$kept" | tr -d _)
    for other in $(awk -v v="$value" 'BEGIN { f = v ~ /\./ ? "%.1f\n" : "%d\n"; printf f, v / 2; printf f, v * 2 }'); do
        sed -E "s/^    let $name = .*/    let $name = $other/" "$kept" >"$file"
        measure | join -t $'\t' "$standing" - |
            awk -F '\t' -v what="$name $value -> $other" '{ r = $3 / $2; if (r > 1.03 || r < 0.97) line = line sprintf("  %s %.2f", $1, r) }
                 END { print what ":" (line == "" ? " nothing" : line) }'
    done
done
