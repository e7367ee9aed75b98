"""What must not be forgotten: SQLAlchemy Core on SQLite and PostgreSQL.

A method of a store here is one transaction, named by its promise. Nobody outside begins, commits or locks. Drivers' errors
leave this room as ``StorageUnavailable``.
"""
