"""`./bw bench`: the first word may name another measurement than the comparison."""

import sys

from bench import chain, memory, policies, profile, run, soak

MEASUREMENTS = {"compare": run.main, "chain": chain.main, "profile": profile.main,
                "memory": memory.main, "policies": policies.main, "soak": soak.main}


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name in MEASUREMENTS:
        del sys.argv[1]
    MEASUREMENTS.get(name, run.main)()


if __name__ == "__main__":
    main()
