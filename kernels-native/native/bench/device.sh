#!/bin/sh
# One run on a machine with a CUDA device, in less than nine minutes: see device/run.py, or --help.
exec python3 "$(dirname -- "$0")/device/run.py" "$@"
