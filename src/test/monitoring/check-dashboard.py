"""Checks the Grafana dashboard: Grafana's own model knows every field of it, and Prometheus parses every query.

Usage: check-dashboard.py DASHBOARD PROMTOOL
"""

import json
import subprocess
import sys
import tempfile

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard


def lost(mine, theirs, path=""):
    """Returns what is not the same after Grafana's model has read and written it."""
    if isinstance(mine, dict):
        return [
            problem
            for key, value in mine.items()
            for problem in (
                lost(value, theirs[key], f"{path}/{key}")
                if isinstance(theirs, dict) and key in theirs
                else [f"{path}/{key} is unknown"]
            )
        ]
    if isinstance(mine, list):
        return [problem for i, value in enumerate(mine) for problem in lost(value, theirs[i], f"{path}/{i}")]
    return [] if mine == theirs else [f"{path} is {mine} and becomes {theirs}"]


def queries(dashboard):
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield target["expr"].replace("$__rate_interval", "5m").replace("$job", "caravan").replace("$pipeline", ".*")


dashboard = json.load(open(sys.argv[1]))
problems = lost(dashboard, json.loads(JSONEncoder(sort_keys=True).encode(Dashboard.from_json(dashboard))))
ids = [panel["id"] for panel in dashboard["panels"]]
if len(ids) != len(set(ids)):
    problems.append("two panels have the same id")
if problems:
    sys.exit("\n".join(problems))
rules = [{"record": f"query{i}", "expr": expr} for i, expr in enumerate(queries(dashboard))]
with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
    json.dump({"groups": [{"name": "dashboard", "rules": rules}]}, file)
    file.flush()
    result = subprocess.run([sys.argv[2], "check", "rules", file.name], capture_output=True, text=True)
if result.returncode != 0:
    sys.exit(result.stdout + result.stderr)
print(f"{len(ids)} panels, {len(rules)} queries")
