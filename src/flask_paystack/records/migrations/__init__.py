"""The way from any released schema to the newest."""
