#!/usr/bin/env bash
# Halves and doubles each constant of the compiler's CostModel.fs, one after the other, and prints how long the programs of
# `Benchmarks -- compiler` take beside the standing value, both run in turn and the least of each taken: what is 5 % or more off.
# Leaves the file as it was. Half a minute for each value. Benchmarks/cost-model.sh [NAME ...]
cd "$(dirname "$0")/.." || exit 2
file=Engine.FSharp/Core/Compiler/CostModel.fs
output=Benchmarks/bin/Release/net10.0
standing=$(mktemp -d) && cp "$file" "$standing/CostModel.fs"
trap 'cp "$standing/CostModel.fs" "$file"; rm -r "$standing"' EXIT
build() { dotnet build -c Release -p:CompilesReadyToRun=false -v:q -nologo -clp:NoSummary Benchmarks >/dev/null; }
least() {
    awk '{ time = $(NF - 1); name = $0; sub(/ +[0-9.]+ microseconds/, "", name); if (!(name in least) || time < least[name]) least[name] = time }
         END { for (name in least) print name "\t" least[name] }' "$1" | sort
}
build && cp -r "$output" "$standing/built" || exit 1
names=("$@")
[ $# -gt 0 ] || mapfile -t names < <(sed -nE 's/^    let ([a-zA-Z]+) = [0-9_.]+$/\1/p' "$file")
for name in "${names[@]}"; do
    value=$(sed -nE "s/^    let $name = ([0-9_.]+)\$/\1/p" "$standing/CostModel.fs" | tr -d _)
    for other in $(awk -v v="$value" 'BEGIN { f = v ~ /\./ ? "%.1f\n" : "%d\n"; printf f, v / 2; printf f, v * 2 }'); do
        sed -E "s/^    let $name = .*/    let $name = $other/" "$standing/CostModel.fs" >"$file"
        build || exit 1
        rm -f "$standing/before" "$standing/after"
        for turn in 1 2 3; do
            dotnet "$standing/built/Benchmarks.dll" compiler >>"$standing/before"
            dotnet "$output/Benchmarks.dll" compiler >>"$standing/after"
        done
        join -t $'\t' <(least "$standing/before") <(least "$standing/after") |
            awk -F '\t' -v what="$name $value -> $other" '{ r = $3 / $2; if (r > 1.05 || r < 0.95) line = line sprintf("  %s %.2f", $1, r) }
                END { print what ":" (line == "" ? " nothing" : line) }'
    done
done
