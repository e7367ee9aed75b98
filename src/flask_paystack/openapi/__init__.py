"""What our HTTP API is, told to programs: one OpenAPI 3.1 document, made from the routes there are and the models that validate."""
