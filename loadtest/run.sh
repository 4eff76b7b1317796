#!/bin/sh
# Load tests by name. `./tramontane loadtest` is the same: it finds Java, builds what changed, and comes here.
set -eu

here=$(CDPATH='' cd -P -- "$(dirname -- "$0")" && pwd -P)
program=${LOADTEST_TRAMONTANE:-"$here/../tramontane"}

# The launcher says where the generator and Java are; whoever calls this file himself goes through it.
[ -n "${LOADTEST_CLASSES:-}" ] || exec "$program" loadtest "$@"

usage() {
    cat <<'HELP'
Usage: ./tramontane loadtest WORD [--url URL | --model MODEL] [OPTION...]
       ./tramontane loadtest compare URL-A URL-B [OPTION...]

  smoke     a few requests over each protocol by readers of each kind, their contents checked
  soak      readers of all kinds for an hour (--duration TIME), contents checked at the end
  burst     bursts of 16 in an open loop, for a minute
  sweep     raises the rate until the objective breaks, and tells the knee (--slo LIMITS)
  fair      a polite key alone, then beside one that floods (--keys FILE: NAME KEY RATE, the polite one first; a request a
            second is rate 1)
  compare   the same load on two servers, side by side
  run       one load of your own: every option is yours
  proxy     a bad network before the server at --url: delays, throttles, cuts, until Ctrl-C

Without --url the service is started for it, with the default model or MODEL, and ended afterwards. Further OPTIONs are the
generator's and win over a word's own: './tramontane loadtest run --help'. Reports of the named loads lie in
target/loadtest/.
HELP
}

generator() {
    # shellcheck disable=SC2086 # LOADTEST_JVM_FLAGS is a list of flags
    "$JAVA_HOME/bin/java" --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=deny ${LOADTEST_JVM_FLAGS:-} \
        -cp "$LOADTEST_CLASSES" dev.tramontane.loadtest.command.Main "$@"
}

word=${1:-}
[ "$#" = 0 ] || shift
case "$word" in
smoke | soak | burst | sweep | fair | run | compare | proxy) ;;
--version)
    generator --version
    exit
    ;;
"" | -h | --help | help)
    usage
    exit 0
    ;;
*)
    echo "loadtest: there is no load called $word; './tramontane loadtest --help' tells those there are" >&2
    exit 2
    ;;
esac

for argument in "$@"; do
    case "$argument" in -h | --help)
        case "$word" in run | sweep | compare | proxy) generator "$word" --help ;; *) usage ;; esac
        exit 0
        ;;
    esac
done

case "$word" in compare | proxy)
    generator "$word" "$@"
    exit
    ;;
esac

# --url and --model are ours; what remains is the generator's.
url=
model=
count=$#
while [ "$count" -gt 0 ]; do
    argument=$1
    shift
    count=$((count - 1))
    case "$argument" in
    --url | --model)
        [ "$count" -gt 0 ] || {
            echo "loadtest: $argument needs a value" >&2
            exit 2
        }
        [ "$argument" = --url ] && url=$1 || model=$1
        shift
        count=$((count - 1))
        ;;
    --url=*) url=${argument#*=} ;;
    --model=*) model=${argument#*=} ;;
    *) set -- "$@" "$argument" ;;
    esac
done

reports=${LOADTEST_REPORTS:-"$here/../target/loadtest"}
mkdir -p "$reports"
service=
stop() {
    [ -z "$service" ] || kill "$service" 2>/dev/null || true
    [ -z "$service" ] || wait "$service" 2>/dev/null || true
    service=
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if [ -z "$url" ]; then
    log="$reports/service.log"
    : >"$log"
    if [ -n "$model" ]; then
        "$program" serve --port 0 --model "$model" >"$log" 2>&1 &
    else
        "$program" serve --port 0 >"$log" 2>&1 &
    fi
    service=$!
    echo "loadtest: starting the service (log: $log)" >&2
    while [ -z "$url" ]; do
        kill -0 "$service" 2>/dev/null || {
            cat "$log" >&2
            exit 1
        }
        sleep 0.2
        url=$(sed -n 's/^tramontane: serving .* at \(http.*\)$/\1/p' "$log" | head -n 1)
    done
elif [ -n "$model" ]; then
    set -- --model "$model" "$@" # the name that requests to a server of somebody's carry
fi

case "$word" in
smoke)
    for api in chat completions responses responses-sse; do
        echo "== $api" >&2
        generator run --url "$url" --api "$api" --arrivals closed --users 4 --requests 16 --prompt uniform:8:64 \
            --answer uniform:8:24 --mix slow=0.1,cancel=0.1,disconnect=0.1,reconnect=0.1 --cut 0.2 --slow-rate 20 --verify 4 \
            --title "Smoke test, $api" --html "$reports/smoke-$api.html" --json "$reports/smoke-$api.json" "$@"
    done
    ;;
soak)
    generator run --url "$url" --rate 1 --duration 1h --prompt lognormal:128:0.8 --answer lognormal:64:0.6 \
        --mix slow=0.1,cancel=0.05,disconnect=0.05,reconnect=0.05 --cut 0.05 --verify 50 --allow-refused --title "Soak test" \
        --html "$reports/soak.html" --json "$reports/soak.json" "$@"
    ;;
burst)
    generator run --url "$url" --arrivals burst --burst 16 --rate 2 --duration 1m --prompt uniform:32:256 \
        --answer uniform:16:64 --allow-refused --title "Bursts of 16" --html "$reports/burst.html" \
        --json "$reports/burst.json" "$@"
    ;;
sweep)
    generator sweep --url "$url" --slo ttft=1s,tpot=100ms --share 95 --duration 15s --json "$reports/sweep.json" "$@"
    ;;
fair)
    # Shares are requests a second here: the first key's alone, then those of all together.
    keys=
    for argument in "$@"; do
        [ "$keys" != next ] || keys=$argument
        case "$argument" in
        --keys) keys=next ;;
        --keys=*) keys=${argument#*=} ;;
        esac
    done
    [ -r "$keys" ] || {
        echo "loadtest: fair needs --keys FILE with the polite key first and the flooding one second" >&2
        exit 2
    }
    polite=$(mktemp "$reports/.polite.XXXXXX") # readable by its owner only
    trap 'rm -f "$polite"; stop' EXIT
    grep -Ev '^[[:space:]]*(#|$)' "$keys" | head -n 1 >"$polite"
    rates=$(awk '!/^[[:space:]]*(#|$)/ { share = NF > 2 ? $3 : 1; if (!first) first = share; sum += share }
        END { print first, sum }' "$keys")
    echo "== the polite key alone" >&2
    generator run --url "$url" --rate "${rates% *}" --duration 1m --title "Alone" \
        --json "$reports/fair-alone.json" "$@" --keys "$polite"
    echo "== beside the flood" >&2
    generator run --url "$url" --rate "${rates#* }" --duration 1m --allow-refused --title "Beside a flood" \
        --html "$reports/fair.html" --json "$reports/fair.json" "$@"
    ;;
run) generator run --url "$url" "$@" ;;
esac
