#!/bin/sh
# Gatling's scenarios against a service that runs: run.sh URL [SECONDS [USERS-OF-EACH-KIND-A-SECOND [TOKENS]]]
set -eu
here=$(CDPATH='' cd -P -- "$(dirname -- "$0")" && pwd -P)
url=${1:?give the URL of a running service: run.sh http://127.0.0.1:8080}
MAVEN_OPTS="--sun-misc-unsafe-memory-access=allow ${MAVEN_OPTS:-}" exec mvn -f "$here/pom.xml" -B -ntp -q gatling:test \
    "-Durl=$url" "-Dseconds=${2:-10}" "-Drate=${3:-1}" "-Dtokens=${4:-16}"
