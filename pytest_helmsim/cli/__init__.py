"""The command line: Helm's verbs, flags, output and exit codes, and a few verbs of our own. One file per verb family."""
