"""The policy: what is used when no backend is named. Items are timed, and the rest goes where it pays.

`auto` is the executor, `job` one map of it, `policy` the rule it decides by, `calibration` what
`whence doctor` measured here; the others supply the figures.
"""
