"""Redis and PostgreSQL as they are run: several servers, several processes each, and engines that come and go."""
