"""Loads a table of PostgreSQL into DuckDB with dlt: BACKEND TABLE TARGET FILE MODE, the database in $SOURCE."""

import os
import pathlib
import shutil
import sys

import dlt
from dlt.sources.sql_database import sql_table

backend, table, target, file, mode = sys.argv[1:]
state = pathlib.Path(file).with_suffix(".dlt")
if mode == "replace":
    shutil.rmtree(state, ignore_errors=True)

rows = sql_table(
    credentials=os.environ["SOURCE"].replace("postgresql:", "postgresql+psycopg2:"),
    schema="bench",
    table=table,
    backend=backend,
    chunk_size=100_000,
    reflection_level="full_with_precision",
    # connectorx fails at numerics of more than 28 digits
    excluded_columns=["exact"] if backend == "connectorx" else None,
)
rows.apply_hints(table_name=target, write_disposition=mode, primary_key="id")
if table == "wide" and backend == "pyarrow":
    # without it dlt takes nine decimals, and refuses more
    rows.apply_hints(columns={"free": {"data_type": "decimal", "precision": 38, "scale": 18}})
pipeline = dlt.pipeline(
    f"bench_{target}",
    pipelines_dir=str(state),
    destination=dlt.destinations.duckdb(file),
    dataset_name="bench",
)
pipeline.run(rows)
