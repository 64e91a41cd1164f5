"""gdb's part of `crashreel debug`; crashreel-gdb.py loads it."""
