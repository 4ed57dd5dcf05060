"""What booking's ports are made of: the SQL store, the business file, the API gateway."""
