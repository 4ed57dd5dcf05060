"""Draws dashboards from what Prometheus answers, for the documents; Grafana has no part in it."""
