"""Questions asked where the data are: a table in a database server, of which only aggregates ever travel.

Three shapes are enough: how often each combination of values occurs, sums and sums of products, and both of
them within groups. They are written once, in DuckDB's dialect (`sql`), and said in the server's own by
SQLGlot (`dialects`). `remote` is the door; `address`, `postgres`, `local` and `server` open a read-only view
of one moment; `kinds`, `sketches` say what the columns are; `filters` checks `where=`; `exact` adds numbers
up in an order that does not matter; `moments` and `counted` put the three shapes together.
"""
