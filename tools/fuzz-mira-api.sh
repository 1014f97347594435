#!/bin/sh
# Holds a demo server against the OpenAPI document of the Mira API: requests that fit
# it and requests that do not, each answer checked. Installs schemathesis (PyPI) into
# a folder of its own and needs cargo and python3. 650 cases of each operation are more
# than 10,000 requests in all.
#
#     tools/fuzz-mira-api.sh [CASES_PER_OPERATION] [further arguments of schemathesis]
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
cases=${1:-650}
[ $# -eq 0 ] || shift
work=$(mktemp -d)
server=
trap 'if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; fi; rm -rf "$work"' EXIT INT TERM

venv=${SCHEMATHESIS_VENV:-$root/target/schemathesis}
if [ ! -x "$venv/bin/schemathesis" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet 'schemathesis>=4.32,<5'
fi

mira=${MIRA_BINARY:-}
if [ -z "$mira" ]; then
    cargo build --manifest-path "$root/Cargo.toml" --bin mira
    mira=$root/target/debug/mira
fi
for limit in address_per_minute organization_key_per_minute app_key_per_minute \
    app_key_per_day console_per_minute; do
    echo "$limit = 0"
done | sed '1i [limits]' >"$work/mira.toml"
"$mira" serve --demo --listen 127.0.0.1:0 --data "$work/data" --config "$work/mira.toml" \
    >"$work/server.log" 2>&1 &
server=$!
tries=0
until url=$(sed -n 's/^listening on //p' "$work/server.log") && [ -n "$url" ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 60 ] || { cat "$work/server.log"; exit 1; }
    sleep 1
done
key=$(sed -n 's/^ *"admin": "\(mira_live_[^"]*\)".*/\1/p' "$work/data/demo.json")

cd "$work"
nice -n 10 "$venv/bin/schemathesis" --config-file "$root/tools/schemathesis.toml" run \
    "$url/docs/mira-api.json" --header "Authorization: Bearer $key" \
    --max-examples "$cases" --continue-on-failure --suppress-health-check too_slow "$@"
