#!/usr/bin/env bash
# A real Kubernetes control plane on this machine, without containers, and the manifests of this folder on it.
#
#   control-plane.sh build DIR            API server, controllers, scheduler, etcd and kwok from Go modules into DIR/bin:
#                                         half an hour on two cores, 400 MB; what is there already is kept
#   control-plane.sh up DIR               starts them on loopback; DIR/kubeconfig is for kubectl, logs are beside it
#   control-plane.sh run DIR [SCENE...]   plays the scenes of scenes.py, or those named; the control plane must be up
#   control-plane.sh down DIR             stops what `up` started, by its process ids
#
# Needed: Go 1.26, Python 3 (PYTHON) with kubernetes-validate, kubectl, openssl, curl; for `run` a service that was built (./tramontane
# build), or its command in PROGRAM.
set -euo pipefail

kubernetes=1.36.3 etcd=3.6.8 kwok=0.7.0
api=26443 store=26379 peer=26380
here=$(cd "$(dirname "$0")" && pwd)

die() {
    echo "control-plane.sh: $*" >&2
    exit 2
}

# ---- build

# The module k8s.io/kubernetes replaces its libraries by folders that it doesn't carry; requires the published ones in their place.
require_kubernetes() {
    local module
    module=$(go mod download -json "k8s.io/kubernetes@v$kubernetes" | python3 -c 'import json, sys; print(json.load(sys.stdin)["Dir"])')
    python3 - "$module/go.mod" "$kubernetes" <<'PYTHON'
import re
import sys

text, version = open(sys.argv[1]).read(), sys.argv[2]
libraries = re.findall(r"(k8s\.io/[a-z-]+) => \./staging", text)
others = [line for line in re.findall(r"^\t(\S+ v\S+)", text, re.M) if line.split()[0] not in libraries]
print("module controlplane\n\ngo 1.26.0\n")
for line in [f"k8s.io/kubernetes v{version}", *others]:
    print(f"require {line}")
for name in libraries:
    print(f"replace {name} => {name} v0.{version.split('.', 1)[1]}")
PYTHON
}

# A main of the program $1, whose command the package $2 makes by the function $3.
write_main() {
    mkdir -p "$1"
    cat >"$1/main.go" <<GO
package main

import (
	"os"

	"k8s.io/component-base/cli"
	"$2"
)

func main() { os.Exit(cli.Run(app.$3())) }
GO
}

build() {
    local bin work
    mkdir -p "$1/bin"
    bin=$(cd "$1/bin" && pwd)
    work=$(mktemp -d)
    # Filled in now: when it ends, the function's own names are gone.
    trap "rm -rf '$work'" EXIT
    export GOFLAGS="${GOFLAGS:-} -mod=mod"
    (
        mkdir "$work/kubernetes" && cd "$work/kubernetes"
        printf 'module controlplane\n' >go.mod
        require_kubernetes >go.mod.new && mv go.mod.new go.mod
        write_main kube-apiserver k8s.io/kubernetes/cmd/kube-apiserver/app NewAPIServerCommand
        write_main kube-controller-manager k8s.io/kubernetes/cmd/kube-controller-manager/app NewControllerManagerCommand
        write_main kube-scheduler k8s.io/kubernetes/cmd/kube-scheduler/app NewSchedulerCommand
        go mod tidy
        local at=k8s.io/component-base/version
        for program in kube-apiserver kube-controller-manager kube-scheduler; do
            [ -x "$bin/$program" ] || go build -o "$bin/$program" -ldflags \
                "-s -w -X $at.gitVersion=v$kubernetes -X $at.gitMajor=1 -X $at.gitMinor=${kubernetes:2:2}" "./$program"
        done
    )
    [ -x "$bin/etcd" ] || (
        mkdir "$work/etcd" && cd "$work/etcd"
        printf 'module etcd\n' >go.mod
        go get "go.etcd.io/etcd/server/v3@v$etcd"
        printf 'package main\n\nimport (\n\t"os"\n\n\t"go.etcd.io/etcd/server/v3/etcdmain"\n)\n\nfunc main() { etcdmain.Main(os.Args) }\n' >main.go
        go mod tidy
        go build -ldflags "-s -w" -o "$bin/etcd" .
    )
    [ -x "$bin/kwok" ] || GOBIN=$bin go install -ldflags "-s -w" "sigs.k8s.io/kwok/cmd/kwok@v$kwok"
    ls -la "$bin"
}

