#!/usr/bin/env bash
# One run on a machine with a CUDA device: builds what does not run, checks, times, prints one table.
#
#   bench/device.sh [BUILD-FOLDER] [OUT-FOLDER] [check|time|all] [SECONDS]
#
# BUILD-FOLDER (default build/device) may hold binaries from another machine; they are built here when they don't start.
# OUT-FOLDER (default: BUILD-FOLDER/out) gets the logs. It stops starting things after SECONDS (default 480).
set -uo pipefail
native=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-$native/build/device}
out=${2:-$build/out}
what=${3:-all}
limit=${4:-480}
mkdir -p "$build" "$out"
started=$SECONDS
left() { ((SECONDS - started < limit)); }
took() { echo "== $((SECONDS - started)) s: $*"; }

nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.sm,clocks.mem,power.limit --format=csv | tee "$out/machine.csv"
status=0
"$build/bench/device_bench" help >/dev/null 2>&1 || status=$?
if [ "$status" -ne 2 ]; then # 2: it runs, and knows no option of that name
    took "building"
    cmake -S "$native" -B "$build" -DCMAKE_BUILD_TYPE=Release -DTM_TESTS=ON -DTM_BENCH=ON \
        "-DTM_CUDA_ARCHITECTURES=90" >"$out/build.log" 2>&1 &&
        cmake --build "$build" --parallel "$(nproc)" --target forward_test fuzz_test bits_test attention_bits_test hashes_test group_product_test device_bench >>"$out/build.log" 2>&1 ||
        { tail -n 40 "$out/build.log"; exit 1; }
fi

if [ "$what" != time ]; then
    took "checking"
    export TM_TEST_BACKEND=cuda
    for test in hashes_test group_product_test attention_bits_test bits_test; do
        timeout 60 "$build/test/$test" 2>&1 | tee "$out/$test.log" || took "$test FAILED, or was cut off"
    done
    timeout 100 "$build/test/forward_test" 2>&1 | tee "$out/forward_test.log" || took "forward_test FAILED, or was cut off"
    TM_FUZZ_STEPS=8000 timeout 60 "$build/test/fuzz_test" 2>&1 | tee "$out/fuzz_test.log" ||
        took "fuzz_test FAILED, or was cut off"
    unset TM_TEST_BACKEND
fi

if [ "$what" != check ]; then
    for dtype in BF16 Q8_0 Q4_0; do
        left || break
        took "timing $dtype"
        timeout 150 "$build/bench/device_bench" dtype=$dtype ${TM_BENCH_OPTIONS:-} 2>&1 | tee -a "$out/bench.log"
    done
    if left && command -v ncu >/dev/null; then
        took "kernel by kernel"
        timeout 90 ncu --clock-control none --csv --page raw --launch-skip 52 --launch-count 24 \
            --metrics gpu__time_duration.sum,dram__bytes_read.sum,dram__throughput.avg.pct_of_peak_sustained_elapsed,launch__registers_per_thread \
            "$build/bench/device_bench" shape=1layer prefill=512 context=512 batch=1 steps=1 >"$out/kernels.csv" 2>&1
    fi
fi
if [ "$what" != time ]; then
    export TM_TEST_BACKEND=cuda
    if left && command -v compute-sanitizer >/dev/null; then
        took "compute-sanitizer"
        timeout 60 compute-sanitizer --tool memcheck "$build/test/forward_test" oracle >"$out/memcheck.log" 2>&1
        tail -n 3 "$out/memcheck.log"
        left && timeout 60 compute-sanitizer --tool racecheck "$build/test/forward_test" oracle >"$out/racecheck.log" 2>&1
        tail -n 3 "$out/racecheck.log"
    fi
fi
took "done"
