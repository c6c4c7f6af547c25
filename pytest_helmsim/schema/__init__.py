"""What the fields of each kind mean, per Kubernetes version: types, merge keys, list types, defaults, validation.

Pure data and functions over JSON values; knows nothing of servers, patches or Helm.
"""
