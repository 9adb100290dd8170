"""Runs cases of the version of the Python package that it finds: all in one process, since to
import the package takes longer than they do. Reads {name: [case, model]} and prints what each said."""

import importlib
import json
import sys
import traceback

import openai

if __name__ == "__main__":
    module = importlib.import_module("since_1" if hasattr(openai, "OpenAI") else "before_1")
    cases = module.Cases(sys.argv[1])
    said = {}
    for name, (case, model) in json.load(sys.stdin).items():
        try:
            said[name] = getattr(cases, case)(model)
        except Exception:  # one case that fails hides no other
            said[name] = {"unexpected": traceback.format_exc()}
    print(json.dumps(said))
