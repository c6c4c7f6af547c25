"""The Common Expression Language, as far as rules of CustomResourceDefinitions use it: text in, value out.

A small reader and evaluator without type checking; a function that it does not know raises `UnsupportedFeature`.
Source: github.com/google/cel-spec doc/langdef.md, k8s.io/apiserver pkg/cel/library.
"""
