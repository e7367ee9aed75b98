"""The command line, one file a group. A settings error prints its sentences, never a traceback."""
