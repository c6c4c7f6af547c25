"""Go templates compiled to Python: the language, its values and its functions.

Knows nothing of Kubernetes or Helm; `chart/render.py` adds Helm's functions.
"""
