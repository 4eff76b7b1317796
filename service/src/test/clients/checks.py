"""What the scripts here say of a client, one line per check; the first that does not hold ends them."""
import sys


def check(name, holds):
    if not holds:
        sys.exit(f"failed: {name}")
    print(f"ok: {name}")


def refusing(kind):
    """Of a call: the error of that kind that it ends with, or None."""

    def refused(call):
        try:
            call()
        except kind as error:
            return error
        return None

    return refused
