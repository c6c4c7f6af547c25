"""Patches, merges and field ownership: pure functions on JSON values.

No I/O, no clock, arguments never changed. Failures are exceptions of `patch.errors`; the caller turns them into answers.
"""