# ---- up and down

# Starts $2... as the program $1: its log and process id stand in the current folder.
start() {
    local name=$1
    shift
    "$@" >"$name.log" 2>&1 &
    echo $! >"$name.pid"
}

up() {
    local dir bin
    dir=$(cd "$1" && pwd)
    bin=$dir/bin
    [ -x "$bin/kube-apiserver" ] || die "no control plane in $dir; say: $0 build $1"
    ! ls "$dir"/*.pid >/dev/null 2>&1 || die "it runs already, or was not stopped; say: $0 down $1"
    cd "$dir"
    rm -rf etcd.data certificates
    openssl genrsa -out service-accounts.key 2048 2>/dev/null
    openssl rsa -in service-accounts.key -pubout -out service-accounts.pub 2>/dev/null
    token=$(openssl rand -hex 16)
    (umask 077 && echo "$token,admin,admin,system:masters" >tokens.csv)
    cat >kubeconfig <<KUBECONFIG
apiVersion: v1
kind: Config
clusters: [{name: here, cluster: {server: "https://127.0.0.1:$api", insecure-skip-tls-verify: true}}]
users: [{name: admin, user: {token: $token}}]
contexts: [{name: here, context: {cluster: here, user: admin}}]
current-context: here
KUBECONFIG
    start etcd "$bin/etcd" --data-dir etcd.data --unsafe-no-fsync --listen-client-urls "http://127.0.0.1:$store" \
        --advertise-client-urls "http://127.0.0.1:$store" --listen-peer-urls "http://127.0.0.1:$peer"
    # Enforces the restricted Pod Security Standard where a namespace asks for it, as every API server does by default.
    start kube-apiserver "$bin/kube-apiserver" --etcd-servers="http://127.0.0.1:$store" --secure-port=$api \
        --bind-address=127.0.0.1 --advertise-address=127.0.0.1 --cert-dir=certificates --token-auth-file=tokens.csv \
        --service-account-key-file=service-accounts.pub --service-account-signing-key-file=service-accounts.key \
        --service-account-issuer=https://kubernetes.default.svc --authorization-mode=RBAC \
        --service-cluster-ip-range=10.96.0.0/16 --endpoint-reconciler-type=none
    for _ in $(seq 240); do
        [ "$(curl -sk -H "Authorization: Bearer $token" "https://127.0.0.1:$api/readyz")" = ok ] && break
        kill -0 "$(cat kube-apiserver.pid)" 2>/dev/null || die "the API server has ended; $dir/kube-apiserver.log says why"
        sleep 0.5
    done
    start kube-controller-manager "$bin/kube-controller-manager" --kubeconfig=kubeconfig --leader-elect=false \
        --service-account-private-key-file=service-accounts.key --use-service-account-credentials=false \
        --controllers='*,-nodeipam,-route,-cloud-node-lifecycle' --horizontal-pod-autoscaler-sync-period=5s
    start kube-scheduler "$bin/kube-scheduler" --kubeconfig=kubeconfig --leader-elect=false
    # Plays the nodes that ask for it, and their pods; others are the scenes' own.
    start kwok "$bin/kwok" --kubeconfig=kubeconfig --manage-all-nodes=false \
        --manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake
    KUBECONFIG=$dir/kubeconfig kubectl get --raw /version
}

# Waits for each, so that ports and files are free for the next `up`, and etcd outlives those that ask it.
down() {
    local file pid
    for file in kwok kube-scheduler kube-controller-manager kube-apiserver etcd; do
        [ -f "$1/$file.pid" ] || continue
        pid=$(cat "$1/$file.pid")
        kill "$pid" 2>/dev/null || true
        for _ in $(seq 120); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.5
        done
        ! kill -0 "$pid" 2>/dev/null || die "$file, process $pid, has not ended within a minute"
        rm -f "$1/$file.pid"
    done
}

case "${1:-}" in
build | up | down)
    [ $# = 2 ] || die "which folder? $0 $1 DIR"
    "$1" "$2"
    ;;
run)
    [ $# -ge 2 ] || die "which folder? $0 run DIR"
    dir=$2
    shift 2
    KUBECONFIG=$(cd "$dir" && pwd)/kubeconfig exec "${PYTHON:-python3}" -B "$here/scenes.py" "$dir" "$@"
    ;;
*)
    sed -n '2,12s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac
