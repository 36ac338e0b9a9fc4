"""Work that is too long for a request: jobs, who does them, and the files they make."""
