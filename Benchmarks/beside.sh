#!/usr/bin/env bash
# Runs the benchmarks on this checkout's engine and on another commit's, in turn, and prints as a table the median of every figure on
# both and their ratio, this one by the other: Benchmarks/beside.sh COMMIT [ROUNDS [NAME ...]]. Both run this checkout's benchmarks; a
# file that does not compile against the other engine is that commit's own there, and left out where it has none. Wants a quiet machine.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2
commit=${1:?which commit?} rounds=${2:-5}
names=("${@:3}")
[ ${#names[@]} -gt 0 ] || names=(step training eager least-squares start-up first-calls taylor loops calls eager-operations programs elementwise products compiler)
export DOTNET_ROOT=${DOTNET_ROOT:-$(dirname "$(readlink -f "$(command -v dotnet)")")}
other=$(mktemp -d) figures=$(mktemp)
git worktree add -q --detach "$other" "$commit" || exit 2
trap 'git worktree remove --force "$other"; rm -f "$figures"' EXIT

build() { dotnet build -c Release -v:q -nologo -clp:NoSummary "$1/Benchmarks"; }
build . >/dev/null || exit 1
cp Benchmarks/*.cs "$other/Benchmarks/"
until report=$(build "$other"); do
    refused=$(sed -nE 's|.*[/\\](Benchmarks[/\\][A-Za-z.]+\.cs)\(.*error.*|\1|p' <<<"$report" | sort -u)
    [ -n "$refused" ] || { tail -5 <<<"$report" && exit 1; }
    for file in $refused; do
        if git -C "$other" cat-file -e "HEAD:$file" 2>/dev/null && ! git -C "$other" diff --quiet -- "$file"; then
            git -C "$other" checkout -q -- "$file"
        else
            rm "$other/$file" && sed -i "/$(basename "$file" .cs)\./d" "$other/Benchmarks/Program.cs"
        fi
        echo "$file: not this commit's on the other engine" >&2
    done
done

for ((round = 0; round < rounds; round++)); do
    for name in "${names[@]}"; do
        for where in "$other" .; do
            "$where/Benchmarks/bin/Release/net10.0/Benchmarks" "$name" | sed "s/^/$([ "$where" = . ] && echo this || echo other)\t$round\t$name\t/"
        done
    done
done >"$figures"

echo "| | $(git rev-parse --short "$commit") | $(git rev-parse --short HEAD) | ratio |"
echo "| --- | --- | --- | --- |"
# A line is known by its words and by how many of the same words came before it; its figures are the numbers that are not always the same.
# What a process compares by itself ("1.20 x") is left out.
awk -F '\t' '
    function median(list, n, values, i, j, t) {
        n = split(list, values, " ")
        for (i = 2; i <= n; i++) for (j = i; j > 1 && values[j - 1] + 0 > values[j] + 0; j--) { t = values[j]; values[j] = values[j - 1]; values[j - 1] = t }
        return values[int((n + 1) / 2)]
    }
    {
        line = $4; gsub(/\(?[0-9.]+ x\)?/, "", line); gsub(/ +/, " ", line); sub(/^ /, "", line)
        words = line; gsub(/[0-9][0-9,]*(\.[0-9]+)?/, "#", words)
        key = $3 ": " words " " ++seen[$1, $2, $3, words]
        if (!(key in text)) { text[key] = line; name[key] = $3; order[++lines] = key }
        for (k = 1; match(line, /[0-9][0-9,]*(\.[0-9]+)?/); k++) {
            value = substr(line, RSTART, RLENGTH); line = substr(line, RSTART + RLENGTH)
            gsub(/,/, "", value)
            if (!((key, k) in first)) first[key, k] = value
            if (value != first[key, k]) varies[key, k] = 1
            values[$1, key, k] = values[$1, key, k] " " value
        }
        count[key] = k - 1
    }
    END {
        for (i = 1; i <= lines; i++) {
            key = order[i]; rest = text[key]; label = ""; before = after = ratio = ""
            for (k = 1; k <= count[key]; k++) {
                match(rest, /[0-9][0-9,]*(\.[0-9]+)?/)
                label = label substr(rest, 1, RSTART - 1)
                if (!((key, k) in varies)) label = label substr(rest, RSTART, RLENGTH)
                else if (("other", key, k) in values && ("this", key, k) in values) {
                    b = median(values["other", key, k]); a = median(values["this", key, k])
                    before = before " " b; after = after " " a; ratio = ratio sprintf(" %.2f", b > 0 ? a / b : 0)
                }
                rest = substr(rest, RSTART + RLENGTH)
            }
            label = label rest; gsub(/ +/, " ", label)
            if (ratio != "") print "| " name[key] ": " label " |" before " |" after " |" ratio " |"
        }
    }' "$figures"
