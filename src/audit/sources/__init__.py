"""The readers: from what each witness wrote to the records of the audit."""
