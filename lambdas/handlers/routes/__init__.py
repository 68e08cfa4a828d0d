"""The routes of the HTTP API, a module for each kind of resource; two Lambdas answer them (`api`, `data_api`)."""
