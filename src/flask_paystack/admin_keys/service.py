"""Access keys."""


class AdminKeys:
    pass
