#!/bin/sh
# What the tests run: a few users against the service that was just built, with a model of its tests. Needs JAVA_HOME.
set -eu
here=$(CDPATH='' cd -P -- "$(dirname -- "$0")" && pwd -P)
root="$here/../.."
mkdir -p "$here/target"

log="$here/target/check.log"
MAVEN_OPTS="--sun-misc-unsafe-memory-access=allow ${MAVEN_OPTS:-}" mvn -f "$here/pom.xml" -B -ntp -q test-compile >"$log" 2>&1 || {
    if grep -Eq "Could not resolve dependencies|could not be resolved|Could not find artifact" "$log"; then
        echo "skipped: Gatling's scenarios, whose libraries cannot be had from here"
        exit 0
    fi
    cat "$log"
    exit 1
}

service=
stop() {
    [ -z "$service" ] || kill "$service" 2>/dev/null || true
    [ -z "$service" ] || wait "$service" 2>/dev/null || true
}
trap stop EXIT

log="$here/target/service.log"
TRAMONTANE_CHAT_LAYOUT=mistral-v1 "$JAVA_HOME/bin/java" --enable-native-access=ALL-UNNAMED -Xmx512m \
    -XX:+ExitOnOutOfMemoryError -jar "$root/service/target/tramontane.jar" serve --port 0 --max-batch 2 \
    --model "$root/service/src/test/resources/oracle/models/mistral-window-16" >"$log" 2>&1 &
service=$!
url=
while [ -z "$url" ]; do
    kill -0 "$service" 2>/dev/null || {
        cat "$log"
        exit 1
    }
    sleep 0.2
    url=$(sed -n 's/^tramontane: serving .* at \(http.*\)$/\1/p' "$log")
done
"$here/run.sh" "$url" 4 2 12
