"""What people hang on a record without changing it: tags, comments, stars."""
