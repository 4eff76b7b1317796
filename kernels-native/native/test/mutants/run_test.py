"""What run.py stands on, without a build: python3 run_test.py"""

import contextlib
import io
import pathlib
import tempfile
import unittest

import changes
import run


class MutantsTest(unittest.TestCase):
    def test_each_change_has_its_place_and_a_name_of_its_own(self):
        all_mutants = changes.mutants()  # ends the program where a place is gone
        names = [mutant.name for mutant in all_mutants]
        self.assertGreater(len(names), 150)
        self.assertEqual(len(names), len(set(names)))
        self.assertEqual([mutant.number for mutant in all_mutants], list(range(1, len(names) + 1)))

    def test_each_test_that_may_see_a_change_is_there(self):
        for test in changes.all_tests():
            program, *name = test.split(":")
            source = (changes.NATIVE / "test" / f"{program}.cpp").read_text()
            for part in name:
                self.assertRegex(source, rf"TEST\(\w*{part}")
        names = [file.name for file in [*(changes.NATIVE / "cuda").iterdir(), changes.NATIVE / "test" / "tile.cu"]]
        self.assertLessEqual(set(changes.TESTS_OF), set(names))

    def test_what_is_listed_to_live_is_a_change(self):
        names = [mutant.name for mutant in changes.mutants()]
        self.assertEqual([*run.what_is_wrong(names, {}, run.reasons())], [])

    def test_marks_become_switches(self):
        text = "  a = b + c;\n  if (d) e();\n"
        whole = changes.Mutant(1, "whole", None, changes.places_of("@{a = b + c;@|f();@}", text))
        inner = changes.Mutant(2, "inner", None, changes.places_of("b + @(c@|2 * c@);", text))
        other = changes.Mutant(3, "other", None, changes.places_of("b + @(c@|0@);", text))
        self.assertEqual(
            changes.with_switches(text, [whole, inner, other]).splitlines()[1:],
            ["  if (tm_mutant == 1) { f(); } else { a = b + (tm_mutant == 2 ? (2 * c) : ((tm_mutant == 3 ? (0) : (c)))); }", "  if (d) e();"])
        self.assertIsNone(changes.places_of("@(x@|y@)", text))
        self.assertIsNone(changes.places_of("@( @|y@)", text), "a place has to be there once")

    def test_calls_are_taken_out_with_their_conditions(self):
        text = "void kernel(const int* at) {\n  if (at) meet();\n  meet();\n  meet() + 1;\n}\n"
        found = [*changes.removals(pathlib.Path("some.cu"), text)]
        self.assertEqual([name for name, _ in found], ["remove meet 1 of 2 in some.cu (kernel)", "remove meet 2 of 2 in some.cu (kernel)"])
        self.assertEqual([text[first:end] for _, [(first, end, *_)] in found], ["if (at) meet();", "meet();"])

    def test_who_lives_unlisted_or_is_listed_and_seen_is_told(self):
        listed = {"b": "a reason", "gone": "another"}
        wrong = [*run.what_is_wrong(["a", "b", "c"], {"a": None, "b": "some_test", "c": "some_test"}, listed)]
        self.assertEqual(wrong, ["a: LIVES", "b: seen by some_test, though it is listed", "gone: listed, and there is no such change"])
        self.assertEqual([*run.what_is_wrong(["b", "gone"], {"b": None}, listed)], [])

    def test_a_table_tells_what_was_not_tried(self):
        text = run.table(["a", "b", "c"], {"a": None, "b": "bits_test"}, {"a": "a reason"}, 90, "1234abcd")
        self.assertIn("sources of 1234abcd: 3 changes, 2 minutes of processor time", text)
        self.assertTrue(text.endswith("\nno test: a -- a reason\nbits_test: b\nnot tried: c\n"), text)

    def test_what_was_found_of_other_sources_is_forgotten(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "found.json"
            found = run.Found(path, "these", False)
            found.seen["a"] = "bits_test"
            found.keep()
            self.assertEqual(run.Found(path, "these", False).seen, {"a": "bits_test"})
            self.assertEqual(run.Found(path, "those", False).seen, {})
            self.assertEqual(run.Found(path, "these", True).seen, {})

    def test_options(self):
        options = run.asked(["--shard", "2/3", "--only", "a*", "--jobs", "1"])
        self.assertEqual((options.part, options.parts, options.only, options.jobs), (2, 3, ["a*"], 1))
        for wrong in ("3/2", "0/2", "2", "a/b"):
            with contextlib.redirect_stderr(io.StringIO()), self.assertRaises(SystemExit):
                run.asked(["--shard", wrong])


if __name__ == "__main__":
    unittest.main()
