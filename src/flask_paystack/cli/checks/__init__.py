"""What ``flask doctor`` looks at. Each check says what it found; none raises, and none changes anything."""
