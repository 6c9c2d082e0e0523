"""The command line: a file per command, no causal logic, nothing heavy loaded before it is needed."""
