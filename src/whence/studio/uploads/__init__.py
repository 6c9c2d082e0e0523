"""Files from outside: quarantined, read by a confined worker, stored as plain columns.

cabinet     all data of a studio: takes files in, gives tables and summaries out
summarise   from a table to what a page shows of it (`summary`: its type; `bins`, `writing`)
reading     the host's side: hands a file to a confined worker and takes its columns over
worker      the confined side (`checking`: what a file says of itself)
stored      columns on disk, and the strict reader of them
limits      how much a file may hold and cost
errors      what can be wrong (`failures`: errors that come from a worker)
"""
