"""`bellwether explain`: who serves a model, how and why, for people and for programs."""

import json

from integration.host import KEY, Host, run_cli


def test_it_says_who_serves_a_model(host: Host) -> None:
    """The rule with its place, the target with its plugin, its limits and its credential."""
    done = run_cli("explain", "qwen-max", "--config", host.config)
    assert (done.returncode, done.stderr) == (0, "")
    for fact in (f'rule "qwen-*" ({host.config}:', "1. holysheep as qwen-max: first",
                 "ai.holysheep", "env:HOLYSHEEP_API_KEY: set", "unpriced", "32768 tokens",
                 "every caller may use every model"):
        assert fact in done.stdout, fact
    assert KEY not in done.stdout


def test_the_same_for_programs(host: Host) -> None:
    told = json.loads(run_cli("explain", "echo", "--json", "--config", host.config).stdout)
    assert [target["provider"] for target in told["targets"]] == ["echo"]
    assert told["rules"][0]["rule"] == "echo" and told["targets"][0]["price"] is None


def test_an_unknown_model(host: Host) -> None:
    """Exit code 1, what there is, and what was probably meant."""
    done = run_cli("explain", "ehco", "--config", host.config)
    assert (done.returncode, done.stdout) == (1, "")
    assert 'Did you mean "echo"?' in done.stderr and "qwen-max" in done.stderr
    told = json.loads(run_cli("explain", "ehco", "--json", "--config", host.config).stdout)
    assert "echo" in told["models"] and "echo" in told["error"]


def test_without_client_keys(host: Host) -> None:
    """A key that is not configured is an error, and is not repeated: it may be the key itself."""
    done = run_cli("explain", "echo", "--key", "team-a", "--config", host.config)
    assert done.returncode == 1 and "no client keys are configured" in done.stderr
    assert "team-a" not in done.stdout + done.stderr
