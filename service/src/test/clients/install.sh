#!/bin/sh
# Installs OpenAI's official clients, gguf-py and what drives a browser, for the tests tagged clients and browser:
# sh install.sh DIR, then run the tests with -Dtramontane.clients=DIR.
set -eu
dir=${1:?usage: install.sh DIR}
mkdir -p "$dir"
here=$(cd "$(dirname "$0")" && pwd)
if [ ! -x "$dir/venv/bin/python" ]; then
    python3 -m venv "$dir/venv"
fi
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt"
cp "$here/package.json" "$dir/package.json"
(cd "$dir" && npm install --no-audit --no-fund --silent)
