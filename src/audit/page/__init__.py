"""The audit as one self-contained HTML page: nothing on it is fetched from anywhere."""
