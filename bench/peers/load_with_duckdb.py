"""Loads a table of PostgreSQL into DuckDB with DuckDB's own scanner: TABLE TARGET FILE MODE, the database in $SOURCE."""

import os
import pathlib
import sys

import duckdb
import duckdb_extension_postgres_scanner

table, target, file, mode = sys.argv[1:]
folder = pathlib.Path(duckdb_extension_postgres_scanner.__path__[0])
extension = next(folder.rglob("postgres_scanner.duckdb_extension"))

connection = duckdb.connect(file)
connection.execute(f"LOAD '{extension}'")
connection.execute(f"ATTACH '{os.environ['SOURCE']}' AS source (TYPE postgres, READ_ONLY)")
if mode == "replace":
    connection.execute("CREATE SCHEMA IF NOT EXISTS bench")
    connection.execute(f"CREATE OR REPLACE TABLE bench.{target} AS SELECT * FROM source.bench.{table}")
else:
    connection.execute(
        f"MERGE INTO bench.{target} AS t USING (SELECT * FROM source.bench.{table}) AS s ON t.id = s.id "
        "WHEN MATCHED THEN UPDATE WHEN NOT MATCHED THEN INSERT"
    )
connection.close()
