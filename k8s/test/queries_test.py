"""What the autoscalers ask Prometheus for, evaluated by promtool over series like the service's."""

import subprocess
import tempfile
import unittest
from pathlib import Path

import yaml

KEDA = Path(__file__).resolve().parent.parent / "components/keda/scaled-object.yaml"
QUERIES = {trigger["name"]: trigger["metadata"]["query"] for trigger in yaml.safe_load(KEDA.read_text())["spec"]["triggers"]}


def series(name, pod="a", **labels):
    words = ",".join(f'{key}="{value}"' for key, value in {"namespace": "tramontane", "pod": pod, **labels}.items())
    return f"{name}{{{words}}}"


# What every pod shows from its start on.
IDLE = {
    series("tramontane_cache_reserved_ratio"): "0x20",
    series("tramontane_request_queue_time_seconds_sum"): "0x20",
    series("tramontane_request_queue_time_seconds_count"): "0x20",
}


class Queries(unittest.TestCase):
    def expect(self, values, given):
        """The queries' values three minutes on, over samples every 15 seconds."""
        samples = [{"expr": QUERIES[name], "eval_time": "3m", "exp_samples": [{"labels": "{}", "value": v}]} for name, v in values.items()]
        inputs = [{"series": name, "values": numbers} for name, numbers in given.items()]
        with tempfile.TemporaryDirectory() as folder:
            test = Path(folder) / "test.yaml"
            test.write_text(yaml.safe_dump({"tests": [{"interval": "15s", "input_series": inputs, "promql_expr_test": samples}]}))
            done = subprocess.run(["promtool", "test", "rules", str(test)], capture_output=True, text=True)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)

    def test_a_pod_that_never_refused_says_zero(self):
        self.expect({name: 0 for name in QUERIES}, IDLE)

    def test_reserved_is_a_sum_to_which_a_loading_pod_adds_nothing(self):
        busy = {series("tramontane_cache_reserved_ratio", pod): share for pod, share in (("b", "0.9x20"), ("c", "0.6x20"), ("d", "0x20"))}
        self.expect({"tramontane_reserved_caches": 1.5}, {**IDLE, **busy})

    def test_the_wait_is_a_mean_cut_at_twice_its_target(self):
        wait = {
            series("tramontane_request_queue_time_seconds_sum", "b"): "0+3x20",
            series("tramontane_request_queue_time_seconds_count", "b"): "0+2x20",
        }
        self.expect({"tramontane_queue_wait_seconds": 1.5}, {**IDLE, **wait})
        wait[series("tramontane_request_queue_time_seconds_sum", "b")] = "0+90x20"
        self.expect({"tramontane_queue_wait_seconds": 2}, {**IDLE, **wait})

    def test_the_refused_share_counts_who_might_have_had_room_cut_at_twice_its_target(self):
        ended = {series("tramontane_requests_finished_total", finished_reason=reason): "0+99x20" for reason in ("stop", "length")}
        refused = {series("tramontane_requests_refused_total", cause="too_large"): "0+50x20"}
        self.expect({"tramontane_refused_share": 0}, {**IDLE, **ended, **refused})
        refused[series("tramontane_requests_refused_total", cause="busy")] = "0+2x20"
        self.expect({"tramontane_refused_share": 0.01}, {**IDLE, **ended, **refused})
        refused[series("tramontane_requests_refused_total", cause="busy")] = "0+20x20"
        self.expect({"tramontane_refused_share": 0.02}, {**IDLE, **ended, **refused})


if __name__ == "__main__":
    unittest.main()
