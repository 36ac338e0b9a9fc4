"""Files that people keep tables in, read and written in processes of their own.

A large workbook keeps a processor busy for seconds and may be made to fill memory (design D16).
"""
