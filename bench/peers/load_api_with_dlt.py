"""Loads the pages of an API into DuckDB with dlt's rest_api: URL FILE; prints the seconds of the run and the rows."""

import pathlib
import shutil
import sys
import time

import dlt
import duckdb
from dlt.sources.rest_api import rest_api_source

url, file = sys.argv[1:]
state = pathlib.Path(file).with_suffix(".dlt")
shutil.rmtree(state, ignore_errors=True)
pathlib.Path(file).unlink(missing_ok=True)

source = rest_api_source({
    "client": {"base_url": url, "paginator": "header_link"},
    "resources": [{"name": "rows", "endpoint": {"path": "rows"}, "write_disposition": "replace"}],
})
pipeline = dlt.pipeline(
    "bench_api", pipelines_dir=str(state), destination=dlt.destinations.duckdb(file), dataset_name="bench"
)
start = time.monotonic()
pipeline.run(source)
seconds = time.monotonic() - start
with duckdb.connect(file, read_only=True) as database:
    print(seconds, database.execute("SELECT count(*) FROM bench.rows").fetchone()[0])
