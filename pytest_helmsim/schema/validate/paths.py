"""Rules for paths inside volumes.

Source: k8s.io/kubernetes pkg/apis/core/validation/validation.go.
"""

from __future__ import annotations

from pytest_helmsim.schema.field_errors import Errors

MODE_WRONG = "must be a number between 0 and 0777 (octal), both inclusive"


def check_no_backsteps(errors: Errors, path: str, value: str) -> None:
    """No `..` in a path."""
    if ".." in value.split("/"):
        errors.invalid(path, value, "must not contain '..'")


def check_descending_path(errors: Errors, path: str, value: str) -> None:
    """A relative path that stays below where it starts."""
    if value.startswith("/"):
        errors.invalid(path, value, "must be a relative path")
    check_no_backsteps(errors, path, value)


def check_local_path(errors: Errors, path: str, value: str) -> None:
    """As `check_descending_path`, and no first name that begins with two dots."""
    check_descending_path(errors, path, value)
    if value.startswith("..") and not value.startswith("../"):
        errors.invalid(path, value, "must not start with '..'")


def check_mode(errors: Errors, path: str, mode: int | None) -> None:
    """The permissions of a file."""
    if mode is not None and not 0 <= mode <= 0o777:
        errors.invalid(path, mode, MODE_WRONG)
