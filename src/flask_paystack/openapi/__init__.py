"""What our HTTP API is, told to programs: OpenAPI 3.1, made from the routes there are and the models that validate."""
