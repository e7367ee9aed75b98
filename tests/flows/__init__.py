"""Whole stories over real HTTP, with real jobs, a real mail server and a merchant who is told."""
